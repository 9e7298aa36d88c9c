//! The log as it is printed, and what is derived from it.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use crate::program::{ask, assent, command, server};

#[tokio::test]
async fn server_and_database_print_the_same_log() {
    let mut server = server().await;
    server.accepted("contoso", "fabrikam").await;
    let asked = ask(&server, &["replay", "--json"]).await;
    assert_eq!(asked.code, 0, "{asked:?}");
    let beside = assent(["replay", "--json", "--database", &server.database_url()]).await;
    assert_eq!(beside.stdout, asked.stdout);
    server.terminate().await;
    let after = assent(["replay", "--json", "--database", &server.database_url()]).await;
    assert_eq!(after.stdout, asked.stdout);
    let positions: Vec<_> = asked
        .stdout
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap();
            event["position"].as_str().unwrap().parse::<u64>().unwrap()
        })
        .collect();
    assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>());
    assert!(!asked.stdout.contains("anna.berg@"), "a contact stands in the log in the open");
}

#[tokio::test]
async fn selections_mean_the_same_on_a_server_and_on_a_database() {
    let server = server().await;
    server.accepted("contoso", "fabrikam").await;
    server.accepted("northwind", "adatum").await;
    for selection in [
        &["--partner", "contoso"][..],
        &["--customer", "adatum"],
        &["--type", "acceptance_confirmed"],
        &["--type", "acceptance_confirmed", "--type", "partner_registered", "--partner", "northwind"],
        &["--from", "3", "--to", "6"],
        &["--from", "100000"],
    ] {
        let asked = ask(&server, &[&["replay"], selection].concat()).await;
        let read = assent([&["replay", "--database", &server.database_url()], selection].concat()).await;
        assert_eq!((asked.code, &asked.stdout), (read.code, &read.stdout), "{selection:?}");
    }
    let confirmed =
        ask(&server, &["replay", "--type", "acceptance_confirmed", "--partner", "contoso"]).await.stdout;
    assert_eq!(confirmed.lines().count(), 1, "{confirmed}");
    assert!(confirmed.contains("relationship/contoso/fabrikam"), "{confirmed}");
    assert!(
        confirmed
            .contains("customer fabrikam's acceptance of microsoft-customer-agreement 2023-04 was confirmed"),
        "{confirmed}"
    );
}

#[tokio::test]
async fn a_reader_that_has_enough_ends_it_quietly() {
    let server = server().await;
    let mut child = command(["replay", "--follow", "--server", &server.url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0; 16];
    stdout.read_exact(&mut first).await.unwrap();
    drop(stdout);
    // The next event finds nobody who reads it.
    server.registered("contoso", "fabrikam").await;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), child.wait_with_output()).await;
    let output = ended.expect("it ends when nobody reads").unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[tokio::test]
async fn projections_can_be_looked_at_beside_a_server_and_rebuilt_without_one() {
    let mut server = server().await;
    server.accepted("contoso", "fabrikam").await;
    let status = ["projections", "status", "--database", &server.database_url()].map(str::to_owned);
    let beside = assent(&status).await;
    assert_eq!(beside.code, 0, "{beside:?}");
    server.terminate().await;
    let rebuilt = assent(["projections", "rebuild", "--database", &server.database_url()]).await;
    assert!(rebuilt.code == 0 && rebuilt.stdout.contains("nothing differed"), "{rebuilt:?}");
    let after = assent(&status).await;
    assert!(after.code == 0 && after.stdout.contains("up to date"), "{after:?}");
}
