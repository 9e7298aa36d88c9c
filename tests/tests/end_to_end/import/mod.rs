//! `assent import`: a file of 10,000 confirmations with every kind of bad row among them, sent twice.

mod file;
mod kinds;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use assent_proto::event::event::Payload;
use assent_proto::v1::{Acceptance, Cloud, ListAcceptancesRequest, Program};
use assent_testing::{Server, requests};
use futures::future::join_all;

use self::file::{CUSTOMERS, customer, file};
use self::kinds::{Outcome, SCRIPTS};
use crate::support::{Ran, decoded, events, head, run, server, within};

/// Everybody that the file names and that the ledger is to know.
async fn registered(server: &Server) {
    server.register_partner("contoso", Program::DirectBill).await;
    server.registered_through_provider("northwind", "adatum", "of-northwind").await;
    server.register_customer("stranger").await;
    server.register_customer_in("national", Cloud::China).await;
    server.establish("contoso", "national").await;
    join_all((0..CUSTOMERS).map(|it| async move {
        server.register_customer(&customer(it)).await;
        server.establish("contoso", &customer(it)).await;
    }))
    .await;
}

async fn import(server: &Server, file: &Path) -> Ran {
    run(["import", file.to_str().expect("its path is UTF-8"), "--server", &server.url()]).await
}

/// Status, reason and fields of every row, from the outcome file; rows stand in it in their order.
fn outcomes(file: &Path) -> Vec<Outcome> {
    let path = format!("{}.outcomes.csv", file.display());
    let mut reader = csv::Reader::from_path(path).expect("there is an outcome file");
    let mut outcomes = Vec::new();
    for record in reader.records() {
        let record = record.expect("its lines are CSV");
        assert_eq!(record[0], (outcomes.len() + 1).to_string(), "each row has one outcome");
        assert_eq!(record[2].is_empty(), &record[1] == "REJECTED", "{record:?}");
        assert_eq!(record[6].is_empty(), record[4].is_empty(), "a reason has a sentence: {record:?}");
        outcomes.push([record[1].to_owned(), record[4].to_owned(), record[5].to_owned()]);
    }
    outcomes
}

fn assert_outcomes(given: &[Outcome], expected: &[Outcome]) {
    assert_eq!(given.len(), expected.len());
    let rows = given.iter().zip(expected).enumerate();
    let wrong: Vec<_> = rows.filter(|(_, (given, expected))| given != expected).collect();
    assert!(wrong.is_empty(), "{} rows: {:#?}", wrong.len(), &wrong[..wrong.len().min(10)]);
}

async fn listed(server: &Server) -> Vec<Acceptance> {
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListAcceptancesRequest {
            partner_id: "contoso".to_owned(),
            page_size: 1_000,
            page_token,
            ..Default::default()
        };
        let page =
            within(server.acceptance().list_acceptances(request)).await.expect("it is listed").into_inner();
        listed.extend(page.acceptances);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return listed;
        }
    }
}

async fn confirmations(server: &Server) -> usize {
    let events = events(server).await;
    let confirmed =
        events.iter().filter(|it| matches!(decoded(it).payload, Some(Payload::AcceptanceConfirmed(_))));
    confirmed.count()
}

#[tokio::test]
async fn ten_thousand_rows_with_every_kind_of_bad_one_have_each_its_own_outcome_and_again_store_nothing() {
    let server = server().await;
    within(registered(&server)).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("confirmations.csv");
    let (content, expected) = file();
    assert_eq!(expected.len(), 10_000);
    std::fs::write(&path, content).expect("it can be written");
    let good = expected.iter().filter(|it| it[0] == "STORED").count();
    let before = head(&server).await;

    let first = import(&server, &path).await;
    assert_eq!(first.code, Some(1), "{first:?}");
    assert_outcomes(&outcomes(&path), &expected);
    let duplicate = expected.iter().filter(|it| it[0] == "DUPLICATE").count();
    let totals = format!(
        "10000 rows: {good} stored, {duplicate} were there already, {} rejected\n",
        10_000 - good - duplicate
    );
    assert!(first.stdout.starts_with(&totals), "{first:?}");
    assert_eq!(head(&server).await, before + good as u64);
    let listed_first = listed(&server).await;
    assert_eq!((listed_first.len(), confirmations(&server).await), (good, good));
    let names: HashSet<_> =
        listed_first.iter().filter_map(|it| it.contact.as_ref().map(|it| it.first_name.as_str())).collect();
    assert_eq!(names, SCRIPTS.map(|(first_name, _)| first_name).into(), "names come back as they were sent");

    let second = import(&server, &path).await;
    assert_eq!(second.code, Some(1), "{second:?}");
    let again: Vec<_> = expected.iter().map(kinds::again).collect();
    let given: Vec<_> = outcomes(&path).iter().map(kinds::again).collect();
    assert_outcomes(&given, &again);
    assert_eq!(head(&server).await, before + good as u64, "sent again, nothing is stored twice");
    assert_eq!(listed(&server).await, listed_first);
}

#[tokio::test]
async fn json_lines_are_taken_row_by_row_as_well() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let row = |changes: &[(&str, &str)]| {
        let mut row: BTreeMap<_, _> = [
            ("partner_id", "contoso"),
            ("customer_id", "fabrikam"),
            ("agreement_id", requests::CUSTOMER_AGREEMENT),
            ("first_name", "Ольга"),
            ("last_name", "Берг"),
            ("email", "olga@fabrikam.example"),
            ("accepted_at", "2026-01-12"),
        ]
        .into();
        row.extend(changes.iter().copied());
        serde_json::to_string(&row).expect("it is JSON").into_bytes()
    };
    let rows = [
        (row(&[]), ["STORED", "", ""]),
        (row(&[]), ["DUPLICATE", "ACCEPTANCE_ALREADY_CONFIRMED", ""]),
        (row(&[("email", "olga")]), ["REJECTED", "FIELD_INVALID", "email"]),
        (row(&[("customer_id", "nobody")]), ["REJECTED", "CUSTOMER_UNKNOWN", ""]),
        (
            row(&[("method", "ATTESTED"), ("scenario", "NEW_PARTNER"), ("accepted_at", "2026-01-13")]),
            ["STORED", "", ""],
        ),
        (row(&[("method", "DIRECT"), ("accepted_at", "2026-01-14T10:00:00Z")]), ["STORED", "", ""]),
        (b"{\"partner_id\": \"con".to_vec(), ["REJECTED", "FIELD_INVALID", "row"]),
        (b"{\"first_name\": \"\xff\"}".to_vec(), ["REJECTED", "FIELD_INVALID", "row"]),
        (b"[1, 2]".to_vec(), ["REJECTED", "FIELD_INVALID", "row"]),
        (row(&[("shoe_size", "44")]), ["REJECTED", "FIELD_INVALID", "shoe_size"]),
        (row(&[("accepted_at", "2026-01-15")]), ["STORED", "", ""]),
    ];
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("confirmations.jsonl");
    let (lines, expected): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    std::fs::write(&path, lines.join(&b'\n')).expect("it can be written");
    let expected: Vec<Outcome> = expected.iter().map(|it| it.map(str::to_owned)).collect();
    let before = head(&server).await;
    let ran = import(&server, &path).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_outcomes(&outcomes(&path), &expected);
    assert_eq!(head(&server).await, before + 4);
    import(&server, &path).await;
    assert_eq!(head(&server).await, before + 4);
}
