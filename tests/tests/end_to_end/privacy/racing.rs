//! Erasures beside writes and reads of the same customer.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use std::sync::atomic::{AtomicBool, Ordering};

use assent_proto::v1::*;
use assent_testing::{Server, requests};
use futures::future::{join, join_all};

use super::ground::*;
use crate::replicas::fleet::Fleet;
use crate::support::within;

on_both! {
    whoever_reads_while_a_contact_is_erased_sees_it_or_that_it_was_erased,
}

async fn whoever_reads_while_a_contact_is_erased_sees_it_or_that_it_was_erased(ground: Ground) {
    let server = ground.server();
    let records = records(server).await;
    let erased = AtomicBool::new(false);
    let reading = async {
        while !erased.load(Ordering::SeqCst) {
            has_contact(server, &records.corrected).await;
        }
        // Whatever begins after the erasure was answered sees it.
        assert!(!has_contact(server, &records.corrected).await);
    };
    let erasing = async {
        erase(server, Some(&records.first)).await;
        erased.store(true, Ordering::SeqCst);
    };
    within(join(reading, erasing)).await;
}

const WRITERS: u64 = 4;
const WRITES: u64 = 12;

/// Writers confirm for one customer through several replicas, while it is erased again and again: what stands before an
/// erasure in the log is erased, and what stands after the last one is not.
async fn each_write_is_before_an_erasure_and_erased_or_after_the_last_and_kept(servers: &[Server]) {
    let first = &servers[0];
    within(first.registered("contoso", "fabrikam")).await;
    let confirm = |writer: u64, number: u64| ConfirmAcceptanceRequest {
        contact: contact(&format!("writer-{writer}@fabrikam.example")),
        accepted_at: Some(requests::at(&format!("2026-01-0{}T00:{number:02}:00Z", writer + 1))),
        accepted_on: None,
        ..requests::confirm("contoso", "fabrikam")
    };
    let writing = (0..WRITERS).map(|writer| async move {
        let mut stored = Vec::new();
        for number in 0..WRITES {
            let server = &servers[(writer + number) as usize % servers.len()];
            let answer = server.acceptance().confirm_acceptance(confirm(writer, number)).await;
            let answer = answer.unwrap().into_inner();
            stored.push((answer.position, answer.acceptance.unwrap().acceptance_id));
        }
        stored
    });
    let erasing = async {
        let mut last = 0;
        for round in 0..6 {
            last = last.max(erase(&servers[round % servers.len()], None).await.position);
        }
        last
    };
    let (stored, last) = within(join(join_all(writing), erasing)).await;
    for (position, id) in stored.concat() {
        for server in servers {
            assert_eq!(has_contact(server, &id).await, position > last, "{position}, erased up to {last}");
        }
    }
}

#[tokio::test]
async fn racing_writes_are_erased_or_after_the_erasure_on_a_file() {
    let fleet = Fleet::on_file().await;
    each_write_is_before_an_erasure_and_erased_or_after_the_last_and_kept(&fleet.servers).await;
}

#[tokio::test]
async fn racing_writes_are_erased_or_after_the_erasure_through_several_replicas() {
    let fleet = Fleet::of(2).await;
    each_write_is_before_an_erasure_and_erased_or_after_the_last_and_kept(&fleet.servers).await;
}
