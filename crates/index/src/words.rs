//! The index as bytes, and made again from them: records and table as they lie in memory, so that whoever reads them does
//! little more than copy. Partners and what is rich go as their own types: how those become bytes is not the index's.
//!
//! Whoever keeps the bytes sees to it that they come back as they were: only their lengths are checked here. They are no
//! format: another version of this crate may lay them out otherwise ([`Index::LAYOUT`]).

use std::io::{self, ErrorKind, Read, Write};

use assent_domain::acceptance::Relationship;
use assent_domain::directory::{Customer, Partner};
use assent_domain::facts::FactsMut;
use assent_domain::values::PartnerId;

use crate::Index;
use crate::chunked::Chunked;
use crate::hashing::Hashing;
use crate::places::Places;
use crate::record::{CustomerRecord, FurtherRecord};
use crate::texts::Texts;

impl Index {
    /// Changes with whatever [`Index::write_words`] writes: its order, and the bits of a record. A test knows the bytes.
    pub const LAYOUT: u32 = 1;

    /// Writes the records, the table that finds them, and the texts of ids. Not in it are catalogue, policies and ledger, and
    /// what a [`Restoring`] is given beside it.
    pub fn write_words(&self, to: &mut impl Write) -> io::Result<()> {
        let Self { customers, further, partners, rich_customers, rich_relationships, .. } = self;
        put(to, self.hashing.seeds())?;
        put(to, [self.first_relationships as u64, customers.len() as u64, further.len() as u64])?;
        put(to, [partners.len(), rich_customers.len(), rich_relationships.len()].map(|it| it as u64))?;
        self.customer_places.write(to)?;
        customers.from(0).try_for_each(|it| put(to, it.words()))?;
        further.from(0).try_for_each(|it| put(to, it.words()))?;
        self.texts.write(to)
    }

    /// The customers that lie beside the records, in the order of their places.
    pub fn rich_customers(&self) -> impl ExactSizeIterator<Item = &Customer> {
        Counted(self.rich_customers.from(0), self.rich_customers.len())
    }

    /// The relationships that lie beside the records, in the order of their places.
    pub fn rich_relationships(&self) -> impl ExactSizeIterator<Item = &Relationship> {
        Counted(self.rich_relationships.from(0), self.rich_relationships.len())
    }
}

/// An index that has its words, and is being given what lies beside them: partners, then all that is rich, each in the order
/// in which the index that was written gives them.
#[derive(Debug)]
pub struct Restoring {
    index: Index,
    partners: usize,
    rich_customers: usize,
    rich_relationships: usize,
}

impl Restoring {
    /// Reads the words, of which there are no more than so many bytes.
    pub fn read(from: &mut impl Read, bytes: u64) -> io::Result<Self> {
        let hashing = Hashing::of(take(from)?);
        let [first_relationships, customers, further] = take(from)?;
        let [partners, rich_customers, rich_relationships] = take(from)?.map(|it| it as usize);
        let is_there = |count: u64, size: usize| count <= bytes / size as u64;
        if !is_there(customers, size_of::<CustomerRecord>()) || !is_there(further, size_of::<FurtherRecord>())
        {
            return Err(malformed());
        }
        let customer_places = Places::read(from, customers as usize, bytes)?;
        let customers = Chunked::read(from, customers, CustomerRecord::of_words)?;
        let further = Chunked::read(from, further, FurtherRecord::of_words)?;
        let texts = Texts::read(from)?;
        let first_relationships = first_relationships as usize;
        let words = Index {
            hashing,
            customer_places,
            customers,
            further,
            first_relationships,
            texts,
            ..Index::default()
        };
        Ok(Self { index: words, partners, rich_customers, rich_relationships })
    }

    /// How many partners there are, and how many customers and relationships are rich.
    pub const fn counts(&self) -> [usize; 3] {
        [self.partners, self.rich_customers, self.rich_relationships]
    }

    /// The next partner. Its e-mail domains are found by from then on: they lie nowhere else, so that none can be missing.
    pub fn partner(&mut self, id: &PartnerId, partner: Partner) {
        let domains = partner.facts.as_ref().map(|it| it.current().email_domains.clone()).unwrap_or_default();
        *self.index.partner_mut(id) = partner;
        self.index.set_domains(id, &[], &domains);
    }

    /// The next customer beside the records.
    pub fn rich_customer(&mut self, it: Customer) {
        self.index.rich_customers.push(it);
    }

    /// The next relationship beside the records.
    pub fn rich_relationship(&mut self, it: Relationship) {
        self.index.rich_relationships.push(it);
    }

    /// The index, all but catalogue, policies and ledger; none where it was not given what its words count.
    pub fn finish(self) -> Option<Index> {
        let Index { partners, rich_customers, rich_relationships, .. } = &self.index;
        let given = [partners.len(), rich_customers.len(), rich_relationships.len()];
        (given == self.counts()).then_some(self.index)
    }
}

/// An iterator of so many items.
struct Counted<I>(I, usize);

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.1 = self.1.saturating_sub(1);
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, Some(self.1))
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}

/// Bytes that are no words of an index.
pub(crate) fn malformed() -> io::Error {
    ErrorKind::InvalidData.into()
}

#[inline]
pub(crate) fn put<const N: usize>(to: &mut impl Write, words: [u64; N]) -> io::Result<()> {
    to.write_all(words.map(u64::to_le_bytes).as_flattened())
}

#[inline]
pub(crate) fn take<const N: usize>(from: &mut impl Read) -> io::Result<[u64; N]> {
    let mut bytes = [[0; size_of::<u64>()]; N];
    from.read_exact(bytes.as_flattened_mut())?;
    Ok(bytes.map(u64::from_le_bytes))
}
