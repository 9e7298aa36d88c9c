//! Recorded decisions, and what became of orders.

use assent_domain::command::Command;

use super::{Envelope, Intent, What};
use crate::convert::asked::{self, Asked};
use crate::convert::fields::Fields;
use crate::convert::scalar::order_ref as order_ref_of;
use crate::convert::violations::Violations;
use crate::v1;

/// A decision that is to be recorded (rule O12).
pub fn record_decision(request: v1::AuthorizeOrderRequest) -> Result<Intent, Violations> {
    let Asked { order, effective_at, known_at: _, min_position: _, record: _, request_id, with_proof } =
        asked::authorize_order(&request)?;
    let envelope = Envelope { request_id, with_proof, expected_revision: None };
    let command = Command::RecordDecision { order, effective_at };
    let intent = Intent::new("AuthorizeOrder", envelope, What::Command(command));
    Ok(Intent { order_ref: request.order_ref, ..intent })
}

/// What became of an order.
pub fn record_order_outcome(request: v1::RecordOrderOutcomeRequest) -> Result<Intent, Violations> {
    let v1::RecordOrderOutcomeRequest {
        partner_id,
        customer_id,
        reseller_id,
        order_ref,
        transaction,
        product_family,
        outcome,
        occurred_at,
        decision_position,
        request_id,
        with_proof,
    } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(&partner_id, &customer_id);
    let partner = parties.as_ref().map(|it| it.partner.clone()).map_err(|bad| *bad);
    let reseller = fields.optional_reseller(&partner, reseller_id.as_deref());
    let order_ref = fields.required("order_ref", &order_ref, |text| order_ref_of(text).map(str::to_owned));
    let transaction = fields.required_enum::<v1::TransactionKind>("transaction", transaction);
    let product_family = fields.product_family(product_family.as_deref());
    let outcome = fields.required_enum::<v1::OrderOutcome>("outcome", outcome);
    let occurred_at = fields.required_instant("occurred_at", occurred_at.as_ref());
    let decision = match decision_position {
        Some(0) => fields.bad("decision_position", "must be a position of the log; the first is 1"),
        position => Ok(Fields::position(position)),
    };
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    fields.finish(|| {
        let command = Command::RecordOrderOutcome {
            parties: parties?,
            reseller: reseller?,
            transaction: transaction?,
            product_family: product_family?,
            outcome: outcome?,
            occurred_at: occurred_at?,
            decision: decision?,
        };
        let intent = Intent::new("RecordOrderOutcome", envelope?, What::Command(command));
        Ok(Intent { order_ref: Some(order_ref?), decision_position, ..intent })
    })
}
