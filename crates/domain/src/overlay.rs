//! Facts over other facts: what a batch sees of itself before it is stored, and the small worlds of tests.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::DerefMut;

use crate::acceptance::Relationship;
use crate::catalog::Catalogue;
use crate::directory::{Customer, Partner};
use crate::facts::{Facts, FactsMut, Ledger};
use crate::policy::Policies;
use crate::values::{CustomerId, PartnerId};

/// Copies on write: reads fall through to the base, the first change of a thing copies it here.
pub struct Overlay<'a> {
    base: Option<&'a dyn Facts>,
    own: Changes,
    none: (Catalogue, Policies),
}

/// What an overlay keeps to itself: each thing that was changed, as it is now.
#[derive(Debug, Default)]
pub struct Changes {
    partners: HashMap<PartnerId, Partner>,
    customers: HashMap<CustomerId, Customer>,
    relationships: HashMap<(PartnerId, CustomerId), Relationship>,
    domains: Vec<(String, PartnerId, bool)>,
    catalogue: Option<Catalogue>,
    policies: Option<Policies>,
    ledger: Ledger,
}

impl Overlay<'static> {
    /// A world of its own, in which nothing happened yet.
    pub fn empty() -> Self {
        Self { base: None, own: Changes::default(), none: Default::default() }
    }
}

impl<'a> Overlay<'a> {
    /// Sees the base, and keeps every change to itself.
    pub fn over(base: &'a dyn Facts) -> Self {
        Self::with(base, Changes { ledger: base.ledger().clone(), ..Changes::default() })
    }

    /// The same with changes that another one kept, which lay over what this base is.
    pub fn with(base: &'a dyn Facts, changes: Changes) -> Self {
        Self { base: Some(base), own: changes, none: Default::default() }
    }

    /// What it kept to itself.
    pub fn into_changes(self) -> Changes {
        self.own
    }
}

impl Facts for Overlay<'_> {
    fn partner(&self, id: &PartnerId) -> Option<&Partner> {
        self.own.partners.get(id).or_else(|| self.base?.partner(id))
    }

    fn customer(&self, id: &CustomerId) -> Option<Cow<'_, Customer>> {
        self.own.customers.get(id).map(Cow::Borrowed).or_else(|| self.base?.customer(id))
    }

    fn relationship(&self, partner: &PartnerId, customer: &CustomerId) -> Option<Cow<'_, Relationship>> {
        if !self.own.relationships.is_empty()
            && let Some(own) = self.own.relationships.get(&(partner.clone(), customer.clone()))
        {
            return Some(Cow::Borrowed(own));
        }
        self.base?.relationship(partner, customer)
    }

    fn partners_of_domain(&self, domain: &str) -> Vec<PartnerId> {
        let mut partners = self.base.map(|it| it.partners_of_domain(domain)).unwrap_or_default();
        for (_, partner, added) in self.own.domains.iter().filter(|(its, ..)| its == domain) {
            partners.retain(|it| it != partner);
            if *added {
                partners.push(partner.clone());
            }
        }
        partners
    }

    fn catalogue(&self) -> &Catalogue {
        self.own.catalogue.as_ref().unwrap_or_else(|| self.base.map_or(&self.none.0, |it| it.catalogue()))
    }

    fn policies(&self) -> &Policies {
        self.own.policies.as_ref().unwrap_or_else(|| self.base.map_or(&self.none.1, |it| it.policies()))
    }

    fn ledger(&self) -> &Ledger {
        &self.own.ledger
    }
}

impl FactsMut for Overlay<'_> {
    fn partner_mut(&mut self, id: &PartnerId) -> &mut Partner {
        let base = self.base;
        self.own
            .partners
            .entry(id.clone())
            .or_insert_with(|| base.and_then(|it| it.partner(id)).cloned().unwrap_or_default())
    }

    fn customer_mut(&mut self, id: &CustomerId) -> impl DerefMut<Target = Customer> {
        let base = self.base;
        let known = || base.and_then(|it| it.customer(id)).map(Cow::into_owned);
        self.own.customers.entry(id.clone()).or_insert_with(|| known().unwrap_or_default())
    }

    fn relationship_mut(
        &mut self,
        partner: &PartnerId,
        customer: &CustomerId,
    ) -> impl DerefMut<Target = Relationship> {
        let base = self.base;
        let known = || base.and_then(|it| it.relationship(partner, customer)).map(Cow::into_owned);
        let own = self.own.relationships.entry((partner.clone(), customer.clone()));
        own.or_insert_with(|| known().unwrap_or_default())
    }

    fn set_domains(&mut self, partner: &PartnerId, before: &[String], now: &[String]) {
        let gone = before.iter().map(|it| (it.clone(), partner.clone(), false));
        let come = now.iter().map(|it| (it.clone(), partner.clone(), true));
        self.own.domains.extend(gone.chain(come));
    }

    fn catalogue_mut(&mut self) -> &mut Catalogue {
        let base = self.base;
        self.own.catalogue.get_or_insert_with(|| base.map(|it| it.catalogue().clone()).unwrap_or_default())
    }

    fn policies_mut(&mut self) -> &mut Policies {
        let base = self.base;
        self.own.policies.get_or_insert_with(|| base.map(|it| it.policies().clone()).unwrap_or_default())
    }

    fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.own.ledger
    }
}
