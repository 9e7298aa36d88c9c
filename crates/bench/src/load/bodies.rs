//! What is sent, and what must come back.

use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, ConfirmAcceptanceRequest, Contact, Decision,
    StreamAuthorizeOrdersRequest, StreamAuthorizeOrdersResponse, TransactionKind, authorize_order_result,
};
use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;

use super::Load;
use crate::Outcome;
use crate::ledger::story::{ACCEPTED_ON, AGREEMENT};
use crate::people::{Random, customer_id, partner_id, partner_of};

/// How many bytes stand before each message: whether it is compressed, and its length.
pub(super) const PREFIX_BYTES: usize = 5;

/// Requests without end, about customers at random.
#[derive(Debug)]
pub(super) struct Bodies {
    random: Random,
    customers: u64,
}

impl Bodies {
    pub(super) fn new(load: &Load) -> Self {
        Self { random: Random(load.seed), customers: load.customers }
    }

    /// An order, as a whole body.
    pub(super) fn order(&mut self) -> Bytes {
        let mut body = BytesMut::new();
        frame(&self.next_order(), &mut body);
        body.freeze()
    }

    /// Some orders of a stream.
    pub(super) fn orders(&mut self, count: u64) -> Bytes {
        let mut body = BytesMut::new();
        for _ in 0..count {
            frame(&StreamAuthorizeOrdersRequest { order: Some(self.next_order()) }, &mut body);
        }
        body.freeze()
    }

    /// A confirmation by somebody who has not accepted before.
    pub(super) fn confirmation(&mut self) -> Bytes {
        let customer = self.random.below(self.customers);
        let contact = Contact {
            first_name: "Anna".to_owned(),
            last_name: "Berg".to_owned(),
            email: format!("anna{:x}@customer-{customer}.example", self.random.next()),
            phone_number: None,
        };
        let request = ConfirmAcceptanceRequest {
            partner_id: partner_id(partner_of(customer)),
            customer_id: customer_id(customer),
            agreement_id: AGREEMENT.to_owned(),
            contact: Some(contact),
            accepted_on: Some(ACCEPTED_ON.to_owned()),
            ..Default::default()
        };
        let mut body = BytesMut::new();
        frame(&request, &mut body);
        body.freeze()
    }

    fn next_order(&mut self) -> AuthorizeOrderRequest {
        let customer = self.random.below(self.customers);
        AuthorizeOrderRequest {
            partner_id: partner_id(partner_of(customer)),
            customer_id: customer_id(customer),
            transaction: TransactionKind::NewPurchase.into(),
            ..Default::default()
        }
    }
}

fn frame(message: &impl Message, body: &mut BytesMut) {
    body.put_u8(0);
    body.put_u32(message.encoded_len() as u32);
    message.encode(body).expect("a body grows");
}

/// Checks that an answer allows its order, as every customer of the ledger has accepted.
pub(super) fn check_allowed(message: &[u8]) -> Outcome<()> {
    allowed(&AuthorizeOrderResponse::decode(message)?)
}

/// The same of an answer in a stream.
pub(super) fn check_streamed_allowed(message: &[u8]) -> Outcome<()> {
    use authorize_order_result::Result::{Error, Response};
    let result = StreamAuthorizeOrdersResponse::decode(message)?.result.and_then(|it| it.result);
    match result {
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
