//! The queue and the request keys.

mod ahead;

use assent_proto::convert::{Intent, intent};
use assent_proto::v1::{ErasePersonalDataRequest, RegisterCustomerRequest};

use super::queue::{Caller, Lane, queue};
use super::request::request_key;
use super::task::one_batch;
use crate::error::Reason;

fn caller() -> Caller {
    Caller { user_id: "tester".to_owned(), role: None }
}

fn command(request_id: Option<&str>) -> Box<Intent> {
    let request = RegisterCustomerRequest {
        customer_id: "fabrikam".to_owned(),
        country: "DE".to_owned(),
        cloud: 1,
        request_id: request_id.map(str::to_owned),
        ..RegisterCustomerRequest::default()
    };
    Box::new(intent::register_customer(request).unwrap())
}

fn erasure(customer: &str) -> Box<Intent> {
    let request = ErasePersonalDataRequest {
        customer_id: customer.to_owned(),
        reason: "they asked".to_owned(),
        ..ErasePersonalDataRequest::default()
    };
    Box::new(intent::erase_personal_data(request).unwrap())
}

#[tokio::test]
async fn imports_take_at_most_half_a_batch_while_calls_wait() {
    let (appender, mut queue) = queue();
    for _ in 0..20 {
        drop(appender.start(command(None), caller(), Lane::Imports).await.unwrap());
    }
    for _ in 0..3 {
        drop(appender.start(command(None), caller(), Lane::Calls).await.unwrap());
    }
    let batch = queue.batch(8).await.unwrap();
    assert_eq!(batch.len(), 3 + 4, "three calls, and half of eight");
    let batch = queue.batch(8).await.unwrap();
    assert_eq!(batch.len(), 8, "no call waits, so that imports fill the batch");
}

#[tokio::test]
async fn a_full_queue_refuses_a_call_at_once_and_says_when_to_try_again() {
    let (appender, queue) = queue();
    let mut outcomes = Vec::new();
    let refused = loop {
        match appender.start(command(None), caller(), Lane::Calls).await {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.reason(), Reason::AppendQueueFull);
    assert_eq!(outcomes.len(), 8_192);
    drop(queue);
}

#[tokio::test]
async fn a_queue_that_nobody_can_write_to_any_more_ends_after_what_is_in_it() {
    let (appender, mut queue) = queue();
    drop(appender.start(command(None), caller(), Lane::Imports).await.unwrap());
    drop(appender);
    assert_eq!(queue.batch(8).await.unwrap().len(), 1);
    assert!(queue.batch(8).await.is_none());
}

#[tokio::test]
async fn an_erasure_is_alone_in_its_batch_and_what_is_held_back_keeps_its_order() {
    let (appender, mut queue) = queue();
    let once = || command(Some("018bcfe5-687b-7969-9a5a-5a123456789a"));
    let sent = [once(), command(None), once(), erasure("fabrikam"), command(None), erasure("fabrikam")];
    for intent in sent {
        drop(appender.start(intent, caller(), Lane::Imports).await.unwrap());
    }
    let (mut held, mut batches) = (Vec::new(), Vec::new());
    let mut jobs = queue.batch(8).await.unwrap();
    // More was held back than a batch takes.
    held.extend(jobs.split_off(5));
    while !jobs.is_empty() {
        let batch = one_batch(jobs, &mut held);
        batches.push(batch.iter().map(|it| it.intent.method).collect::<Vec<_>>());
        jobs = held.drain(..held.len().min(5)).collect();
    }
    let (register, erase) = ("RegisterCustomer", "ErasePersonalData");
    let expected = [vec![register; 2], vec![register], vec![erase], vec![register], vec![erase]];
    assert_eq!(batches, expected);
}

/// For ever: SHA-256 of the scope (empty: the ledger), a zero byte, and the id's 16 bytes.
#[test]
fn the_key_of_a_request_is_what_the_format_says() {
    assert_eq!(request_key(&command(None)), None);
    let key = request_key(&command(Some("018BCFE5-687b-7969-9a5a-5a123456789a"))).unwrap();
    let text: String = key.iter().map(|it| format!("{it:02x}")).collect();
    assert_eq!(text, "5835dfe22b7ec29671715f30276f323d33478cc02446c0aa8b274485b95ac22e");
}
