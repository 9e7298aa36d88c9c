//! The index image: a start begins with it, and whatever is wrong with it is as if it was not there.

use std::path::PathBuf;

use assent_event_log::EventLog;
use assent_projections::{Image, Views, start};
use assent_testing::{Server, ServerOptions, requests};
use tokio::process::Command;
use tonic::Code;

use crate::faults::derived::{list, story};
use crate::replicas::fleet::Fleet;
use crate::support::{head, run, server, within};

const BEGAN: &str = "began with the index image position=";
const NOT_USED: &str = "does not use the index image";
const PROVEN: &str = "the snapshot is what the log says";

fn image(server: &Server) -> PathBuf {
    server.folder().join("assent.db.index")
}

/// The positions that its starts began with images at.
fn began(server: &Server) -> Vec<u64> {
    let said = server.stderr();
    let digits = |it: &str| it.split(|it: char| !it.is_ascii_digit()).next().and_then(|it| it.parse().ok());
    said.split(BEGAN).skip(1).map(|it| digits(it).expect("it says which")).collect()
}

fn times(server: &Server, said: &str) -> usize {
    server.stderr().matches(said).count()
}

/// Waits until it has said this so often.
async fn until_said(server: &Server, what: &str, often: usize) {
    within(async {
        while times(server, what) < often {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_start_begins_with_the_image_of_the_server_that_ended() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    let end = head(&server).await;
    assert!(began(&server).is_empty());
    within(server.terminate()).await;
    within(server.restart()).await;
    assert_eq!(began(&server), [end]);
    assert_eq!(within(list(&server)).await, before);
    // What comes then is in no image, and the process ends without a chance to write one.
    within(server.registered("contoso", "customer")).await;
    let before = within(list(&server)).await;
    within(server.kill()).await;
    within(server.restart()).await;
    assert_eq!((began(&server).len(), times(&server, NOT_USED)), (2, 0));
    assert!(began(&server)[1] <= head(&server).await);
    assert_eq!(within(list(&server)).await, before);
    let verified = run(["verify", "--database", &server.database_url()]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[tokio::test]
async fn a_start_with_a_broken_image_answers_the_same_and_replaces_it() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    within(server.terminate()).await;
    let whole = std::fs::read(image(&server)).expect("it can be read");
    // Behind what says that it is an image: a file that does not say so is somebody else's, and stays.
    const MAGIC_BYTES: usize = 16;
    for (round, at) in [MAGIC_BYTES, whole.len() / 3, whole.len() - 1].into_iter().enumerate() {
        let mut broken = whole.clone();
        broken[at] ^= 1;
        std::fs::write(image(&server), broken).expect("it can be written");
        within(server.restart()).await;
        assert_eq!((began(&server).len(), times(&server, NOT_USED)), (round, round + 1));
        assert_eq!(within(list(&server)).await, before);
        // Only what is proven becomes an image.
        until_said(&server, PROVEN, 2 * round + 1).await;
        within(server.terminate()).await;
        within(server.restart()).await;
        assert_eq!(began(&server).len(), round + 1);
        until_said(&server, PROVEN, 2 * round + 2).await;
        within(server.terminate()).await;
    }
}

#[tokio::test]
async fn an_image_that_is_ahead_of_a_restored_log_is_not_believed() {
    let mut server = server().await;
    within(story(&server)).await;
    let before = within(list(&server)).await;
    within(server.terminate()).await;
    let backup = std::fs::read(server.database_file()).expect("it can be read");
    within(server.restart()).await;
    within(server.accepted("contoso", "customer")).await;
    until_said(&server, PROVEN, 1).await;
    within(server.terminate()).await;
    std::fs::write(server.database_file(), backup).expect("it can be restored");
    for file in ["assent.db.views", "assent.db.views-wal", "assent.db.views-shm"] {
        let _ = std::fs::remove_file(server.folder().join(file));
    }
    let images = began(&server).len();
    within(server.restart()).await;
    assert_eq!(began(&server).len(), images);
    assert_eq!(within(list(&server)).await, before);
    // Now it is of this log.
    within(server.terminate()).await;
    within(server.restart()).await;
    assert_eq!(began(&server).len(), images + 1);
    assert_eq!(within(list(&server)).await, before);
}

#[tokio::test]
async fn an_image_that_can_not_be_written_is_a_warning() {
    let arguments = ["--index-image", "/dev/null/index"].map(str::to_owned).into();
    let mut server = Server::spawn(ServerOptions { arguments, ..ServerOptions::default() }).await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;
    assert!(times(&server, "could not write the index image") > 0, "{}", server.stderr());
    assert!(!image(&server).exists(), "only where it was said to be");
    within(server.restart()).await;
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
}

/// A driver that asks before each statement whether it is logged must not: the filter's answer would stand for the line that comes
/// next.
#[tokio::test]
async fn a_filter_that_asks_for_one_crates_lines_gets_them_all() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut fleet = Fleet::of(0).await;
    for number in 0..3 {
        let image = folder.path().join(number.to_string()).display().to_string();
        fleet.add(1, &["--index-image", &image, "--log", "info,assent_projections=debug"]).await;
        let said = fleet.servers[number].stderr();
        assert!(said.contains("DEBUG assent_projections::image: "), "{said}");
    }
}

#[tokio::test]
async fn each_replica_begins_with_an_image_of_its_own_and_hears_of_what_came_since() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let own = |it: &str| folder.path().join(it).display().to_string();
    let mut fleet = Fleet::of(1).await;
    within(story(&fleet.servers[0])).await;
    for name in ["one", "two"] {
        fleet.add(1, &["--index-image", &own(name)]).await;
    }
    for replica in 1..3 {
        // They began with the rows of the first one, so that their images are made once those are proven.
        until_said(&fleet.servers[replica], PROVEN, 1).await;
        within(fleet.servers[replica].terminate()).await;
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder is there").count(), 2);
    within(fleet.servers[0].accepted("contoso", "customer")).await;
    for replica in 1..3 {
        within(fleet.servers[replica].restart()).await;
        assert_eq!(began(&fleet.servers[replica]).len(), 1, "{}", fleet.servers[replica].stderr());
    }
    fleet.settled().await;
    let before = within(list(&fleet.servers[0])).await;
    // One of the others writes the rows from now on.
    within(fleet.servers[0].kill()).await;
    within(fleet.servers[2].accepted("contoso", "another")).await;
    for replica in 1..3 {
        let now = within(list(&fleet.servers[replica])).await;
        assert_eq!((now.0, now.1, now.2), (before.0.clone(), before.1.clone(), before.2.clone()));
    }
    let verified = run(["verify", "--database", &fleet.url()]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

/// Writes a valid image of facts that are not what the log says: a relationship that was never established.
async fn forge(server: &Server) {
    let forged = "INSERT INTO relationships (partner_id, customer_id, position, revision, in_force, state)
                  SELECT partner_id, 'forged', position, revision, in_force, state FROM relationships LIMIT 1";
    let views = server.folder().join("assent.db.views");
    let ran =
        within(Command::new("sqlite3").arg(views).arg(forged).output()).await.expect("sqlite3 is installed");
    assert!(ran.status.success(), "{ran:?}");
    let log = EventLog::open(&server.database_url()).await.expect("it can be opened");
    let started = start(&log, Views::open(&log).await.expect("they can be opened"), |_, _| {}).await;
    let started = started.expect("it begins with the rows");
    let written = Image::at(image(server)).write_shared(&log, &started.index).await;
    assert!(written.is_some());
    started.maintainer.views().close().await;
    log.close().await;
}

#[tokio::test]
async fn an_image_that_is_not_what_the_log_says_ends_every_answer_and_is_removed() {
    let mut server = server().await;
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;
    forge(&server).await;
    within(server.restart()).await;
    assert_eq!(began(&server).len(), 1);
    let refused = within(async {
        loop {
            let order = requests::order("contoso", "fabrikam");
            if let Err(refused) = server.authorization().authorize_order(order).await {
                return refused;
            }
        }
    });
    assert_eq!(refused.await.code(), Code::DataLoss);
    within(async {
        while image(&server).exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    within(server.terminate()).await;
    assert!(!image(&server).exists(), "a server that does not trust its facts leaves no image of them");
    assert!(times(&server, "the snapshot is not what the log says") > 0);
}
