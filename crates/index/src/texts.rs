//! The texts of ids that are no GUIDs, one behind the other.

use std::io::{self, Read, Write};

use crate::words::{malformed, put, take};

/// How many bytes lie together. A text is never cut, and none is longer than an id.
const CHUNK_BYTES: usize = 65_536;

/// Texts, each found by the place and the length that it was given.
#[derive(Debug, Default)]
pub(crate) struct Texts(Vec<String>);

impl Texts {
    /// Keeps a text; gives its place.
    pub(crate) fn push(&mut self, text: &str) -> u64 {
        let is_full = self.0.last().is_none_or(|it| it.len() + text.len() > CHUNK_BYTES);
        if is_full {
            self.0.push(String::with_capacity(CHUNK_BYTES));
        }
        let chunk = self.0.len() - 1;
        let at = self.0[chunk].len();
        self.0[chunk].push_str(text);
        (chunk * CHUNK_BYTES + at) as u64
    }

    pub(crate) fn get(&self, place: u64, length: u64) -> &str {
        let (chunk, at) = (place as usize / CHUNK_BYTES, place as usize % CHUNK_BYTES);
        &self.0[chunk][at..at + length as usize]
    }

    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        put(to, [self.0.len() as u64])?;
        for chunk in &self.0 {
            put(to, [chunk.len() as u64])?;
            to.write_all(chunk.as_bytes())?;
        }
        Ok(())
    }

    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        let [count] = take(from)?;
        let mut chunks = Vec::new();
        for _ in 0..count {
            let [length] = take(from)?;
            if length > CHUNK_BYTES as u64 {
                return Err(malformed());
            }
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            chunk.resize(length as usize, 0);
            from.read_exact(&mut chunk)?;
            chunks.push(String::from_utf8(chunk).map_err(|_| malformed())?);
        }
        Ok(Self(chunks))
    }

    /// The bytes that they take.
    pub(crate) const fn bytes(&self) -> usize {
        self.0.len() * CHUNK_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_again_wherever_a_chunk_ends() {
        let texts: Vec<_> = (0..20_000).map(|it| format!("customer-{it}")).collect();
        let mut kept = Texts::default();
        let places: Vec<_> = texts.iter().map(|it| kept.push(it)).collect();
        let found: Vec<_> =
            texts.iter().zip(&places).map(|(text, place)| kept.get(*place, text.len() as u64)).collect();
        assert_eq!(found, texts);
        assert!(kept.bytes() > CHUNK_BYTES);
    }
}
