//! `assent.v1.RecordedEvent`, written by hand so that the stored bytes are passed on, never encoded again.

use bytes::{Buf, BufMut, Bytes};
use prost::encoding::{DecodeContext, WireType, bytes as bytes_field};
use prost::{DecodeError, Message};

use crate::event::Event;

const ENTRY: u32 = 3001;
const LEAF_HASH: u32 = 3002;

/// An event as readers get it: the stored event's fields, the entry itself, and its leaf hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordedEvent {
    fields: Fields,
    /// The event exactly as stored and hashed.
    pub entry: Bytes,
    /// SHA-256(0x00 || entry); empty where only the entry was asked for.
    pub leaf_hash: Bytes,
}

/// Where the decoded fields come from.
#[derive(Clone, Debug, Default, PartialEq)]
enum Fields {
    /// There are none: only the entry was asked for.
    #[default]
    None,
    /// They are the entry's own bytes (sending).
    Entry,
    /// They were read from the wire (receiving).
    Decoded(Box<Event>),
}

impl RecordedEvent {
    /// An event to send: the entry's bytes stand for its fields.
    pub const fn stored(entry: Bytes, leaf_hash: Bytes) -> Self {
        Self { fields: Fields::Entry, entry, leaf_hash }
    }

    /// An event to send without its decoded fields.
    pub const fn entry_only(entry: Bytes) -> Self {
        Self { fields: Fields::None, entry, leaf_hash: Bytes::new() }
    }

    /// The event, decoded from the entry.
    pub fn event(&self) -> Result<Event, DecodeError> {
        match &self.fields {
            Fields::Decoded(event) => Ok(event.as_ref().clone()),
            Fields::None | Fields::Entry => Event::decode(self.entry.clone()),
        }
    }
}

impl Message for RecordedEvent {
    fn encode_raw(&self, buf: &mut impl BufMut) {
        match &self.fields {
            Fields::None => {}
            Fields::Entry => buf.put_slice(&self.entry),
            Fields::Decoded(event) => event.encode_raw(buf),
        }
        if !self.entry.is_empty() {
            bytes_field::encode(ENTRY, &self.entry, buf);
        }
        if !self.leaf_hash.is_empty() {
            bytes_field::encode(LEAF_HASH, &self.leaf_hash, buf);
        }
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            ENTRY => bytes_field::merge(wire_type, &mut self.entry, buf, ctx),
            LEAF_HASH => bytes_field::merge(wire_type, &mut self.leaf_hash, buf, ctx),
            _ => {
                if !matches!(self.fields, Fields::Decoded(_)) {
                    self.fields = Fields::Decoded(Box::default());
                }
                let Fields::Decoded(event) = &mut self.fields else { return Ok(()) };
                event.merge_field(tag, wire_type, buf, ctx)
            }
        }
    }

    fn encoded_len(&self) -> usize {
        let fields = match &self.fields {
            Fields::None => 0,
            Fields::Entry => self.entry.len(),
            Fields::Decoded(event) => event.encoded_len(),
        };
        let field = |tag, it: &Bytes| if it.is_empty() { 0 } else { bytes_field::encoded_len(tag, it) };
        fields + field(ENTRY, &self.entry) + field(LEAF_HASH, &self.leaf_hash)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_encoding_is_the_entry_followed_by_the_entry_field_and_the_leaf_hash() {
        let event = Event { stream: "ledger".to_owned(), position: 1, ..Default::default() };
        let entry = Bytes::from(event.encode_to_vec());
        let sent = RecordedEvent::stored(entry.clone(), Bytes::from_static(&[7; 32])).encode_to_vec();
        assert!(sent.starts_with(&entry));
        let received = RecordedEvent::decode(sent.as_slice()).unwrap();
        assert_eq!(received.event().unwrap(), event);
        assert_eq!((received.entry.clone(), received.leaf_hash.len()), (entry, 32));
        assert_eq!(received.encode_to_vec(), sent);
    }
}
