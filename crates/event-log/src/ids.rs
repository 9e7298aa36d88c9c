//! Ids made by the ledger: UUIDv7, from which the position can be read back. The layout is for ever.

use uuid::Uuid;

/// The number of positions a ledger can have, plus one: positions take the low 40 bits of an id.
pub const POSITIONS_END: u64 = 1 << POSITION_BITS;

const POSITION_BITS: u32 = 40;
/// The bits of the tag beside the position; the other 12 stand in the upper half, below the version.
const TAG_LOW_BITS: u32 = 22;
const TAG_BITS: u32 = 34;
const VERSION_7: u64 = 0x7000;
const VARIANT_RFC: u64 = 0b10 << 62;

/// The random number of a ledger that all its ids carry, below 2^34.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LedgerTag(u64);

impl LedgerTag {
    /// A tag as it was stored; none where the value has more than 34 bits.
    pub fn new(value: u64) -> Option<Self> {
        (value >> TAG_BITS == 0).then_some(Self(value))
    }

    /// Makes a tag of the low 34 bits of something random.
    pub fn from_random(bits: u64) -> Self {
        Self(bits & ((1 << TAG_BITS) - 1))
    }

    /// The tag as a number below 2^34.
    pub fn value(self) -> u64 {
        self.0
    }
}

/// The id of the event at `position`: UUIDv7 whose time is `recorded_at`, in whole milliseconds.
///
/// `position` is below [`POSITIONS_END`] and the instant is not before 1970; [`crate::EventLog::append`]
/// refuses everything else.
pub fn event_id(recorded_at_micros: i64, position: u64, tag: LedgerTag) -> Uuid {
    debug_assert!(position < POSITIONS_END, "a position has 40 bits");
    let unix_ms = u64::try_from(recorded_at_micros / 1000).unwrap_or(0);
    let high = (unix_ms << 16) | VERSION_7 | (tag.0 >> TAG_LOW_BITS);
    let tag_low = tag.0 & ((1 << TAG_LOW_BITS) - 1);
    Uuid::from_u64_pair(high, VARIANT_RFC | (tag_low << POSITION_BITS) | position)
}

/// The position of the event that an id names, if the id can be one of this ledger's.
///
/// It says where to look, not that something is there: compare the id with the one stored at the position.
pub fn position_of(id: Uuid, tag: LedgerTag) -> Option<u64> {
    let (high, low) = id.as_u64_pair();
    let id_tag = ((high & 0xfff) << TAG_LOW_BITS) | ((low >> POSITION_BITS) & ((1 << TAG_LOW_BITS) - 1));
    let is_of_ledger = high & 0xf000 == VERSION_7 && low >> 62 == VARIANT_RFC >> 62 && id_tag == tag.0;
    let position = low & (POSITIONS_END - 1);
    (is_of_ledger && position > 0).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_of_an_id_is_for_ever() {
        let tag = LedgerTag::new(0x2_5a5a_5a5a).unwrap();
        let id = event_id(1_700_000_000_123_456, 0x12_3456_789a, tag);
        assert_eq!(id.to_string(), "018bcfe5-687b-7969-9a5a-5a123456789a");
        assert!(include_str!("../../../docs/format.md").contains(&id.to_string()));
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(position_of(id, tag), Some(0x12_3456_789a));
    }

    #[test]
    fn an_id_of_another_ledger_or_version_has_no_position() {
        let tag = LedgerTag::from_random(u64::MAX);
        let id = event_id(0, 1, tag);
        assert_eq!(position_of(id, LedgerTag::from_random(u64::MAX - 1)), None);
        assert_eq!(position_of(id, LedgerTag::from_random(u64::MAX >> 31)), None);
        let version_4 = Uuid::from_u128(id.as_u128() ^ (0x3000 << 64));
        assert_eq!(position_of(version_4, tag), None);
        let other_variant = Uuid::from_u128(id.as_u128() | (1 << 62));
        assert_eq!(position_of(other_variant, tag), None);
        assert_eq!(position_of(event_id(0, 0, tag), tag), None);
    }

    #[test]
    fn a_tag_has_at_most_34_bits() {
        assert_eq!(LedgerTag::new(1 << 34), None);
        assert_eq!(LedgerTag::from_random(1 << 34).value(), 0);
        assert_eq!(LedgerTag::new((1 << 34) - 1), Some(LedgerTag::from_random(u64::MAX)));
    }
}
