//! What a caller is told of a refusal: the contract's words, written down a second time.

use std::collections::BTreeMap;

use assent_domain::refusal::{Refusal, Refusals};
use assent_proto::convert::Ids;

use super::calls::Answer;

/// The answer that the first of these refusals is.
pub(super) fn told(Refusals(refusals): &Refusals, ids: Ids) -> Answer {
    let (reason, about) = match refusals.first().expect("a refusal has a reason") {
        Refusal::FieldInvalid { field, description: _ } => {
            ("FIELD_INVALID", vec![("field", (*field).into())])
        }
        Refusal::PartnerUnknown { partner } => ("PARTNER_UNKNOWN", vec![("partner_id", partner.to_string())]),
        Refusal::CustomerUnknown { customer } => {
            ("CUSTOMER_UNKNOWN", vec![("customer_id", customer.to_string())])
        }
        Refusal::RelationshipMissing { partner, customer } => {
            let about = vec![("partner_id", partner.to_string()), ("customer_id", customer.to_string())];
            ("RELATIONSHIP_MISSING", about)
        }
        Refusal::PartnerMustAttest { partner, customer } => {
            let about = vec![("partner_id", partner.to_string()), ("customer_id", customer.to_string())];
            ("PARTNER_MUST_ATTEST", about)
        }
        Refusal::NothingToWithdraw { agreement } => {
            ("NOTHING_TO_WITHDRAW", vec![("agreement_id", agreement.to_string())])
        }
        Refusal::RevisionConflict { expected, actual } => {
            let about = vec![("expected", expected.to_string()), ("actual", actual.to_string())];
            ("REVISION_CONFLICT", about)
        }
        Refusal::AcceptanceAlreadyConfirmed { acceptance, state } => {
            let about = vec![("acceptance_id", ids.text(*acceptance)), ("state", state.to_string())];
            ("ACCEPTANCE_ALREADY_CONFIRMED", about)
        }
        other => panic!("these calls are never refused so: {other:?}"),
    };
    let about = about.into_iter().map(|(key, value)| (key.to_owned(), value));
    Answer::Refused(reason.to_owned(), about.collect::<BTreeMap<_, _>>())
}
