//! A customer with its first relationship in 96 bytes, and a further relationship of a customer in 72.
//!
//! Nearly every customer has one relationship: both in one record are one read of memory for a decision, and need no
//! places of each other. A chunk of records is large enough to begin at a page of memory: so a record lies in two of the
//! processor's cache lines.

use std::mem::offset_of;

use assent_domain::acceptance::Relationship;
use assent_domain::directory::Customer;
use assent_domain::values::{Instant, Position};
use prefetch_index::prefetch_index;

use crate::bits::{Packer, Unpacker};
use crate::plain::{
    CUSTOMER_BITS, CUSTOMER_HEAD, HeadPlace, PURCHASE_BITS, RELATIONSHIP_BITS, advance, mention,
    pack_customer, pack_purchase, pack_relationship, unpack_customer, unpack_purchase, unpack_relationship,
};

/// The place of nothing.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Facts as a record holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held<T> {
    /// They are what nearly all are: in the record.
    Plain(T),
    /// They are more: at a place beside the records.
    Rich(u32),
}

/// What a record is to hold.
pub(crate) enum Kept<'a, T> {
    /// These facts, so far as they are plain.
    Here(&'a T),
    /// Nothing but the place where they are.
    Beside(u32),
}

/// A customer, with the relationship that it had first.
#[derive(Debug)]
pub(crate) struct CustomerRecord {
    /// A GUID's two halves; for any other id place and length of its text.
    pub(crate) id: [u64; 2],
    /// The partner of the first relationship; nowhere where there is none.
    pub(crate) partner: u32,
    /// The customer's last further relationship.
    pub(crate) next: u32,
    facts: [u64; FACTS],
}

/// The words of a record's facts.
const FACTS: usize = 9;
/// Whether the id is a text, the customer rich, the relationship rich, and whether its first purchase is the customer's.
const FLAGS: usize = 4;
const CUSTOMER_END: usize = FLAGS + CUSTOMER_BITS;
/// The bits of the place of rich facts.
const PLACE: usize = u32::BITS as usize;

const _: () = assert!(CUSTOMER_END + RELATIONSHIP_BITS <= FACTS * u64::BITS as usize);
const _: () = assert!(size_of::<CustomerRecord>() == 96);
// Fetching both ends fetches all of it.
const _: () = assert!(offset_of!(CustomerRecord, id) == 0 && offset_of!(CustomerRecord, facts) >= 8);

/// What did not find room in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPlain {
    Customer,
    Relationship,
}

impl CustomerRecord {
    /// A customer of whom nothing is known.
    pub(crate) fn new(id: [u64; 2], is_text: bool) -> Self {
        let mut it = Self { id, partner: NOWHERE, next: NOWHERE, facts: [0; FACTS] };
        it.facts[0] = is_text.into();
        let (customer, none) = (Customer::default(), Kept::Here(&Relationship::default()));
        it.keep(Kept::Here(&customer), none).expect("of whom nothing is known is a plain customer");
        it
    }

    /// All that it is, in words.
    pub(crate) fn words(&self) -> [u64; 3 + FACTS] {
        let Self { id, partner, next, facts } = self;
        let mut words = [0; 3 + FACTS];
        words[..2].copy_from_slice(id);
        words[2] = two(*partner, *next);
        words[3..].copy_from_slice(facts);
        words
    }

    pub(crate) fn of_words(words: [u64; 3 + FACTS]) -> Self {
        let (partner, next) = (words[2] as u32, (words[2] >> 32) as u32);
        let mut facts = [0; FACTS];
        facts.copy_from_slice(&words[3..]);
        Self { id: [words[0], words[1]], partner, next, facts }
    }

    pub(crate) const fn has_text_id(&self) -> bool {
        self.facts[0] & 1 == 1
    }

    /// Has the processor fetch all of it, and does not wait for it.
    #[inline]
    pub(crate) fn fetch(&self) {
        prefetch_index(self.id.as_slice(), 0);
        prefetch_index(self.facts.as_slice(), FACTS - 1);
    }

    #[inline(always)]
    pub(crate) fn customer(&self) -> Held<Customer> {
        let mut bits = Unpacker::of(&self.facts, FLAGS);
        if self.is_customer_rich() {
            Held::Rich(bits.take(PLACE) as u32)
        } else {
            Held::Plain(unpack_customer(&mut bits))
        }
    }

    /// The first relationship. Where there is none, so that it has no partner, it is one of which nothing is known.
    #[inline(always)]
    pub(crate) fn relationship(&self) -> Held<Relationship> {
        let mut flags = Unpacker::of(&self.facts, 2);
        let (is_rich, has_purchased) = (flags.take_flag(), flags.take_flag());
        let mut bits = Unpacker::of(&self.facts, CUSTOMER_END);
        if is_rich {
            return Held::Rich(bits.take(PLACE) as u32);
        }
        let first_purchase = if has_purchased { self.customers_first_purchase() } else { None };
        Held::Plain(unpack_relationship(&mut bits, first_purchase))
    }

    /// An event concerns the customer. False: this takes all of it to be changed, as with what follows.
    pub(crate) fn mention(&mut self, position: Position) -> bool {
        !self.is_customer_rich() && mention(&mut self.facts, FLAGS, position)
    }

    /// One more event stands in the customer's stream.
    pub(crate) fn advance_customer(&mut self, position: Position) -> bool {
        !self.is_customer_rich() && advance(&mut self.facts, FLAGS, CUSTOMER_HEAD, position)
    }

    /// One more event stands in a stream of the first relationship.
    pub(crate) fn advance_relationship(&mut self, head: HeadPlace, position: Position) -> bool {
        let is_rich = Unpacker::of(&self.facts, 2).take_flag();
        !is_rich && advance(&mut self.facts, CUSTOMER_END, head, position)
    }

    fn is_customer_rich(&self) -> bool {
        Unpacker::of(&self.facts, 1).take_flag()
    }

    /// Of a plain customer: a relationship is plain beside no other, where it has one.
    fn customers_first_purchase(&self) -> Option<Instant> {
        unpack_customer(&mut Unpacker::of(&self.facts, FLAGS)).first_purchase
    }

    /// Changes what the record holds; or tells which of both is not plain, and changes nothing.
    pub(crate) fn keep(
        &mut self,
        customer: Kept<'_, Customer>,
        relationship: Kept<'_, Relationship>,
    ) -> Result<(), NotPlain> {
        let mut bits = Packer::<FACTS>::new();
        bits.put(1, self.has_text_id().into());
        bits.put(1, matches!(customer, Kept::Beside(_)).into());
        bits.put(1, matches!(relationship, Kept::Beside(_)).into());
        let mut customers_first_purchase = None;
        let purchase = match relationship {
            Kept::Here(it) => it.first_purchase,
            Kept::Beside(_) => None,
        };
        bits.put(1, purchase.is_some().into());
        match customer {
            Kept::Here(it) => {
                customers_first_purchase = it.first_purchase;
                if !pack_customer(&mut bits, it) {
                    return Err(NotPlain::Customer);
                }
            }
            Kept::Beside(place) => bits.put(PLACE, place.into()),
        }
        bits.go_on_at(CUSTOMER_END);
        match relationship {
            Kept::Here(it) => {
                let has_own_purchase = purchase.is_some() && purchase != customers_first_purchase;
                if has_own_purchase || !pack_relationship(&mut bits, it) {
                    return Err(NotPlain::Relationship);
                }
            }
            Kept::Beside(place) => bits.put(PLACE, place.into()),
        }
        self.facts = bits.words();
        Ok(())
    }
}

/// A further relationship of a customer.
#[derive(Debug)]
pub(crate) struct FurtherRecord {
    pub(crate) partner: u32,
    pub(crate) customer: u32,
    /// The customer's further relationship before it.
    pub(crate) next: u32,
    /// The place of a rich one.
    rich: u32,
    facts: [u64; FURTHER],
}

const FURTHER: usize = 7;

const _: () = assert!(RELATIONSHIP_BITS + PURCHASE_BITS <= FURTHER * u64::BITS as usize);
const _: () = assert!(size_of::<FurtherRecord>() == 72);

impl FurtherRecord {
    /// A relationship of which nothing is known.
    pub(crate) fn new(partner: u32, customer: u32, next: u32) -> Self {
        let mut it = Self { partner, customer, next, rich: NOWHERE, facts: [0; FURTHER] };
        let nothing = Relationship::default();
        it.keep(Kept::Here(&nothing)).expect("of which nothing is known is a plain relationship");
        it
    }

    /// All that it is, in words.
    pub(crate) fn words(&self) -> [u64; 2 + FURTHER] {
        let Self { partner, customer, next, rich, facts } = self;
        let mut words = [0; 2 + FURTHER];
        (words[0], words[1]) = (two(*partner, *customer), two(*next, *rich));
        words[2..].copy_from_slice(facts);
        words
    }

    pub(crate) fn of_words(words: [u64; 2 + FURTHER]) -> Self {
        let [partner, customer] = [words[0] as u32, (words[0] >> 32) as u32];
        let [next, rich] = [words[1] as u32, (words[1] >> 32) as u32];
        let mut facts = [0; FURTHER];
        facts.copy_from_slice(&words[2..]);
        Self { partner, customer, next, rich, facts }
    }

    #[inline(always)]
    pub(crate) fn relationship(&self) -> Held<Relationship> {
        if self.rich != NOWHERE {
            return Held::Rich(self.rich);
        }
        let mut bits = Unpacker::of(&self.facts, 0);
        let first_purchase = unpack_purchase(&mut bits);
        Held::Plain(unpack_relationship(&mut bits, first_purchase))
    }

    /// One more event stands in a stream of the relationship. False: this takes all of it to be changed.
    pub(crate) fn advance_relationship(&mut self, head: HeadPlace, position: Position) -> bool {
        self.rich == NOWHERE && advance(&mut self.facts, PURCHASE_BITS, head, position)
    }

    /// Changes what the record holds; or tells that it is not plain, and changes nothing.
    pub(crate) fn keep(&mut self, relationship: Kept<'_, Relationship>) -> Result<(), NotPlain> {
        match relationship {
            Kept::Beside(place) => self.rich = place,
            Kept::Here(it) => {
                let mut bits = Packer::<FURTHER>::new();
                pack_purchase(&mut bits, it.first_purchase);
                if !pack_relationship(&mut bits, it) {
                    return Err(NotPlain::Relationship);
                }
                self.facts = bits.words();
            }
        }
        Ok(())
    }
}

/// Two places in a word.
fn two(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
