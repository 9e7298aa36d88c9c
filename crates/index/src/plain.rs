//! What nearly every customer and relationship is, in a few bits; one that is more is no plain one.
//!
//! A plain customer is as it was registered. A plain relationship has at most one acceptance that nothing was said about
//! since, and was never ended. Whatever does not fit into its bits (an instant beyond the year 2500, a stream of many
//! thousand events) is not plain either, so that nothing is ever cut.

use assent_domain::acceptance::{AcceptanceFact, Relationship};
use assent_domain::catalog::{AgreementIndex, VersionIndex};
use assent_domain::directory::{Customer, CustomerFacts, StreamHead};
use assent_domain::event::EventRef;
use assent_domain::history::History;
use assent_domain::values::{Cloud, Country, Instant, Method, Position};

use crate::bits::{Packer, Unpacker, replace};

/// Positions are below 2^40 for ever (docs/format.md).
const POSITION: usize = 40;
/// Microseconds up to the year 2540.
const INSTANT: usize = 54;
/// Milliseconds as far.
const MILLIS: usize = 44;
const COUNTRY: usize = 10;
const CLOUD: usize = 2;
const METHOD: usize = 2;
const AGREEMENT: usize = 10;
const VERSION: usize = 12;
/// How many events the stream of a plain customer, of a plain relationship and of its orders has.
const CUSTOMER_REVISION: usize = 8;
const REVISION: usize = 12;
const ORDERS_REVISION: usize = 16;

/// What a plain customer takes.
pub(crate) const CUSTOMER_BITS: usize =
    1 + POSITION + COUNTRY + CLOUD + 1 + (1 + INSTANT) + (POSITION + CUSTOMER_REVISION) + POSITION;
/// What a plain relationship takes, without the instant of its first purchase.
pub(crate) const RELATIONSHIP_BITS: usize = (2 + POSITION)
    + (POSITION + REVISION)
    + (POSITION + ORDERS_REVISION)
    + (1 + POSITION + MILLIS + 2 * INSTANT + AGREEMENT + VERSION + METHOD + 1);
/// What the instant of a first purchase takes.
pub(crate) const PURCHASE_BITS: usize = 1 + INSTANT;

/// A stream's head among the bits of what is plain: behind so many of them, with so many for the revision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadPlace {
    at: usize,
    revision: usize,
}

/// Of a customer's own stream.
pub(crate) const CUSTOMER_HEAD: HeadPlace =
    HeadPlace { at: 1 + POSITION + COUNTRY + CLOUD + 1 + PURCHASE_BITS, revision: CUSTOMER_REVISION };
/// Of a relationship's stream, and of that of its orders.
pub(crate) const HEAD: HeadPlace = HeadPlace { at: 2 + POSITION, revision: REVISION };
pub(crate) const ORDERS_HEAD: HeadPlace =
    HeadPlace { at: HEAD.at + POSITION + REVISION, revision: ORDERS_REVISION };

/// One more event stands in the stream of what is plain and begins at `from`. False: it does not fit, and nothing changed.
#[inline(always)]
pub(crate) fn advance<const N: usize>(
    words: &mut [u64; N],
    from: usize,
    HeadPlace { at, revision }: HeadPlace,
    position: Position,
) -> bool {
    let at = from + at;
    let mut head = unpack_head(&mut Unpacker::of(words, at), revision);
    head.advance(position);
    head.last.0 >> POSITION == 0
        && replace(words, at + POSITION, revision, head.revision.into())
        && replace(words, at, POSITION, head.last.0)
}

/// An event concerns the plain customer that begins at `from`. False: it does not fit, and nothing changed.
#[inline(always)]
pub(crate) fn mention<const N: usize>(words: &mut [u64; N], from: usize, position: Position) -> bool {
    let behind = CUSTOMER_HEAD.at + POSITION + CUSTOMER_REVISION;
    replace(words, from + behind, POSITION, position.0)
}

/// Puts a customer behind what is there; tells whether it is a plain one.
#[inline(always)]
pub(crate) fn pack_customer<const N: usize>(bits: &mut Packer<N>, it: &Customer) -> bool {
    let Customer { facts, first_purchase, stream, mentioned } = it;
    let (since, known) = match facts {
        Some(history) if history.is_changed() => return false,
        Some(history) => (history.since(), Some(*history.current())),
        None => (Position::START, None),
    };
    bits.put(1, known.is_some().into());
    bits.put(POSITION, since.0);
    let (country, cloud, has_purchases) =
        known.map_or((0, 0, false), |it| (it.country.number(), it.cloud as u64, it.has_purchases));
    bits.put(COUNTRY, country.into());
    bits.put(CLOUD, cloud);
    bits.put(1, has_purchases.into());
    pack_purchase(bits, *first_purchase);
    pack_head(bits, *stream, CUSTOMER_REVISION);
    bits.put(POSITION, mentioned.0);
    bits.fits()
}

#[inline(always)]
pub(crate) fn unpack_customer<const N: usize>(bits: &mut Unpacker<'_, N>) -> Customer {
    let is_known = bits.take_flag();
    let since = Position(bits.take(POSITION));
    let facts = CustomerFacts {
        country: Country::of_number(bits.take(COUNTRY) as u16).expect("it was a country's number"),
        cloud: Cloud::ALL[bits.take(CLOUD) as usize],
        has_purchases: bits.take_flag(),
    };
    Customer {
        facts: is_known.then(|| History::new(since, facts)),
        first_purchase: unpack_purchase(bits),
        stream: unpack_head(bits, CUSTOMER_REVISION),
        mentioned: Position(bits.take(POSITION)),
    }
}

/// Puts a relationship behind what is there, all but its first purchase; tells whether it is a plain one.
#[inline(always)]
pub(crate) fn pack_relationship<const N: usize>(bits: &mut Packer<N>, it: &Relationship) -> bool {
    let Relationship { in_force, acceptances, rest, first_purchase: _, orders, stream } = it;
    let (since, in_force) = match in_force {
        Some(history) if history.is_changed() => return false,
        Some(history) => (history.since(), Some(*history.current())),
        None => (Position::START, None),
    };
    if rest.is_some() || acceptances.len() > 1 {
        return false;
    }
    bits.put(1, in_force.is_some().into());
    bits.put(1, in_force.unwrap_or_default().into());
    bits.put(POSITION, since.0);
    pack_head(bits, *stream, REVISION);
    pack_head(bits, *orders, ORDERS_REVISION);
    bits.put(1, acceptances.len() as u64);
    match acceptances.first() {
        Some(acceptance) => pack_acceptance(bits, acceptance) && bits.fits(),
        None => bits.fits(),
    }
}

/// The relationship, with the first purchase that stands elsewhere.
#[inline(always)]
pub(crate) fn unpack_relationship<const N: usize>(
    bits: &mut Unpacker<'_, N>,
    first_purchase: Option<Instant>,
) -> Relationship {
    let was_established = bits.take_flag();
    let (in_force, since) = (bits.take_flag(), Position(bits.take(POSITION)));
    let stream = unpack_head(bits, REVISION);
    let orders = unpack_head(bits, ORDERS_REVISION);
    let has_accepted = bits.take_flag();
    Relationship {
        in_force: was_established.then(|| History::new(since, in_force)),
        acceptances: if has_accepted { [unpack_acceptance(bits)].into() } else { Default::default() },
        rest: None,
        first_purchase,
        orders,
        stream,
    }
}

#[inline(always)]
fn pack_acceptance<const N: usize>(bits: &mut Packer<N>, it: &AcceptanceFact) -> bool {
    let AcceptanceFact {
        recorded,
        accepted_at,
        confirmed_at,
        corrected_by,
        voided_by,
        agreement,
        version,
        method,
        backfilled,
    } = it;
    let micros = recorded.recorded_at.micros() as u64;
    let untouched = (*corrected_by, *voided_by) == (Position::START, Position::START);
    bits.put(POSITION, recorded.position.0);
    bits.put(MILLIS, micros / 1_000);
    bits.put(INSTANT, accepted_at.micros() as u64);
    bits.put(INSTANT, confirmed_at.micros() as u64);
    bits.put(AGREEMENT, agreement.0.into());
    bits.put(VERSION, version.0.into());
    bits.put(METHOD, *method as u64);
    bits.put(1, (*backfilled).into());
    untouched && micros.is_multiple_of(1_000)
}

#[inline(always)]
fn unpack_acceptance<const N: usize>(bits: &mut Unpacker<'_, N>) -> AcceptanceFact {
    let position = Position(bits.take(POSITION));
    let recorded_at = instant(bits.take(MILLIS) * 1_000);
    AcceptanceFact {
        recorded: EventRef { position, recorded_at },
        accepted_at: instant(bits.take(INSTANT)),
        confirmed_at: instant(bits.take(INSTANT)),
        corrected_by: Position::START,
        voided_by: Position::START,
        agreement: AgreementIndex(bits.take(AGREEMENT) as u16),
        version: VersionIndex(bits.take(VERSION) as u16),
        method: Method::ALL[bits.take(METHOD) as usize],
        backfilled: bits.take_flag(),
    }
}

/// Puts the instant of a first purchase behind what is there.
#[inline(always)]
pub(crate) fn pack_purchase<const N: usize>(bits: &mut Packer<N>, at: Option<Instant>) {
    bits.put(1, at.is_some().into());
    bits.put(INSTANT, at.map_or(0, |it| it.micros() as u64));
}

#[inline(always)]
pub(crate) fn unpack_purchase<const N: usize>(bits: &mut Unpacker<'_, N>) -> Option<Instant> {
    let (is_there, at) = (bits.take_flag(), bits.take(INSTANT));
    is_there.then(|| instant(at))
}

#[inline(always)]
fn pack_head<const N: usize>(bits: &mut Packer<N>, it: StreamHead, revision: usize) {
    bits.put(POSITION, it.last.0);
    bits.put(revision, it.revision.into());
}

#[inline(always)]
fn unpack_head<const N: usize>(bits: &mut Unpacker<'_, N>, revision: usize) -> StreamHead {
    StreamHead { last: Position(bits.take(POSITION)), revision: bits.take(revision) as u32 }
}

#[inline(always)]
fn instant(micros: u64) -> Instant {
    Instant::from_micros(micros as i64).expect("the bits of an instant end before the year 9999")
}
