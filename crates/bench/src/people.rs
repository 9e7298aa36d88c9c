//! Who stands in a loaded ledger, and when they accept.

pub(crate) use assent_counts::people::{PARTNERS, Random, customer_id, partner_id, partner_of};

/// An instant between January and October 2026, to the microsecond: hardly anybody accepts at the very one of another.
pub(crate) fn accepted_at(random: &mut Random) -> prost_types::Timestamp {
    const JANUARY: i64 = 1_768_000_000;
    const SECONDS: u64 = 23_000_000;
    let micros = random.below(1_000_000) as i32;
    prost_types::Timestamp { seconds: JANUARY + random.below(SECONDS) as i64, nanos: micros * 1_000 }
}
