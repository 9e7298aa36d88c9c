//! Sealed items that a bag shows in the clear, and how each is held against the box in its entry.

use assent_proto::event::{Contact, Event, SealedBox};
use assent_proto::stored::{boxes, details_of};
use aws_lc_rs::hmac;
use prost::Message as _;
use serde::Deserialize;

use crate::entry::Entry;
use crate::json::{push_hex, push_number, push_string};

/// What an exporter may show of a sealed box of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// Which box.
    pub key_id: [u8; 16],
    /// What became of it.
    pub opened: Opened,
}

/// What became of a box that was to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Its content, and the salt that binds the content to the box's commitment.
    Plain {
        /// 32 bytes.
        salt: [u8; 32],
        /// The plaintext as it was sealed.
        plaintext: Vec<u8>,
    },
    /// Its key was erased: nobody can open it any more.
    Erased,
}

/// What kind of item a box holds. The numbers are those of docs/format.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// 1: who accepted.
    Contact,
    /// 2: the employee behind a shared account.
    Employee,
    /// 3: a reason, note or purpose.
    Reason,
    /// 4: where evidence is kept.
    EvidenceUri,
}

impl ItemKind {
    /// The kind's name in the bag.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Employee => "employee",
            Self::Reason => "reason",
            Self::EvidenceUri => "evidence_uri",
        }
    }
}

/// A box of an event with what is shown of it.
pub(crate) struct Item<'a> {
    pub(crate) kind: ItemKind,
    pub(crate) sealed: &'a SealedBox,
    pub(crate) shown: Shown<'a>,
}

/// What a reader sees of a box.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown<'a> {
    /// Nothing was opened.
    Sealed,
    Erased,
    /// A contact.
    Person {
        salt: &'a [u8; 32],
        plaintext: &'a [u8],
        contact: Contact,
    },
    /// Every other item is a text.
    Text {
        salt: &'a [u8; 32],
        text: &'a str,
    },
}

/// Why a disclosure is not what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotDisclosed {
    #[error("a disclosure belongs to no sealed box of its event")]
    NoBox,
    #[error("a sealed box is disclosed twice")]
    Twice,
    #[error("what is disclosed is not what was sealed: it does not give the box's commitment")]
    Commitment,
    #[error("what is disclosed is no content of such a box")]
    Content,
}

/// The event's boxes in their order, with what is shown of each.
pub(crate) fn items<'a>(
    event: &'a Event,
    disclosures: &'a [Disclosure],
) -> Result<Vec<Item<'a>>, NotDisclosed> {
    let boxes = boxes(event);
    let is_of_event = |it: &Disclosure| boxes.iter().any(|sealed| sealed.key_id.as_ref() == it.key_id);
    if !disclosures.iter().all(is_of_event) {
        return Err(NotDisclosed::NoBox);
    }
    let item = |sealed: &'a SealedBox| {
        let kind = kind_of(event, sealed);
        let mut own = disclosures.iter().filter(|it| sealed.key_id.as_ref() == it.key_id);
        let shown = match (own.next(), own.next()) {
            (None, _) => Shown::Sealed,
            (Some(it), None) => shown(kind, sealed, it)?,
            (Some(_), Some(_)) => return Err(NotDisclosed::Twice),
        };
        Ok(Item { kind, sealed, shown })
    };
    boxes.into_iter().map(item).collect()
}

fn shown<'a>(
    kind: ItemKind,
    sealed: &SealedBox,
    disclosure: &'a Disclosure,
) -> Result<Shown<'a>, NotDisclosed> {
    let Opened::Plain { salt, plaintext } = &disclosure.opened else { return Ok(Shown::Erased) };
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    hmac::verify(&key, plaintext, &sealed.commitment).map_err(|_| NotDisclosed::Commitment)?;
    match kind {
        ItemKind::Contact => {
            let contact = Contact::decode(plaintext.as_slice()).map_err(|_| NotDisclosed::Content)?;
            Ok(Shown::Person { salt, plaintext, contact })
        }
        ItemKind::Employee | ItemKind::Reason | ItemKind::EvidenceUri => {
            let text = std::str::from_utf8(plaintext).map_err(|_| NotDisclosed::Content)?;
            Ok(Shown::Text { salt, text })
        }
    }
}

/// The event's boxes in their order, each with what it holds.
pub fn sealed_items(event: &Event) -> Vec<(ItemKind, &SealedBox)> {
    boxes(event).into_iter().map(|sealed| (kind_of(event, sealed), sealed)).collect()
}

fn kind_of(event: &Event, sealed: &SealedBox) -> ItemKind {
    let is_this = |it: Option<&SealedBox>| it.is_some_and(|it| std::ptr::eq(it, sealed));
    let details = details_of(event);
    let uri = details.and_then(|it| it.evidence.as_ref()).and_then(|it| it.uri.as_ref());
    if is_this(details.and_then(|it| it.contact.as_ref())) {
        ItemKind::Contact
    } else if is_this(uri) {
        ItemKind::EvidenceUri
    } else if is_this(event.actor.as_ref().and_then(|it| it.employee.as_ref())) {
        ItemKind::Employee
    } else {
        ItemKind::Reason
    }
}

/// Writes the line of an item, where there is something to say about it.
pub(crate) fn push_line(out: &mut Vec<u8>, entry: &Entry, item: &Item<'_>) {
    let (salt, plaintext) = match &item.shown {
        Shown::Sealed => return,
        Shown::Erased => (None, None),
        Shown::Person { salt, plaintext, .. } => (Some(*salt), Some(*plaintext)),
        Shown::Text { salt, text } => (Some(*salt), Some(text.as_bytes())),
    };
    out.extend_from_slice(b"{\"position\":");
    push_number(out, entry.position());
    out.extend_from_slice(b",\"item\":");
    push_string(out, item.kind.name());
    out.extend_from_slice(b",\"key_id\":\"");
    push_hex(out, &item.sealed.key_id);
    out.extend_from_slice(b"\",\"commitment\":\"");
    push_hex(out, &item.sealed.commitment);
    out.push(b'"');
    match salt.zip(plaintext) {
        None => out.extend_from_slice(b",\"erased\":true"),
        Some((salt, plaintext)) => {
            out.extend_from_slice(b",\"salt\":\"");
            push_hex(out, salt);
            out.extend_from_slice(b"\",\"plaintext\":\"");
            push_hex(out, plaintext);
            out.extend_from_slice(b"\",\"says\":");
            push_string(out, &said(&item.shown));
        }
    }
    out.extend_from_slice(b"}\n");
}

/// What an opened item says, for people: a contact as `First Last <e-mail> telephone`.
pub(crate) fn said(shown: &Shown<'_>) -> String {
    match shown {
        Shown::Sealed => "sealed".to_owned(),
        Shown::Erased => "erased".to_owned(),
        Shown::Text { text, .. } => (*text).to_owned(),
        Shown::Person { contact, .. } => {
            let Contact { first_name, last_name, email, phone_number } = contact;
            let phone = phone_number.as_ref().map(|it| format!(" {it}")).unwrap_or_default();
            format!("{first_name} {last_name} <{email}>{phone}")
        }
    }
}

/// A line as it was read. What is not named here is checked by making the line again.
#[derive(Debug, Deserialize)]
pub(crate) struct DisclosureLine {
    pub(crate) position: u64,
    key_id: String,
    salt: Option<String>,
    plaintext: Option<String>,
}

impl DisclosureLine {
    /// The disclosure; none where the line is not well formed.
    pub(crate) fn disclosure(&self) -> Option<Disclosure> {
        let key_id = hex::decode(&self.key_id).ok()?.try_into().ok()?;
        let opened = match (&self.salt, &self.plaintext) {
            (None, None) => Opened::Erased,
            (Some(salt), Some(plaintext)) => Opened::Plain {
                salt: hex::decode(salt).ok()?.try_into().ok()?,
                plaintext: hex::decode(plaintext).ok()?,
            },
            (Some(_), None) | (None, Some(_)) => return None,
        };
        Some(Disclosure { key_id, opened })
    }
}
