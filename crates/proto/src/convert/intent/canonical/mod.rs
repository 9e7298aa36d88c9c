//! The form of an intent whose keyed hash is stored beside its request id, for ever.
//!
//! One byte for the edition, then each value that was given: its tag (one byte), its length in bytes (four, the
//! highest first), and the value. A value that was not given leaves no trace. Texts are UTF-8, members of a closed
//! set are their names in the contract, instants are microseconds since 1970 in eight bytes, ids of events and
//! hashes are their bytes, and a list is the same tag again and again. Tags are never used for anything else, and a
//! field that comes later takes a new one: then every request without it keeps its form.

mod commands;
mod tag;
mod values;

use assent_domain::values::Instant;

use self::tag::Tag;
use super::Intent;

const EDITION: u8 = 1;

/// Writes the form of an intent.
pub(super) fn write(intent: &Intent) -> Vec<u8> {
    let Intent {
        method,
        request_id: _,
        with_proof: _,
        expected_revision: _,
        what,
        employee,
        reason,
        order_ref,
        decision_position,
        document: _, // Its hash stands in the command.
        validate_only,
        scenario,
    } = intent;
    let mut form = Form(vec![EDITION]);
    form.text(Tag::Method, method);
    form.what(what);
    form.optional(employee, |form, it| form.text(Tag::Employee, it.as_str()));
    form.optional(reason, |form, it| form.text(Tag::Reason, it));
    form.optional(order_ref, |form, it| form.text(Tag::OrderRef, it));
    form.optional(decision_position, |form, it| form.put(Tag::DecisionPosition, &it.to_be_bytes()));
    form.flag(Tag::ValidateOnly, *validate_only);
    form.optional(scenario, |form, it| form.text(Tag::Scenario, it.name()));
    form.0
}

/// The form written so far.
struct Form(Vec<u8>);

impl Form {
    fn put(&mut self, tag: Tag, value: &[u8]) {
        let length = u32::try_from(value.len()).expect("a message has fewer than 2^32 bytes");
        self.0.push(tag as u8);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
    }

    fn text(&mut self, tag: Tag, value: &str) {
        self.put(tag, value.as_bytes());
    }

    fn shown(&mut self, tag: Tag, value: &impl ToString) {
        self.text(tag, &value.to_string());
    }

    fn instant(&mut self, tag: Tag, at: Instant) {
        self.put(tag, &at.micros().to_be_bytes());
    }

    /// A flag that is not set is as good as absent.
    fn flag(&mut self, tag: Tag, set: bool) {
        if set {
            self.put(tag, &[1]);
        }
    }

    fn optional<T>(&mut self, value: &Option<T>, write: impl FnOnce(&mut Self, &T)) {
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// A group of values that belong together.
    fn group(&mut self, tag: Tag, write: impl FnOnce(&mut Self)) {
        let mut inner = Self(Vec::new());
        write(&mut inner);
        self.put(tag, &inner.0);
    }
}
