//! Chance that can be repeated: everything that a seed decides comes from here.

/// A small generator of numbers (xorshift64*): nothing here needs a better one.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Neighbouring seeds have nothing in common: each is stirred first (splitmix64).
    pub(crate) fn of(seed: u64) -> Self {
        let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((state ^ (state >> 31)).max(1))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16;
        (drawn % end as u64) as usize
    }

    /// One of them.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// One of them, each as often as its weight says.
    pub(crate) fn weighed<T: Copy>(&mut self, from: &[(usize, T)]) -> T {
        let mut drawn = self.below(from.iter().map(|(weight, _)| weight).sum());
        for (weight, it) in from {
            if drawn < *weight {
                return *it;
            }
            drawn -= weight;
        }
        unreachable!("less than all weights was drawn")
    }
}

/// The seeds of a run: `ASSENT_CYCLES` of them, or so many, from `ASSENT_SEED` on. With a seed alone it is that one.
pub(crate) fn seeds(few: u64) -> std::ops::Range<u64> {
    let (given, cycles) = (variable("ASSENT_SEED"), variable("ASSENT_CYCLES"));
    let first = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 24);
    first..first + cycles.unwrap_or(if given.is_some() { 1 } else { few })
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var_os(name)?;
    let number = text.to_str().and_then(|it| it.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} is a number, not {text:?}")))
}
