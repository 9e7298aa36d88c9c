//! Who stands in a loaded ledger: the same partners and customers in every process, from their numbers alone.

/// How many partners share the customers.
pub const PARTNERS: u64 = 100;

/// The GUID of a customer.
pub fn customer_id(number: u64) -> String {
    guid(number.wrapping_mul(2))
}

/// The GUID of a partner.
pub fn partner_id(number: u64) -> String {
    guid(number.wrapping_mul(2) + 1)
}

/// The partner of a customer.
pub const fn partner_of(customer: u64) -> u64 {
    customer % PARTNERS
}

fn guid(seed: u64) -> String {
    let mut random = Random(seed);
    let (high, low) = (random.draw(), random.draw());
    let (time, middle, version) = (high >> 32, (high >> 16) & 0xffff, high & 0xffff);
    format!("{time:08x}-{middle:04x}-{version:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
}

/// Numbers that look random and are the same in every run (splitmix64).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// Any number.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One below the end.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_and_partners_are_guids_and_all_different() {
        let mut ids: Vec<_> = (0..1_000).map(customer_id).chain((0..PARTNERS).map(partner_id)).collect();
        assert!(ids.iter().all(|it| it.len() == 36 && it.split('-').count() == 5), "{ids:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 1_000 + 100);
    }
}
