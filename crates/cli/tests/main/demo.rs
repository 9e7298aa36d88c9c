//! The demo, and its story step by step.

use assent_cli::demo::{Player, story};
use assent_proto::client::Connector;

use crate::program::{assent, server};

#[tokio::test]
async fn every_step_of_the_story_ends_as_it_is_told() {
    let server = server().await;
    let mut player = Player::new(&Connector::new(&server.url()).unwrap().connect().await.unwrap());
    for chapter in story() {
        for step in chapter.steps {
            let outcome = player.play(&step.act).await.unwrap_or_else(|it| panic!("{}: {it:?}", step.told));
            assert!(outcome.is(step.expected), "{}: {outcome:#?}, told {:?}", step.told, step.expected);
        }
    }
}

#[tokio::test]
async fn the_demo_plays_it_and_says_what_to_type_next() {
    let demo = assent(["demo"]).await;
    assert_eq!(demo.code, 0, "{demo:?}");
    for expected in [
        "The service is up",
        "The first order has been decided",
        "ALLOWED",
        "DENIED",
        "REFUSED RESELLER_CANNOT_CONFIRM",
        "ACCEPTANCE_STALE (rule O4)",
        "CLOUD_NOT_COVERED (rule O5)",
        "assent serve --dev",
        "buf curl",
    ] {
        assert!(demo.stdout.contains(expected), "{expected}:\n{}", demo.stdout);
    }
}
