//! Recorded decisions.

use assent_domain::authorize::{Decision, Order, Reason, Remediation};
use assent_domain::event::EventRef;
use assent_domain::values::{Instant, Position};

use super::Particulars;
use crate::event;
use crate::stored::{StoredEnum, timestamp_of};

pub(super) fn decided(
    order: &Order,
    effective_at: Instant,
    prefix: Position,
    decision: &Decision,
    own: &Particulars,
    id: &dyn Fn(EventRef) -> String,
) -> event::OrderDecided {
    let (policy_id, policy_version) =
        own.policy.as_ref().map(|(id, version)| (id.to_string(), *version)).unwrap_or_default();
    event::OrderDecided {
        order: Some(event::Order {
            partner_id: order.partner.to_string(),
            customer_id: order.customer.to_string(),
            reseller_id: order.reseller.as_ref().map(ToString::to_string),
            transaction: order.transaction.number(),
            channel: order.channel.number(),
            product_family: order.product_family.as_ref().map(ToString::to_string),
            order_ref: own.order_ref.clone(),
        }),
        effective_at: Some(timestamp_of(effective_at)),
        decided_at_position: prefix.0,
        policy_id,
        policy_version,
        decision: decision.outcome.number(),
        reasons: decision.reasons.iter().map(|it| reason(it, id)).collect(),
        remediations: decision.remediations.iter().map(|it| remediation(it, id)).collect(),
        valid_until: decision.valid_until.map(timestamp_of),
    }
}

fn reason(it: &Reason, id: &dyn Fn(EventRef) -> String) -> event::Reason {
    let Reason { code, agreement, version, acceptance, partner } = it;
    event::Reason {
        code: code.number(),
        rule: code.rule().to_owned(),
        agreement_id: agreement.as_ref().map(ToString::to_string),
        version: version.as_ref().map(ToString::to_string),
        acceptance_id: acceptance.map(id),
        partner_id: partner.as_ref().map(ToString::to_string),
    }
}

fn remediation(it: &Remediation, id: &dyn Fn(EventRef) -> String) -> event::Remediation {
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
    } = it;
    event::Remediation {
        action: action.number(),
        by: by.number(),
        call: call.map(|it| it.name().to_owned()),
        partner_id: partner.as_ref().map(ToString::to_string),
        customer_id: customer.as_ref().map(ToString::to_string),
        reseller_id: reseller.as_ref().map(ToString::to_string),
        agreement_id: agreement.as_ref().map(ToString::to_string),
        version: version.as_ref().map(ToString::to_string),
        accepted_from: accepted_from.map(timestamp_of),
        obligation_id: obligation.map(id),
    }
}
