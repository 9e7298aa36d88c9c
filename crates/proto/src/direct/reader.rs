//! A reader of wire bytes that gives up on everything unusual.

/// Bytes of a message that are still to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// The wire types that orders are made of.
pub(super) const VARINT: u8 = 0;
pub(super) const BYTES: u8 = 2;
/// The bits of a key below the field's number.
const TYPE_BITS: u32 = 3;
/// The longest number that is read: 63 bits. Longer ones can be out of range, which is not looked at here.
const VARINT_BYTES_MAX: usize = 9;

/// A field's number and wire type as one byte of the wire, for numbers below 16.
pub(super) const fn key(number: u8, wire_type: u8) -> u8 {
    number << TYPE_BITS | wire_type
}

impl<'a> Reader<'a> {
    pub(super) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for at in 0..VARINT_BYTES_MAX {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A member of a closed set: those here have numbers of one byte.
    pub(super) fn small(&mut self) -> Option<i32> {
        self.byte().filter(|it| *it < 0x80).map(i32::from)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}
