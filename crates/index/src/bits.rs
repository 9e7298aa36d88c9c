//! Numbers of some bits each, one behind the other: how facts become a few words.
//!
//! All widths are constants, so that reading a field costs a shift and a mask.

const WORD_BITS: usize = u64::BITS as usize;

/// Puts numbers into words.
#[derive(Clone)]
pub(crate) struct Packer<const WORDS: usize> {
    words: [u64; WORDS],
    at: usize,
    fits: bool,
}

impl<const WORDS: usize> Packer<WORDS> {
    #[inline(always)]
    pub(crate) const fn new() -> Self {
        Self { words: [0; WORDS], at: 0, fits: true }
    }

    /// Puts a number of at most 63 bits behind the others. One that is larger than its bits fits not, and cuts nothing
    /// of the others.
    #[inline(always)]
    pub(crate) const fn put(&mut self, bits: usize, number: u64) {
        self.fits &= number >> bits == 0;
        let number = number & mask(bits);
        let (word, shift) = (self.at / WORD_BITS, self.at % WORD_BITS);
        self.words[word] |= number << shift;
        if shift + bits > WORD_BITS {
            self.words[word + 1] |= number >> (WORD_BITS - shift);
        }
        self.at += bits;
    }

    /// Goes on behind so many bits: those between hold nothing.
    #[inline(always)]
    pub(crate) const fn go_on_at(&mut self, at: usize) {
        self.at = at;
    }

    /// Whether every number had the bits that it needs.
    #[inline(always)]
    pub(crate) const fn fits(&self) -> bool {
        self.fits
    }

    #[inline(always)]
    pub(crate) const fn words(&self) -> [u64; WORDS] {
        self.words
    }
}

/// Takes the numbers out again, in the order in which they were put.
#[derive(Clone)]
pub(crate) struct Unpacker<'a, const WORDS: usize> {
    words: &'a [u64; WORDS],
    at: usize,
}

impl<'a, const WORDS: usize> Unpacker<'a, WORDS> {
    #[inline(always)]
    pub(crate) const fn of(words: &'a [u64; WORDS], at: usize) -> Self {
        Self { words, at }
    }

    #[inline(always)]
    pub(crate) const fn take(&mut self, bits: usize) -> u64 {
        let (word, shift) = (self.at / WORD_BITS, self.at % WORD_BITS);
        let mut number = self.words[word] >> shift;
        if shift + bits > WORD_BITS {
            number |= self.words[word + 1] << (WORD_BITS - shift);
        }
        self.at += bits;
        number & mask(bits)
    }

    #[inline(always)]
    pub(crate) const fn take_flag(&mut self) -> bool {
        self.take(1) == 1
    }
}

/// Puts another number in the place of one, if it has no more bits; tells whether it has.
#[inline(always)]
pub(crate) const fn replace<const WORDS: usize>(
    words: &mut [u64; WORDS],
    at: usize,
    bits: usize,
    number: u64,
) -> bool {
    if number >> bits != 0 {
        return false;
    }
    let (word, shift) = (at / WORD_BITS, at % WORD_BITS);
    words[word] = words[word] & !(mask(bits) << shift) | number << shift;
    if shift + bits > WORD_BITS {
        let rest = WORD_BITS - shift;
        words[word + 1] = words[word + 1] & !(mask(bits) >> rest) | number >> rest;
    }
    true
}

#[inline(always)]
const fn mask(bits: usize) -> u64 {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_width_are_taken_out_as_they_were_put_in() {
        let numbers = [(1, 1), (63, u64::MAX >> 1), (7, 0), (40, 0xff_1234_5678), (17, 0x1_0101), (63, 3)];
        let mut packer = Packer::<3>::new();
        numbers.iter().for_each(|(bits, number)| packer.put(*bits, *number));
        assert!(packer.fits());
        let words = packer.words();
        let mut unpacker = Unpacker::of(&words, 0);
        assert_eq!(numbers.map(|(bits, _)| unpacker.take(bits)), numbers.map(|(_, number)| number));
    }

    #[test]
    fn a_number_that_is_replaced_leaves_those_beside_it_alone() {
        let numbers = [(30, 0x2aaa_aaaa), (63, u64::MAX >> 1), (40, 0xff_1234_5678), (3, 5)];
        for place in 0..numbers.len() {
            let mut packer = Packer::<3>::new();
            numbers.iter().for_each(|(bits, number)| packer.put(*bits, *number));
            let mut words = packer.words();
            let at: usize = numbers[..place].iter().map(|it| it.0).sum();
            let (bits, before) = numbers[place];
            assert!(!replace(&mut words, at, bits, 1 << bits), "it is too large");
            assert!(replace(&mut words, at, bits, before ^ 3));
            let mut unpacker = Unpacker::of(&words, 0);
            let mut expected = numbers.map(|it| it.1);
            expected[place] = before ^ 3;
            assert_eq!(numbers.map(|(bits, _)| unpacker.take(bits)), expected);
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_told_and_leaves_those_beside_it_alone() {
        let mut packer = Packer::<2>::new();
        packer.put(60, 5);
        packer.put(8, 0x1ff);
        packer.put(3, 2);
        assert!(!packer.fits());
        let words = packer.words();
        let mut unpacker = Unpacker::of(&words, 0);
        assert_eq!([60, 8, 3].map(|bits| unpacker.take(bits)), [5, 0xff, 2]);
    }
}
