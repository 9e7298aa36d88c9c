//! Ids of requests and of events. An event's id is a UUIDv7 that tells where in the log the event stands.

use std::fmt;

use assent_domain::event::EventRef;
use assent_domain::values::{GUID_TEXT_BYTES, Position, guid_text, write_guid};
use uuid::Uuid;

const POSITION_BITS: u32 = 40;
/// The bits of the tag beside the position; the other 12 stand in the upper half, below the version.
const TAG_LOW_BITS: u32 = 22;
const TAG_BITS: u32 = 34;
const VERSION_7: u64 = 0x7000;
const VARIANT_RFC: u64 = 0b10 << 62;

/// A text that is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUuid;

impl fmt::Display for InvalidUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a UUID such as 018bcfe5-687b-7969-9a5a-5a123456789a")
    }
}

impl std::error::Error for InvalidUuid {}

macro_rules! uuids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Parses any text of a UUID, in either case.
            pub fn parse(text: &str) -> Result<Self, InvalidUuid> {
                Uuid::try_parse(text).map(|it| Self(it.into_bytes())).map_err(|_| InvalidUuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_bytes(self.0).hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

uuids! {
    /// Names an event: acceptances, evidence, withdrawals and obligations have the id of the event that made them.
    EventId;
    /// Names a request, so that sending it again carries it out only once.
    RequestId;
}

/// The ids that a ledger makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ids {
    /// The 34 random bits that every id of the ledger carries; higher bits are left out.
    pub tag: u64,
}

impl Ids {
    /// The id of an event. The layout is for ever: the log stamps the same (`assent_event_log::event_id`).
    pub fn id(&self, event: EventRef) -> EventId {
        EventId(self.number(event).to_be_bytes())
    }

    fn number(&self, event: EventRef) -> u128 {
        let EventRef { position, recorded_at } = event;
        let unix_ms = u64::try_from(recorded_at.micros() / 1_000).unwrap_or(0);
        let tag = self.tag & ((1 << TAG_BITS) - 1);
        let high = (unix_ms << 16) | VERSION_7 | (tag >> TAG_LOW_BITS);
        let tag_low = tag & ((1 << TAG_LOW_BITS) - 1);
        let position = position.0 & ((1 << POSITION_BITS) - 1);
        let low = VARIANT_RFC | (tag_low << POSITION_BITS) | position;
        u128::from(high) << 64 | u128::from(low)
    }

    /// The text of an event's id.
    pub fn text(&self, event: EventRef) -> String {
        self.text_in(event, &mut [0; GUID_TEXT_BYTES]).to_owned()
    }

    /// The same, written into the room.
    pub fn text_in<'a>(&self, event: EventRef, room: &'a mut [u8; GUID_TEXT_BYTES]) -> &'a str {
        guid_text(self.number(event), room)
    }

    /// The same, where nobody has to be shown that it is a text.
    pub fn write(&self, event: EventRef, room: &mut [u8; GUID_TEXT_BYTES]) {
        write_guid(self.number(event), room);
    }

    /// Where the event of this id stands, if the id can be one of this ledger's. It says where to look, not that
    /// something is there: compare the id with the one stored at the position.
    pub fn position_of(&self, id: EventId) -> Option<Position> {
        let (high, low) = Uuid::from_bytes(id.0).as_u64_pair();
        let tag = ((high & 0xfff) << TAG_LOW_BITS) | ((low >> POSITION_BITS) & ((1 << TAG_LOW_BITS) - 1));
        let is_of_ledger = high & 0xf000 == VERSION_7
            && low >> 62 == VARIANT_RFC >> 62
            && tag == self.tag & ((1 << TAG_BITS) - 1);
        let position = low & ((1 << POSITION_BITS) - 1);
        (is_of_ledger && position > 0).then_some(Position(position))
    }
}
