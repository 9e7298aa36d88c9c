//! A writer of wire bytes that knows a message's length only when it was written.

use std::fmt;
use std::ops::Range;

use super::reader::{BYTES, VARINT, key};

/// Wire bytes that are being written. A field that has its default value is left out, as the generated code does.
#[derive(Debug)]
pub(super) struct Writer<'a>(pub(super) &'a mut Vec<u8>);

/// How many bytes a number takes.
pub(super) const fn varint_bytes(number: u64) -> usize {
    const BITS_A_BYTE: u32 = 7;
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(BITS_A_BYTE) as usize
}

impl Writer<'_> {
    pub(super) fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub(super) fn number(&mut self, field: u8, number: u64) {
        if number > 0 {
            self.0.push(key(field, VARINT));
            self.varint(number);
        }
    }

    /// What stands before a text or a message of so many bytes.
    pub(super) fn length(&mut self, field: u8, bytes: usize) {
        self.0.push(key(field, BYTES));
        self.varint(bytes as u64);
    }

    /// A text that is there, even where it is empty.
    pub(super) fn text(&mut self, field: u8, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    /// The bytes of a text.
    pub(super) fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.length(field, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// A message or a text of which nobody knows yet how long it will be. Room is left for a length of so many bytes;
    /// the content is moved where it takes another number of them.
    pub(super) fn nested<const LENGTH_BYTES: usize>(&mut self, field: u8, write: impl FnOnce(&mut Self)) {
        self.0.push(key(field, BYTES));
        let at = self.0.len();
        self.0.extend_from_slice(&[0; LENGTH_BYTES]);
        let content = at + LENGTH_BYTES;
        write(self);
        let length = self.0.len() - content;
        match (LENGTH_BYTES, length) {
            (1, 0..0x80) => self.0[at] = length as u8,
            (2, 0x80..0x4000) => {
                self.0[at..content].copy_from_slice(&[length as u8 | 0x80, (length >> 7) as u8]);
            }
            _ => self.fit_length(at..content, length),
        }
    }

    /// Writes a length where there is room for another number of bytes than it takes.
    #[cold]
    fn fit_length(&mut self, room: Range<usize>, length: usize) {
        let mut digits = Vec::new();
        Writer(&mut digits).varint(length as u64);
        self.0.splice(room, digits);
    }
}

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
