//! Changing facts: they are taken out of their record, and put back as what they have become.
//!
//! What was rich once stays so: its place beside the records is its own.

use std::ops::{Deref, DerefMut};

use assent_domain::acceptance::Relationship;
use assent_domain::directory::Customer;

use crate::chunked::Chunked;
use crate::record::{Held, Kept, NotPlain};
use crate::{Index, Place};

/// Facts that were taken out, with their place beside the records, where they have one.
struct Taken<T> {
    facts: T,
    beside: Option<u32>,
}

impl<T: Default> Taken<T> {
    fn out_of(held: Held<T>, rich: &mut Chunked<T>) -> Self {
        match held {
            Held::Plain(facts) => Self { facts, beside: None },
            Held::Rich(place) => Self { facts: std::mem::take(rich.get_mut(place)), beside: Some(place) },
        }
    }

    fn kept(&self) -> Kept<'_, T> {
        self.beside.map_or(Kept::Here(&self.facts), Kept::Beside)
    }

    /// Gives them a place beside the records.
    fn grow_rich(&mut self, rich: &mut Chunked<T>) {
        self.beside.get_or_insert_with(|| rich.push(T::default()));
    }

    fn put_back(&mut self, rich: &mut Chunked<T>) {
        if let Some(place) = self.beside {
            *rich.get_mut(place) = std::mem::take(&mut self.facts);
        }
    }
}

/// What a customer's record holds, taken out to be changed.
pub(crate) struct Opened<'a> {
    index: &'a mut Index,
    place: u32,
    customer: Taken<Customer>,
    relationship: Taken<Relationship>,
}

impl<'a> Opened<'a> {
    fn of(index: &'a mut Index, place: u32) -> Self {
        let record = index.customers.get(place);
        let (customer, relationship) = (record.customer(), record.relationship());
        let customer = Taken::out_of(customer, &mut index.rich_customers);
        let relationship = Taken::out_of(relationship, &mut index.rich_relationships);
        Self { index, place, customer, relationship }
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        let Self { index, place, customer, relationship } = self;
        // Each time one of both has grown rich, so that the third time they fit.
        while let Err(not_plain) = index.customers.get_mut(*place).keep(customer.kept(), relationship.kept())
        {
            match not_plain {
                NotPlain::Customer => customer.grow_rich(&mut index.rich_customers),
                NotPlain::Relationship => relationship.grow_rich(&mut index.rich_relationships),
            }
        }
        customer.put_back(&mut index.rich_customers);
        relationship.put_back(&mut index.rich_relationships);
    }
}

/// A customer being changed.
pub(crate) struct CustomerChange<'a>(Opened<'a>);

impl<'a> CustomerChange<'a> {
    pub(crate) fn of(index: &'a mut Index, place: u32) -> Self {
        Self(Opened::of(index, place))
    }
}

impl Deref for CustomerChange<'_> {
    type Target = Customer;

    fn deref(&self) -> &Customer {
        &self.0.customer.facts
    }
}

impl DerefMut for CustomerChange<'_> {
    fn deref_mut(&mut self) -> &mut Customer {
        &mut self.0.customer.facts
    }
}

/// A relationship being changed.
pub(crate) enum RelationshipChange<'a> {
    /// In its customer's record.
    First(Opened<'a>),
    /// In a record of its own.
    Further(Further<'a>),
}

pub(crate) struct Further<'a> {
    index: &'a mut Index,
    place: u32,
    relationship: Taken<Relationship>,
}

impl<'a> RelationshipChange<'a> {
    pub(crate) fn of(index: &'a mut Index, place: Place) -> Self {
        match place {
            Place::First(place) => Self::First(Opened::of(index, place)),
            Place::Further(place) => {
                let relationship = index.further.get(place).relationship();
                let relationship = Taken::out_of(relationship, &mut index.rich_relationships);
                Self::Further(Further { index, place, relationship })
            }
        }
    }
}

impl Drop for Further<'_> {
    fn drop(&mut self) {
        let Self { index, place, relationship } = self;
        if index.further.get_mut(*place).keep(relationship.kept()).is_err() {
            relationship.grow_rich(&mut index.rich_relationships);
            index.further.get_mut(*place).keep(relationship.kept()).expect("a place fits into every record");
        }
        relationship.put_back(&mut index.rich_relationships);
    }
}

impl Deref for RelationshipChange<'_> {
    type Target = Relationship;

    fn deref(&self) -> &Relationship {
        match self {
            Self::First(it) => &it.relationship.facts,
            Self::Further(it) => &it.relationship.facts,
        }
    }
}

impl DerefMut for RelationshipChange<'_> {
    fn deref_mut(&mut self) -> &mut Relationship {
        match self {
            Self::First(it) => &mut it.relationship.facts,
            Self::Further(it) => &mut it.relationship.facts,
        }
    }
}
