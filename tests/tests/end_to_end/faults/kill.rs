//! SIGKILL in the middle of an import: what was acknowledged is there once.

use std::collections::HashMap;

use assent_proto::event::event::Payload;
use assent_proto::v1::{ConfirmAcceptanceRequest, ImportAcceptancesRequest, ImportStatus, Program};
use assent_testing::{Server, requests};
use prost_types::Timestamp;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use crate::support::{decoded, events, import, server, within};

/// The rows of each import.
const ROWS: u64 = 600;
const CUSTOMERS: u64 = 20;
/// After how many acknowledged rows each server is killed.
const KILLED_AFTER: [usize; 10] = [1, 2, 63, 128, 200, 257, 311, 400, 511, 598];

/// How many rows more are sent before the server is killed: however fast it is, it has not stored all of them.
const AHEAD: usize = 64;

/// The rows of a cycle: each a confirmation of its own, with a request id.
fn rows(cycle: usize) -> Vec<ImportAcceptancesRequest> {
    let row = |row: u64| {
        let number = cycle as u64 * ROWS + row;
        let accepted_at =
            Timestamp { seconds: 1_770_000_000 + i64::try_from(number).expect("it is small"), nanos: 0 };
        let confirmation = ConfirmAcceptanceRequest {
            accepted_on: None,
            accepted_at: Some(accepted_at),
            request_id: Some(request_id(cycle, row)),
            ..requests::confirm("contoso", &format!("customer-{}", row % CUSTOMERS))
        };
        requests::row(row, confirmation)
    };
    (0..ROWS).map(row).collect()
}

fn request_id(cycle: usize, row: u64) -> String {
    Uuid::from_u128(((cycle as u128 + 1) << 64) | u128::from(row)).to_string()
}

/// Imports until so many rows are acknowledged, kills the server, and gives what it had acknowledged: row to id.
async fn killed_import(server: &mut Server, cycle: usize, after: usize) -> HashMap<u64, String> {
    let (sender, receiver) = mpsc::channel(64);
    let sending = tokio::spawn(async move {
        for row in rows(cycle).into_iter().take(after + AHEAD) {
            if sender.send(row).await.is_err() {
                return;
            }
        }
        // The rest would come if the server lived on.
        std::future::pending().await
    });
    let mut acceptance = server.acceptance();
    let answers = acceptance.import_acceptances(ReceiverStream::new(receiver)).await;
    let mut answers = answers.expect("an import can begin").into_inner();
    let mut acknowledged = HashMap::new();
    while let Ok(Some(outcome)) = answers.message().await {
        assert_eq!(outcome.status(), ImportStatus::Stored, "{outcome:?}");
        acknowledged.insert(outcome.row, outcome.acceptance_id.expect("a stored row has an id"));
        if acknowledged.len() == after {
            server.kill().await;
        }
    }
    assert!(acknowledged.len() >= after, "the server ended too early");
    sending.abort();
    acknowledged
}

/// Every confirmation in the log: request id to acceptance id.
async fn stored(server: &Server) -> HashMap<String, String> {
    let mut stored = HashMap::new();
    for event in events(server).await.iter().map(decoded) {
        if let Some(Payload::AcceptanceConfirmed(_)) = event.payload {
            let request_id = event.request_id.expect("every row has one");
            assert_eq!(stored.insert(request_id, event.event_id), None, "no row is stored twice");
        }
    }
    stored
}

#[tokio::test]
async fn after_a_kill_during_an_import_every_acknowledged_row_is_there_once() {
    let mut server = server().await;
    within(server.register_partner("contoso", Program::DirectBill)).await;
    for customer in 0..CUSTOMERS {
        let customer = format!("customer-{customer}");
        within(server.register_customer(&customer)).await;
        within(server.establish("contoso", &customer)).await;
    }
    let mut interrupted = 0;
    for (cycle, after) in KILLED_AFTER.into_iter().enumerate() {
        let acknowledged = within(killed_import(&mut server, cycle, after)).await;
        within(server.restart()).await;
        let found = stored(&server).await;
        for (row, id) in &acknowledged {
            assert_eq!(
                found.get(&request_id(cycle, *row)),
                Some(id),
                "row {row} of cycle {cycle} was acknowledged"
            );
        }
        interrupted += usize::from((found.len() as u64) < (cycle as u64 + 1) * ROWS);
        let outcomes = import(&server, rows(cycle)).await;
        assert_eq!(outcomes.len() as u64, ROWS);
        for outcome in outcomes {
            let was_there = found.get(&request_id(cycle, outcome.row));
            let expected = if was_there.is_some() { ImportStatus::Duplicate } else { ImportStatus::Stored };
            assert_eq!(outcome.status(), expected, "{outcome:?}");
            assert!(was_there.is_none() || was_there == outcome.acceptance_id.as_ref(), "{outcome:?}");
        }
        assert_eq!(stored(&server).await.len() as u64, (cycle as u64 + 1) * ROWS);
    }
    assert!(
        interrupted >= KILLED_AFTER.len() / 2,
        "only {interrupted} imports were under way when the server was killed"
    );
}
