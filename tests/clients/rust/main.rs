//! A client in Rust: asks about an order, confirms an acceptance, watches the answer change, records the order, and reads
//! what was recorded.
//!
//! `assent_proto::client` sets deadlines, retries, windows, keep-alive, the call's id and a write's request id. The clients in Python and
//! JavaScript beside this one do the same and print the same lines; a test holds them against each other.

use std::error::Error;
use std::path::PathBuf;

use assent_proto::client::{Connection, Connector, request_id};
use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, ConfirmAcceptanceRequest, Contact, CustomerStatus,
    Decision, EventFilter, OrderOutcome, ReadEventsRequest, RecordOrderOutcomeRequest, TransactionKind,
    WatchAcceptanceStatusRequest, watch_acceptance_status_response::Message,
};

/// Where and about whom.
#[derive(Default)]
struct Arguments {
    server: String,
    ca_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    partner: String,
    customer: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let ledger = arguments.connect().await?;

    let before = authorize(&ledger, &arguments, None).await?;
    println!("before {}", shown(&before));

    // From the position of the answer above: whatever is recorded after it is told, whenever the watch arrives.
    let watch = WatchAcceptanceStatusRequest {
        partner_id: arguments.partner.clone(),
        customer_ids: vec![arguments.customer.clone()],
        from_position: Some(before.position),
        ..Default::default()
    };
    let mut watch = ledger.acceptance().watch_acceptance_status(watch).await?.into_inner();

    let position = confirm(&ledger, &arguments).await?;

    while let Some(change) = watch.message().await? {
        if let Some(Message::Status(status)) = change.message
            && is_allowed(&status)
        {
            println!("watched NEW_PURCHASE ALLOWED");
            break;
        }
    }

    // At least what the confirmation has written, also from another replica.
    let after = authorize(&ledger, &arguments, Some(position)).await?;
    println!("after {}", shown(&after));
    record_placed(&ledger, &arguments, after).await?;
    replay(&ledger, &arguments).await
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self::default();
        while let Some(flag) = words.next() {
            let value = words.next().ok_or_else(|| format!("{flag} needs a value"))?;
            match flag.as_str() {
                "--server" => read.server = value,
                "--ca-file" => read.ca_file = Some(value.into()),
                "--token-file" => read.token_file = Some(value.into()),
                "--partner" => read.partner = value,
                "--customer" => read.customer = value,
                _ => return Err(format!("{flag} is not known")),
            }
        }
        Ok(read)
    }

    async fn connect(&self) -> Result<Connection, Box<dyn Error>> {
        let mut connector = Connector::new(&self.server)?;
        if let Some(file) = &self.ca_file {
            connector = connector.certificate_authorities(&std::fs::read(file)?);
        }
        if let Some(file) = &self.token_file {
            connector = connector.token_file(file.clone());
        }
        Ok(connector.connect().await?)
    }
}

async fn authorize(
    ledger: &Connection,
    about: &Arguments,
    min_position: Option<u64>,
) -> Result<AuthorizeOrderResponse, tonic::Status> {
    let order = AuthorizeOrderRequest {
        partner_id: about.partner.clone(),
        customer_id: about.customer.clone(),
        transaction: TransactionKind::NewPurchase.into(),
        min_position,
        ..Default::default()
    };
    ledger.authorization().authorize_order(order).await.map(tonic::Response::into_inner)
}

/// Confirms, and sends the same once more, as a process does that ended before it knew the answer: what is sent again by
/// another process needs an id of one's own, which is stored before the first attempt.
async fn confirm(ledger: &Connection, about: &Arguments) -> Result<u64, tonic::Status> {
    let request = ConfirmAcceptanceRequest {
        partner_id: about.partner.clone(),
        customer_id: about.customer.clone(),
        agreement_id: "microsoft-customer-agreement".to_owned(),
        contact: Some(Contact {
            first_name: "Anna".to_owned(),
            last_name: "Keller".to_owned(),
            email: "anna.keller@fabrikam.example".to_owned(),
            phone_number: None,
        }),
        accepted_on: Some("2026-01-12".to_owned()),
        request_id: Some(request_id()),
        ..Default::default()
    };
    let first = ledger.acceptance().confirm_acceptance(request.clone()).await?.into_inner();
    let version = first.acceptance.map(|it| it.version).unwrap_or_default();
    println!("confirmed version {version}");
    let again = ledger.acceptance().confirm_acceptance(request).await?.into_inner();
    println!("sent again replayed={} same position={}", again.replayed, again.position == first.position);
    Ok(first.position)
}

/// Tells what became of the order. The connection gives it its request id, for as often as it sends it.
async fn record_placed(
    ledger: &Connection,
    about: &Arguments,
    decided: AuthorizeOrderResponse,
) -> Result<(), tonic::Status> {
    let outcome = RecordOrderOutcomeRequest {
        partner_id: about.partner.clone(),
        customer_id: about.customer.clone(),
        order_ref: "order-4711".to_owned(),
        transaction: TransactionKind::NewPurchase.into(),
        outcome: OrderOutcome::Placed.into(),
        occurred_at: decided.evaluated_at,
        ..Default::default()
    };
    let recorded = ledger.authorization().record_order_outcome(outcome).await?.into_inner();
    println!("recorded replayed={}", recorded.replayed);
    Ok(())
}

fn is_allowed(changed: &CustomerStatus) -> bool {
    let decisions = changed.status.iter().flat_map(|it| &it.decisions);
    let mut purchases = decisions.filter(|it| it.transaction() == TransactionKind::NewPurchase);
    purchases.any(|it| it.decision.as_ref().is_some_and(|it| it.decision() == Decision::Allowed))
}

/// Reads all that was recorded about the two, from the first event on.
async fn replay(ledger: &Connection, about: &Arguments) -> Result<(), Box<dyn Error>> {
    let filter = EventFilter {
        partner_id: Some(about.partner.clone()),
        customer_id: Some(about.customer.clone()),
        types: vec![],
    };
    let request = ReadEventsRequest { from_position: 1, filter: Some(filter), ..Default::default() };
    let mut events = ledger.audit().read_events(request).await?.into_inner();
    while let Some(page) = events.message().await? {
        for event in page.events {
            let event = event.event()?;
            println!("event of {} revision {}", event.stream, event.revision);
        }
    }
    Ok(())
}

/// The decision and why: a denial is an answer, not an error.
fn shown(answer: &AuthorizeOrderResponse) -> String {
    let decision = answer.decision().as_str_name().trim_start_matches("DECISION_");
    let reasons = answer.reasons.iter().map(|it| it.code().as_str_name().trim_start_matches("REASON_CODE_"));
    format!("{decision} {}", reasons.collect::<Vec<_>>().join(" "))
}
