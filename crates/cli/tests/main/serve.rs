//! Starting and ending the server.

use assent_testing::{ServerOptions, requests};

use crate::program::{assent, server};

#[tokio::test]
async fn without_dev_it_refuses_to_start_and_says_what_there_is() {
    let ran = assent(["serve"]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    assert!(ran.stderr.contains("assent serve --dev"), "{ran:?}");
}

#[tokio::test]
async fn dev_is_for_this_machine_alone() {
    let ran = assent(["serve", "--dev", "--listen", "0.0.0.0:0"]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
}

#[tokio::test]
async fn a_database_that_is_none_is_a_start_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "these are notes and no database, and they stay as they are").unwrap();
    let url = format!("sqlite:{}", file.display());
    let ran = assent(["serve", "--dev", "--listen", "127.0.0.1:0", "--database", &url]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
    assert!(ran.stderr.contains("notes.txt"), "{ran:?}");
}

#[tokio::test]
async fn a_file_of_settings_with_an_unknown_key_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("assent.toml");
    std::fs::write(&file, "dev = true\nlisten_on = 'x'\n").unwrap();
    let ran = assent(["serve", "--config", file.to_str().unwrap()]).await;
    assert!(ran.code == 2 && ran.stderr.contains("listen_on"), "{ran:?}");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_and_after_a_clean_end() {
    let mut server = server().await;
    server.accepted("contoso", "fabrikam").await;
    let before = server.decide(requests::order("contoso", "fabrikam")).await;
    server.kill().await;
    server.restart().await;
    let after_kill = server.decide(requests::order("contoso", "fabrikam")).await;
    assert_eq!((after_kill.position, &after_kill.reasons), (before.position, &before.reasons));
    server.terminate().await;
    server.restart().await;
    let after_end = server.decide(requests::order("contoso", "fabrikam")).await;
    assert_eq!((after_end.position, &after_end.reasons), (before.position, &before.reasons));
}

#[tokio::test]
async fn settings_can_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("assent.toml");
    std::fs::write(&file, "environment = 'sandbox'\nlog_format = 'json'\nworkers = 1\n").unwrap();
    let arguments = vec!["--config".to_owned(), file.display().to_string()];
    let binary = Some(crate::program::binary());
    let mut server =
        assent_testing::Server::spawn(ServerOptions { binary, arguments, ..Default::default() }).await;
    server.registered("contoso", "fabrikam").await;
    server.terminate().await;
}
