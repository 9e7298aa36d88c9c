//! Orders to decide about. This is the hot path: nothing is allocated for a valid order whose ids are GUIDs.

use assent_domain::authorize::Order;
use assent_domain::values::{Instant, Position};

use crate::convert::fields::{Fields, MISSING, Parsed};
use crate::convert::ids::RequestId;
use crate::convert::violations::Violations;
use crate::v1;

/// The most orders of a batch.
pub const ORDERS_MAX: usize = 1_000;

/// An order that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The order.
    pub order: Order,
    /// As of which business instant; none: now.
    pub effective_at: Option<Instant>,
    /// As of which prefix of the log; none: all of it.
    pub known_at: Option<Position>,
    /// The position that must have been applied before the answer.
    pub min_position: Option<Position>,
    /// Whether the decision is to be recorded.
    pub record: bool,
    /// Makes the recording idempotent.
    pub request_id: Option<RequestId>,
    /// Whether the proof of a recorded decision is asked for.
    pub with_proof: bool,
}

impl Asked {
    /// The position that must have been applied before the answer.
    pub fn position(&self) -> Option<Position> {
        self.min_position.max(self.known_at)
    }
}

/// An order. Its `order_ref` is checked, and stays where it is: the answer echoes it.
pub fn authorize_order(request: &v1::AuthorizeOrderRequest) -> Result<Asked, Violations> {
    let mut fields = Fields::default();
    let asked = fields.order(request);
    fields.finish(|| asked)
}

/// The orders of a batch, unless there are too many of them. Each is then read by [`batch_order`]: a bad one never
/// ends the call.
pub fn batch_authorize_orders(
    request: &v1::BatchAuthorizeOrdersRequest,
) -> Result<&[v1::AuthorizeOrderRequest], Violations> {
    let v1::BatchAuthorizeOrdersRequest { orders } = request;
    let mut fields = Fields::default();
    let fits = fields.at_most("orders", orders.len(), ORDERS_MAX);
    fields.finish(|| fits.map(|()| orders.as_slice()))
}

/// The order at this place of a batch; it can't be recorded.
pub fn batch_order(at: usize, request: &v1::AuthorizeOrderRequest) -> Result<Asked, Violations> {
    let mut fields = Fields::default();
    let asked = fields.order(request);
    if request.record == Some(true) {
        let _: Parsed<()> =
            fields.bad("record", "must not be set in a batch: ask to record by AuthorizeOrder");
    }
    fields.finish(|| asked).map_err(|violations| violations.under(&format!("orders[{at}]")))
}

/// One order of a stream; it can't be recorded.
pub fn stream_order(request: &v1::StreamAuthorizeOrdersRequest) -> Result<Asked, Violations> {
    let v1::StreamAuthorizeOrdersRequest { order } = request;
    match order {
        Some(order) => {
            let mut fields = Fields::default();
            let asked = fields.order(order);
            if order.record == Some(true) {
                let _: Parsed<()> =
                    fields.bad("record", "must not be set in a stream: ask to record by AuthorizeOrder");
            }
            fields.finish(|| asked).map_err(|violations| violations.under("order"))
        }
        None => Err(Violations::one("order", MISSING)),
    }
}

impl Fields {
    fn order(&mut self, request: &v1::AuthorizeOrderRequest) -> Parsed<Asked> {
        let v1::AuthorizeOrderRequest {
            partner_id,
            customer_id,
            reseller_id,
            transaction,
            channel,
            product_family,
            order_ref,
            effective_at,
            known_at,
            min_position,
            record,
            request_id,
            with_proof,
        } = request;
        let partner = self.partner(partner_id);
        let customer = self.customer(customer_id);
        let reseller = self.optional_reseller(&partner, reseller_id.as_deref());
        let transaction = self.required_enum::<v1::TransactionKind>("transaction", *transaction);
        let channel = self.channel(*channel);
        let product_family = self.product_family(product_family.as_deref());
        let order_ref = self.order_ref(order_ref.as_deref());
        let effective_at = self.optional_instant("effective_at", effective_at.as_ref());
        let request_id = self.request_id(request_id.as_deref());
        let (known_at, record) = (Self::position(*known_at), record.unwrap_or_default());
        if record && known_at.is_some() {
            return self
                .bad("known_at", "must not be given with `record`: a decision is recorded at the log's end");
        }
        let with_proof = with_proof.unwrap_or_default();
        if with_proof && !record {
            return self.bad(
                "with_proof",
                "must not be set without `record`: only a recorded decision has a receipt",
            );
        }
        order_ref?;
        Ok(Asked {
            order: Order {
                partner: partner?,
                customer: customer?,
                reseller: reseller?,
                transaction: transaction?,
                channel: channel?,
                product_family: product_family?,
            },
            effective_at: effective_at?,
            known_at,
            min_position: Self::position(*min_position),
            record,
            request_id: request_id?,
            with_proof,
        })
    }
}
