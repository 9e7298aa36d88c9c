//! The stamp: what the log itself adds to an entry, as the last fields of the same protobuf message.
//!
//! Protobuf lets two encodings of one message be concatenated, so the body is encoded before the log's lock is
//! taken and never again. Field numbers, order and encoding are for ever; `docs/format.md` shows the bytes.

use bytes::{Bytes, BytesMut};
use prost::Message;

use crate::ids::{LedgerTag, event_id};

/// The most bytes an entry may have, body and stamp together: C2SP `tlog-tiles` gives its length 16 bits.
pub const ENTRY_BYTES_MAX: usize = 65_535;
/// The most bytes a stamp can have. A body that leaves this much room always fits.
pub const STAMP_BYTES_MAX: usize = 128;

/// The previous positions that an entry names, so that nothing can be left out of a chain unseen.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Links {
    /// The previous entry of the entry's stream.
    #[prost(uint64, optional, tag = "1")]
    pub stream: Option<u64>,
    /// The previous entry about the same customer.
    #[prost(uint64, optional, tag = "2")]
    pub customer: Option<u64>,
    /// The previous entry about the same partner, as a partner or as a reseller.
    #[prost(uint64, optional, tag = "3")]
    pub partner: Option<u64>,
    /// The previous entry about the same agreement.
    #[prost(uint64, optional, tag = "4")]
    pub agreement: Option<u64>,
    /// The previous entry about this entry's reseller, as a partner or as a reseller.
    #[prost(uint64, optional, tag = "5")]
    pub reseller: Option<u64>,
}

impl Links {
    /// Every position that is named.
    pub(crate) fn positions(self) -> impl Iterator<Item = u64> {
        let Self { stream, customer, partner, agreement, reseller } = self;
        [stream, customer, partner, agreement, reseller].into_iter().flatten()
    }
}

/// What one append stamps on all its entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamper {
    pub(crate) recorded_at: i64,
    pub(crate) tag: LedgerTag,
}

impl Stamper {
    /// Makes the entry at `position`: the body's bytes followed by the stamp's.
    pub(crate) fn entry(self, body: &[u8], position: u64, revision: u64, links: Links) -> Bytes {
        let stamp = Stamp {
            position,
            revision,
            recorded_at: Some(Timestamp::from_micros(self.recorded_at)),
            event_id: event_id(self.recorded_at, position, self.tag).to_string(),
            links: Some(links),
        };
        let mut entry = BytesMut::with_capacity(body.len() + stamp.encoded_len());
        entry.extend_from_slice(body);
        stamp.encode(&mut entry).expect("the buffer grows as it must");
        entry.freeze()
    }
}

/// Field numbers above 2000 are the log's own in every stored message.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Stamp {
    #[prost(uint64, tag = "2001")]
    position: u64,
    #[prost(uint64, tag = "2002")]
    revision: u64,
    #[prost(message, optional, tag = "2003")]
    recorded_at: Option<Timestamp>,
    #[prost(string, tag = "2004")]
    event_id: String,
    #[prost(message, optional, tag = "2005")]
    links: Option<Links>,
}

impl Stamp {
    /// The position and the instant, in microseconds, that an entry says of itself.
    pub(crate) fn read(entry: &[u8]) -> Option<(u64, Option<i64>)> {
        let stamp = Self::decode(entry).ok()?;
        let micros =
            |it: Timestamp| it.seconds.checked_mul(1_000_000)?.checked_add(i64::from(it.nanos / 1000));
        Some((stamp.position, stamp.recorded_at.and_then(micros)))
    }
}

/// `google.protobuf.Timestamp`, field for field.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
struct Timestamp {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

impl Timestamp {
    fn from_micros(micros: i64) -> Self {
        let nanos =
            i32::try_from(micros.rem_euclid(1_000_000) * 1000).expect("less than a second fits 32 bits");
        Self { seconds: micros.div_euclid(1_000_000), nanos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"\x0a\x05hello";
    const FORMAT: &str = include_str!("../../../docs/format.md");

    /// Checks an entry, field by field, and that the document shows the same.
    fn check(entry: &[u8], golden: &[&str], leaf_hash: &str) {
        assert_eq!(hex(entry), golden.concat());
        assert_eq!(hex(&assent_evidence::leaf_hash(entry)), leaf_hash);
        assert!(golden.iter().all(|field| FORMAT.contains(&format!("\n{field}"))));
        assert!(FORMAT.contains(leaf_hash));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_bytes_of_an_entry_are_for_ever() {
        let stamper =
            Stamper { recorded_at: 1_700_000_000_123_456, tag: LedgerTag::from_random(0x2_5a5a_5a5a) };
        let links = Links { stream: Some(299), partner: Some(7), ..Links::default() };
        let entry = stamper.entry(BODY, 300, 2, links);
        let golden = [
            "0a0568656c6c6f",
            "887dac02",
            "907d02",
            "9a7d0b0880e2cfaa06108094ef3a",
            "a27d2430313862636665352d363837622d373936392d396135612d356130303030303030313263",
            "aa7d0508ab021807",
        ];
        let leaf_hash = "fdd26d2e60b3ebe8acf932beafec596b409b59c8d3438b23325a12c217fd89f7";
        check(&entry, &golden, leaf_hash);
    }

    #[test]
    fn zeros_are_left_out_but_empty_links_are_not() {
        let stamper =
            Stamper { recorded_at: 1_700_000_000_000_000, tag: LedgerTag::from_random(0x2_5a5a_5a5a) };
        let entry = stamper.entry(BODY, 1, 0, Links::default());
        let golden = [
            "0a0568656c6c6f",
            "887d01",
            "9a7d060880e2cfaa06",
            "a27d2430313862636665352d363830302d373936392d396135612d356130303030303030303031",
            "aa7d00",
        ];
        let leaf_hash = "ca239837c278e032643a2a6cd230d3902edb1726cc3d807a4ce11361301f953e";
        check(&entry, &golden, leaf_hash);
    }

    #[test]
    fn a_reseller_is_the_fifth_link() {
        let stamper =
            Stamper { recorded_at: 1_700_000_000_123_456, tag: LedgerTag::from_random(0x2_5a5a_5a5a) };
        let links = Links { stream: Some(299), partner: Some(7), reseller: Some(12), ..Links::default() };
        let entry = stamper.entry(BODY, 300, 2, links);
        let golden = [
            "0a0568656c6c6f",
            "887dac02",
            "907d02",
            "9a7d0b0880e2cfaa06108094ef3a",
            "a27d2430313862636665352d363837622d373936392d396135612d356130303030303030313263",
            "aa7d0708ab021807280c",
        ];
        let leaf_hash = "a1e554bec8948eb5dfd019c45e1bed0c6930ad0275b598ed9296a1a1de8246de";
        check(&entry, &golden, leaf_hash);
    }

    #[test]
    fn the_largest_stamp_has_room() {
        let stamper = Stamper { recorded_at: 253_402_300_799_999_999, tag: LedgerTag::from_random(u64::MAX) };
        let last = Some(crate::POSITIONS_END - 1);
        let links = Links { stream: last, customer: last, partner: last, agreement: last, reseller: last };
        let stamp = stamper.entry(&[], crate::POSITIONS_END - 1, u64::MAX, links);
        assert!(stamp.len() <= STAMP_BYTES_MAX, "{} bytes", stamp.len());
    }
}
