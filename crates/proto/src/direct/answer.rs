//! The answer of an order, written as its wire bytes.

use std::fmt::{Display, Write as _};

use assent_domain::authorize::{AsOf, Decision, Outcome, Reason};
use assent_domain::values::{GUID_TEXT_BYTES, Instant, PolicyId};
use prost::encoding::message;

use super::writer::Writer;
use crate::convert::{Ids, answer};
use crate::v1;

/// A decision with what it rests on, and what the answer echoes.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// What was decided.
    pub decision: &'a Decision,
    /// As of when.
    pub as_of: &'a AsOf,
    /// The policy that governed.
    pub policy_id: &'a PolicyId,
    /// Its version.
    pub policy_version: u32,
    /// The ids that the ledger makes.
    pub ids: &'a Ids,
    /// As asked.
    pub order_ref: Option<&'a str>,
}

/// The fields that are named in several places.
pub(super) const REASON: u8 = 2;
pub(super) const ACCEPTANCE: u8 = 5;
pub(super) const ORDER_REF: u8 = 9;
/// The fields around a response in a `StreamAuthorizeOrdersResponse`.
pub(super) const RESULT: u8 = 1;
pub(super) const RESPONSE: u8 = 1;

/// Writes the `AuthorizeOrderResponse` that [`answer::response`] gives, as the generated code encodes it.
pub fn response(answer: &Answer<'_>, out: &mut Vec<u8>) {
    Writer(out).response(answer);
}

/// Writes the same as the result of a `StreamAuthorizeOrdersResponse`.
pub fn streamed(answer: &Answer<'_>, out: &mut Vec<u8>) {
    Writer(out).nested::<2>(RESULT, |it| it.nested::<2>(RESPONSE, |it| it.response(answer)));
}

impl Writer<'_> {
    fn response(&mut self, answer: &Answer<'_>) {
        let Decision { outcome, reasons, remediations, valid_until: _ } = answer.decision;
        self.outcome(*outcome);
        for reason in reasons {
            self.nested::<2>(REASON, |it| it.reason(reason, answer.ids));
        }
        for remediation in remediations {
            message::encode(3, &answer::remediation(remediation, answer.ids), self.0);
        }
        self.basis(answer);
        if let Some(order_ref) = answer.order_ref {
            self.text(ORDER_REF, order_ref);
        }
    }

    pub(super) fn outcome(&mut self, outcome: Outcome) {
        self.number(1, v1::Decision::from(outcome) as u64);
    }

    /// What the decision rests on, beside its reasons.
    pub(super) fn basis(&mut self, answer: &Answer<'_>) {
        let AsOf { prefix, effective_at } = *answer.as_of;
        self.number(4, prefix.0);
        self.text(5, answer.policy_id.text_in(&mut [0; GUID_TEXT_BYTES]));
        self.number(6, answer.policy_version.into());
        self.instant(7, effective_at);
        if let Some(until) = answer.decision.valid_until {
            self.instant(8, until);
        }
    }

    fn reason(&mut self, reason: &Reason, ids: &Ids) {
        self.before_acceptance(reason);
        if let Some(acceptance) = reason.acceptance {
            let mut id = [0; GUID_TEXT_BYTES];
            ids.write(acceptance, &mut id);
            self.bytes(ACCEPTANCE, &id);
        }
        self.behind_acceptance(reason);
    }

    /// The fields of a reason before that of the acceptance.
    pub(super) fn before_acceptance(&mut self, reason: &Reason) {
        let room = &mut [0; GUID_TEXT_BYTES];
        self.number(1, v1::ReasonCode::from(reason.code) as u64);
        self.text(2, reason.code.rule());
        if let Some(agreement) = &reason.agreement {
            self.text(3, agreement.text_in(room));
        }
        if let Some(version) = &reason.version {
            self.text(4, version.text_in(room));
        }
    }

    /// Those behind it.
    pub(super) fn behind_acceptance(&mut self, reason: &Reason) {
        self.sentence(6, reason);
        if let Some(partner) = &reason.partner {
            self.text(7, partner.text_in(&mut [0; GUID_TEXT_BYTES]));
        }
    }

    fn sentence(&mut self, field: u8, it: &impl Display) {
        self.nested::<1>(field, |text| write!(text, "{it}").expect("a list of bytes grows"));
    }

    /// A `google.protobuf.Timestamp`.
    fn instant(&mut self, field: u8, at: Instant) {
        const SECONDS: u8 = 1;
        const NANOS: u8 = 2;
        let (seconds, nanos) = at.seconds_nanos();
        self.nested::<1>(field, |it| {
            it.number(SECONDS, seconds as u64);
            it.number(NANOS, nanos as u64);
        });
    }
}
