//! Answers that are the same but for the acceptance that they rest on and the caller's own name of the order: written once, and
//! copied for each order that is answered so.

use assent_domain::authorize::Decision;
use assent_domain::event::EventRef;
use assent_domain::values::GUID_TEXT_BYTES;

use super::answer::{ACCEPTANCE, Answer, ORDER_REF, REASON, RESPONSE, RESULT};
use super::reader::{BYTES, key};
use super::writer::{Writer, varint_bytes};
use crate::convert::Ids;

/// An answer that stands for many.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// An `AuthorizeOrderResponse` without the order's name, which is the last field of those here.
    response: Vec<u8>,
    /// Where in it the acceptance's id stands.
    acceptance_at: Option<usize>,
}

impl Repeated {
    /// An answer with one reason and no remedies; none where it has others.
    pub fn of(answer: &Answer<'_>) -> Option<Self> {
        let Decision { outcome, reasons, remediations, valid_until: _ } = answer.decision;
        let ([reason], []) = (reasons.as_slice(), remediations.as_slice()) else { return None };
        let (mut before, mut behind) = (Vec::new(), Vec::new());
        Writer(&mut before).before_acceptance(reason);
        if reason.acceptance.is_some() {
            before.extend([key(ACCEPTANCE, BYTES), GUID_TEXT_BYTES as u8]);
        }
        Writer(&mut behind).behind_acceptance(reason);
        let acceptance = reason.acceptance.map_or(0, |_| GUID_TEXT_BYTES);
        let mut response = Vec::new();
        let mut writer = Writer(&mut response);
        writer.outcome(*outcome);
        writer.length(REASON, before.len() + acceptance + behind.len());
        response.extend(before);
        let acceptance_at = reason.acceptance.map(|_| response.len());
        response.resize(response.len() + acceptance, 0);
        response.extend(behind);
        Writer(&mut response).basis(answer);
        Some(Self { response, acceptance_at })
    }

    /// Writes what [`super::streamed`] does of the same answer about another order, that rests on this acceptance.
    ///
    /// # Panics
    ///
    /// Where this answer rests on an acceptance, and the other on none.
    pub fn streamed(
        &self,
        acceptance: Option<EventRef>,
        ids: &Ids,
        order_ref: Option<&str>,
        out: &mut Vec<u8>,
    ) {
        let field_bytes = |length: usize| 1 + varint_bytes(length as u64) + length;
        let response_bytes = self.response.len() + order_ref.map_or(0, |it| field_bytes(it.len()));
        let mut writer = Writer(out);
        writer.length(RESULT, field_bytes(response_bytes));
        writer.length(RESPONSE, response_bytes);
        let at = out.len();
        out.extend_from_slice(&self.response);
        if let Some(within) = self.acceptance_at {
            let acceptance = acceptance.expect("an answer for the same reason rests on an acceptance, too");
            let room = out[at + within..].first_chunk_mut().expect("room was left for a GUID");
            ids.write(acceptance, room);
        }
        if let Some(order_ref) = order_ref {
            Writer(out).text(ORDER_REF, order_ref);
        }
    }
}
