//! The answer of an order, written as its wire bytes.

use std::fmt::{Display, Write as _};

use assent_domain::authorize::{AsOf, Decision, Reason};
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

/// Writes the `AuthorizeOrderResponse` that [`answer::response`] gives, as the generated code encodes it.
pub fn response(answer: &Answer<'_>, out: &mut Vec<u8>) {
    Writer(out).response(answer);
}

/// Writes the same as the result of a `StreamAuthorizeOrdersResponse`.
pub fn streamed(answer: &Answer<'_>, out: &mut Vec<u8>) {
    const RESULT: u8 = 1;
    const RESPONSE: u8 = 1;
    Writer(out).nested::<2>(RESULT, |it| it.nested::<2>(RESPONSE, |it| it.response(answer)));
}

impl Writer<'_> {
    fn response(&mut self, answer: &Answer<'_>) {
        let Answer { decision, as_of, policy_id, policy_version, ids, order_ref } = *answer;
        let Decision { outcome, reasons, remediations, valid_until } = decision;
        let AsOf { prefix, effective_at } = *as_of;
        self.number(1, v1::Decision::from(*outcome) as u64);
        for reason in reasons {
            self.nested::<2>(2, |it| it.reason(reason, ids));
        }
        for remediation in remediations {
            message::encode(3, &answer::remediation(remediation, ids), self.0);
        }
        self.number(4, prefix.0);
        self.text(5, policy_id.text_in(&mut [0; GUID_TEXT_BYTES]));
        self.number(6, policy_version.into());
        self.instant(7, effective_at);
        if let Some(until) = valid_until {
            self.instant(8, *until);
        }
        if let Some(order_ref) = order_ref {
            self.text(9, order_ref);
        }
    }

    fn reason(&mut self, reason: &Reason, ids: &Ids) {
        let Reason { code, agreement, version, acceptance, partner } = reason;
        let room = &mut [0; GUID_TEXT_BYTES];
        self.number(1, v1::ReasonCode::from(*code) as u64);
        self.text(2, code.rule());
        if let Some(agreement) = agreement {
            self.text(3, agreement.text_in(room));
        }
        if let Some(version) = version {
            self.text(4, version.text_in(room));
        }
        if let Some(acceptance) = acceptance {
            self.text(5, ids.text_in(*acceptance, room));
        }
        self.sentence(6, reason);
        if let Some(partner) = partner {
            self.text(7, partner.text_in(room));
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
