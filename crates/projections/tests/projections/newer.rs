//! What a newer binary wrote stops this one: nothing is ever skipped.

use assent_event_log::{Batch, Draft, EventLog, LedgerTag, Links};
use assent_projections::{Views, start};
use assent_proto::event::event::Payload;
use assent_proto::event::{Event, LedgerFormatted, RulesActivated};
use bytes::Bytes;
use prost::Message;

use crate::ledger::busy;
use crate::place::Place;

fn event(payload: Option<Payload>) -> Bytes {
    Bytes::from(Event { stream: "ledger".to_owned(), payload, ..Event::default() }.encode_to_vec())
}

async fn append(log: &EventLog, body: Bytes) {
    let head = log.head();
    let drafts = vec![Draft { body, revision: 1, links: Links::default() }];
    let tag = LedgerTag::new(7).unwrap();
    let (requests, vault, erase, documents) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let at = head.recorded_at.max(1_700_000_000_000_000);
    log.append(Batch { start: head.size, at, tag, drafts, requests, vault, erase, documents }).await.unwrap();
}

/// Why a start ends, with the reason below it.
async fn why(log: &EventLog) -> String {
    let views = Views::open(log).await.unwrap();
    let error = start(log, views, |_, _| {}).await.unwrap_err();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

pub(crate) async fn a_format_that_is_not_known_ends_the_start(place: Place) {
    let log = EventLog::open(&place.url()).await.unwrap();
    append(
        &log,
        event(Some(Payload::LedgerFormatted(LedgerFormatted { format: 2, tag: 7, environment: 1 }))),
    )
    .await;
    let why = why(&log).await;
    assert!(why.contains("the ledger's format is 2, and this binary knows 1"), "{why}");
}

pub(crate) async fn an_edition_of_the_rules_that_is_not_known_ends_the_start(place: Place) {
    let ledger = busy(place).await;
    append(&ledger.log, event(Some(Payload::RulesActivated(RulesActivated { edition: 99 })))).await;
    let why = why(&ledger.log).await;
    assert!(why.contains("the ledger's rules' edition is 99"), "{why}");
}

pub(crate) async fn an_event_of_an_unknown_type_ends_the_start_at_its_position(place: Place) {
    let ledger = busy(place).await;
    append(&ledger.log, event(None)).await;
    let position = ledger.log.head().size;
    let why = why(&ledger.log).await;
    assert!(why.contains(&format!("the event at position {position} is of a type")), "{why}");
}

pub(crate) async fn an_unknown_number_of_a_closed_set_ends_the_start(place: Place) {
    let ledger = busy(place).await;
    let status = assent_proto::event::PartnerStatusSet { partner_id: "a".to_owned(), status: 77 };
    append(&ledger.log, event(Some(Payload::PartnerStatusSet(status)))).await;
    let why = why(&ledger.log).await;
    assert!(why.contains("field `status` of a stored event has a value"), "{why}");
}
