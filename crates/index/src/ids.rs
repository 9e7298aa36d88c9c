//! The ids of customers: 16 bytes for a GUID, and for any other id the place of its text.

use assent_domain::values::{CustomerId, GUID_TEXT_BYTES};

use crate::Index;
use crate::record::CustomerRecord;

impl Index {
    pub(crate) fn hash(&self, id: &CustomerId) -> u64 {
        self.hashing.hash(id)
    }

    /// Its hash; and has the processor fetch where it is looked for.
    #[inline]
    pub(crate) fn hash_and_fetch(&self, id: &CustomerId) -> u64 {
        let hash = self.hash(id);
        self.customer_places.fetch(hash);
        hash
    }

    #[inline]
    pub(crate) fn customer_place(&self, id: &CustomerId) -> Option<u32> {
        self.customer_place_of(self.hash(id), id)
    }

    /// The place of a customer whose id has this hash.
    #[inline]
    pub(crate) fn customer_place_of(&self, hash: u64, id: &CustomerId) -> Option<u32> {
        self.customer_places.find(hash, |it| self.is_customer(it, id))
    }

    /// Whether the customer of this place has this id.
    #[inline]
    pub(crate) fn is_customer(&self, place: u32, id: &CustomerId) -> bool {
        let record = self.customers.get(place);
        match id.guid() {
            Some(guid) => record.id == halves(guid) && !record.has_text_id(),
            None => {
                let kept = || self.texts.get(record.id[0], record.id[1]);
                record.has_text_id() && id.text_in(&mut [0; GUID_TEXT_BYTES]) == kept()
            }
        }
    }

    pub(crate) fn customer_id(&self, place: u32) -> CustomerId {
        let record = self.customers.get(place);
        let [high, low] = record.id;
        if record.has_text_id() {
            return CustomerId::parse(self.texts.get(high, low)).expect("it is the text of an id");
        }
        CustomerId::of_guid(u128::from(high) << 64 | u128::from(low))
    }

    /// The place of a customer, made where it has none yet.
    pub(crate) fn make_customer(&mut self, id: &CustomerId) -> u32 {
        if let Some(place) = self.customer_place(id) {
            return place;
        }
        let record = match id.guid() {
            Some(guid) => CustomerRecord::new(halves(guid), false),
            None => {
                let text = id.text();
                CustomerRecord::new([self.texts.push(&text), text.len() as u64], true)
            }
        };
        let place = self.customers.push(record);
        self.customer_places.insert(self.hash(id), place);
        place
    }
}

const fn halves(guid: u128) -> [u64; 2] {
    [(guid >> 64) as u64, guid as u64]
}
