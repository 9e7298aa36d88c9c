//! The event that opened the inquiry says what was asked; `inquiry.json` must say the same.

use assent_domain::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored;
use bytes::Bytes;

use super::findings::Findings;
use crate::disclosure::{Item, ItemKind, Shown};
use crate::entry::Entry;
use crate::inquiry::Inquiry;

const INQUIRY: &str = "data/inquiry.json";

/// What is known of the opening event.
#[derive(Debug, Default)]
pub(super) struct Opening {
    pub(super) is_there: bool,
    /// Whether the purpose in `inquiry.json` was held against the sealed one.
    pub(super) purpose_is_proven: bool,
}

impl Opening {
    /// Looks at an event; only at the opening one there is something to see.
    pub(super) fn look(
        &mut self,
        inquiry: &Inquiry,
        entry: &Entry,
        items: &[Item<'_>],
        findings: &mut Findings,
    ) {
        if entry.position() != inquiry.position {
            return;
        }
        self.is_there = true;
        let mut differs =
            |what: &str| findings.at(INQUIRY, entry.position(), format!("{what} is not what the event says"));
        if !matches!(entry.payload(), Payload::InquiryOpened(_)) {
            return differs("that the inquiry was opened here");
        }
        match stored::read(&entry.event, &None::<Bytes>).map(|it| it.event) {
            Ok(Event::InquiryOpened { scope, with_contacts }) => {
                if scope != inquiry.scope {
                    differs("the scope");
                }
                if with_contacts != inquiry.with_contacts {
                    differs("whether contacts are shown");
                }
            }
            _ => differs("what was asked"),
        }
        if entry.recorded_at != inquiry.requested_at {
            differs("the instant");
        }
        if entry.event.actor.as_ref().is_none_or(|it| it.user_id != inquiry.requested_by) {
            differs("who asked");
        }
        let purpose = items.iter().find(|it| it.kind == ItemKind::Reason);
        if let Some(Shown::Text { text, .. }) = purpose.map(|it| &it.shown) {
            self.purpose_is_proven = *text == inquiry.purpose;
            if !self.purpose_is_proven {
                differs("the purpose");
            }
        }
    }

    pub(super) fn end(&self, findings: &mut Findings) {
        if !self.is_there {
            findings.file(INQUIRY, "the event that opened the inquiry is not in the export");
        }
    }
}
