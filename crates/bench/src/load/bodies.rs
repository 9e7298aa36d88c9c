//! What is sent, and what must come back.

use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, AuthorizeOrderResult, BatchAuthorizeOrdersRequest,
    BatchAuthorizeOrdersResponse, ConfirmAcceptanceRequest, Contact, Decision, StreamAuthorizeOrdersRequest,
    StreamAuthorizeOrdersResponse, TransactionKind, authorize_order_result,
};
use bytes::BufMut as _;
use prost::Message;

use super::{Call, Load};
use crate::Outcome;
use crate::ledger::story::AGREEMENT;
use crate::people::{Random, accepted_at, customer_id, partner_id, partner_of};

/// How many bytes stand before each message: whether it is compressed, and its length.
pub(super) const PREFIX_BYTES: usize = 5;
/// How many orders of a stream a client hands over at once.
pub(super) const ORDERS_A_WRITE: usize = 64;
/// How many orders are asked about at once.
pub(crate) const ORDERS_A_BATCH: usize = 256;
/// How many orders a connection has ready: enough to be about other memory each time, all connections together.
const ORDERS_READY: usize = 1 << 17;

/// Bodies of requests without end, about customers at random.
#[derive(Debug)]
pub(super) struct Bodies {
    /// Made before anything is measured, and sent in turn; none where each has to be another.
    ready: Vec<Vec<u8>>,
    next: usize,
    random: Random,
    customers: u64,
}

impl Bodies {
    pub(super) fn new(load: &Load, seed: u64) -> Self {
        let mut bodies = Self { ready: Vec::new(), next: 0, random: Random(seed), customers: load.customers };
        let (count, orders) = match load.call {
            Call::NoOp | Call::Authorize => (ORDERS_READY, 1),
            Call::NoOpStream | Call::Stream => (ORDERS_READY / ORDERS_A_WRITE, ORDERS_A_WRITE),
            Call::NoOpBatch | Call::Batch => (ORDERS_READY / ORDERS_A_BATCH, ORDERS_A_BATCH),
            Call::Confirm => (0, 0),
        };
        for _ in 0..count {
            let orders: Vec<_> = (0..orders).map(|_| bodies.order()).collect();
            bodies.ready.push(body_of(load.call, orders));
        }
        bodies
    }

    /// Gives the next body.
    pub(super) fn next<T>(&mut self, send: impl FnOnce(&[u8]) -> T) -> T {
        if self.ready.is_empty() {
            return send(&self.confirmation());
        }
        self.next = (self.next + 1) % self.ready.len();
        send(&self.ready[self.next])
    }

    fn order(&mut self) -> AuthorizeOrderRequest {
        let customer = self.random.below(self.customers);
        AuthorizeOrderRequest {
            partner_id: partner_id(partner_of(customer)),
            customer_id: customer_id(customer),
            transaction: TransactionKind::NewPurchase.into(),
            ..Default::default()
        }
    }

    /// A confirmation by somebody who has not accepted before, at an instant of its own.
    fn confirmation(&mut self) -> Vec<u8> {
        let customer = self.random.below(self.customers);
        let contact = Contact {
            first_name: "Anna".to_owned(),
            last_name: "Berg".to_owned(),
            email: format!("anna{:x}@customer-{customer}.example", self.random.draw()),
            phone_number: None,
        };
        let request = ConfirmAcceptanceRequest {
            partner_id: partner_id(partner_of(customer)),
            customer_id: customer_id(customer),
            agreement_id: AGREEMENT.to_owned(),
            contact: Some(contact),
            accepted_at: Some(accepted_at(&mut self.random)),
            ..Default::default()
        };
        let mut body = Vec::new();
        add(&request, &mut body);
        body
    }
}

/// What is sent at once.
fn body_of(call: Call, orders: Vec<AuthorizeOrderRequest>) -> Vec<u8> {
    let mut body = Vec::new();
    match call {
        Call::NoOpStream | Call::Stream => {
            orders
                .into_iter()
                .for_each(|it| add(&StreamAuthorizeOrdersRequest { order: Some(it) }, &mut body));
        }
        Call::NoOpBatch | Call::Batch => add(&BatchAuthorizeOrdersRequest { orders }, &mut body),
        Call::NoOp | Call::Authorize | Call::Confirm => orders.iter().for_each(|it| add(it, &mut body)),
    }
    body
}

/// Adds a message with what stands before it.
pub(super) fn add(message: &impl Message, body: &mut Vec<u8>) {
    body.put_u8(0);
    body.put_u32(message.encoded_len() as u32);
    message.encode(body).expect("a list of bytes grows");
}

/// Checks that an answer allows its order, as every customer of the ledger has accepted.
pub(super) fn check_allowed(message: &[u8]) -> Outcome<()> {
    allowed(&AuthorizeOrderResponse::decode(message)?)
}

/// The same of an answer in a stream.
pub(super) fn check_streamed_allowed(message: &[u8]) -> Outcome<()> {
    result_allowed(StreamAuthorizeOrdersResponse::decode(message)?.result)
}

/// The same of the answers to a batch.
pub(super) fn check_batch_allowed(message: &[u8]) -> Outcome<()> {
    let results = BatchAuthorizeOrdersResponse::decode(message)?.results;
    if results.len() != ORDERS_A_BATCH {
        return Err(format!("{} answers to a batch of {ORDERS_A_BATCH}", results.len()).into());
    }
    results.into_iter().try_for_each(|it| result_allowed(Some(it)))
}

fn result_allowed(result: Option<AuthorizeOrderResult>) -> Outcome<()> {
    use authorize_order_result::Result::{Error, Response};
    match result.and_then(|it| it.result) {
        Some(Response(response)) => allowed(&response),
        Some(Error(error)) => Err(format!("an order was not decided: {error:?}").into()),
        None => Err("an order was not answered".into()),
    }
}

fn allowed(response: &AuthorizeOrderResponse) -> Outcome<()> {
    if response.decision() == Decision::Allowed {
        return Ok(());
    }
    Err(format!("an order was not allowed: {response:?}").into())
}
