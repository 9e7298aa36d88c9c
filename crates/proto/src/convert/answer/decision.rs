//! What an order is answered.

use std::fmt::{Display, Write as _};

use assent_domain::authorize::{AsOf, Decision, Reason, Remediation};
use assent_domain::values::PolicyId;

use super::{text, timestamp};
use crate::convert::ids::Ids;
use crate::v1;

/// Longer than nearly every sentence: its text is allocated once.
const SENTENCE_BYTES: usize = 160;

/// The decision with what it rests on: the prefix, the instant, the policy. What is the caller's own (`order_ref`)
/// and what concerns recording is left to who answers.
pub fn response(
    decision: &Decision,
    as_of: &AsOf,
    policy_id: &PolicyId,
    policy_version: u32,
    ids: &Ids,
) -> v1::AuthorizeOrderResponse {
    let Decision { outcome, reasons, remediations, valid_until } = decision;
    let AsOf { prefix, effective_at } = *as_of;
    v1::AuthorizeOrderResponse {
        decision: v1::Decision::from(*outcome) as i32,
        reasons: reasons.iter().map(|it| reason(it, ids)).collect(),
        remediations: remediations.iter().map(|it| remediation(it, ids)).collect(),
        position: prefix.0,
        policy_id: policy_id.text(),
        policy_version,
        evaluated_at: Some(timestamp(effective_at)),
        valid_until: valid_until.map(timestamp),
        order_ref: None,
        recorded_position: None,
        receipt: None,
        proof_pending: None,
        replayed: false,
    }
}

/// Why.
pub fn reason(reason: &Reason, ids: &Ids) -> v1::Reason {
    let message = sentence(reason);
    let Reason { code, agreement, version, acceptance, partner } = reason;
    v1::Reason {
        code: v1::ReasonCode::from(*code) as i32,
        rule: code.rule().to_owned(),
        agreement_id: agreement.as_ref().map(|it| it.text()),
        version: version.as_ref().map(|it| it.text()),
        acceptance_id: acceptance.map(|it| ids.text(it)),
        message,
        partner_id: text(partner.as_ref()),
    }
}

/// What to do.
pub fn remediation(remediation: &Remediation, ids: &Ids) -> v1::Remediation {
    let message = sentence(remediation);
    let Remediation {
        action,
        by,
        call,
        partner,
        customer,
        reseller,
        agreement,
        version,
        accepted_from,
        obligation,
    } = remediation;
    v1::Remediation {
        action: v1::RemediationAction::from(*action) as i32,
        by: v1::Party::from(*by) as i32,
        call: call.map(|it| it.name().to_owned()),
        partner_id: text(partner.as_ref()),
        customer_id: text(customer.as_ref()),
        reseller_id: text(reseller.as_ref()),
        agreement_id: agreement.as_ref().map(|it| it.text()),
        version: version.as_ref().map(|it| it.text()),
        accepted_from: accepted_from.map(timestamp),
        message,
        obligation_id: obligation.map(|it| ids.text(it)),
    }
}

fn sentence(it: &impl Display) -> String {
    let mut text = String::with_capacity(SENTENCE_BYTES);
    write!(text, "{it}").expect("a text grows");
    text
}
