//! Bundles of entries (C2SP `tlog-tiles`): up to 256 entries, each after its length in 16 bits, big-endian.

use std::fmt;

/// The length that an entry may have.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Appends one entry to a bundle.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), BundleError> {
    let length = u16::try_from(entry.len()).map_err(|_| BundleError::TooLong)?;
    bundle.extend(length.to_be_bytes());
    bundle.extend(entry);
    Ok(())
}

/// Reads a bundle that has exactly `width` entries.
pub fn parse_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let mut rest = bundle;
    let mut entries = Vec::with_capacity(usize::from(width).min(bundle.len() / 2));
    while let Some((length, after)) = rest.split_first_chunk() {
        if entries.len() == usize::from(width) {
            return Err(BundleError::Width);
        }
        let (entry, after) =
            after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(BundleError::CutOff)?;
        entries.push(entry);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(BundleError::CutOff);
    }
    if entries.len() == usize::from(width) { Ok(entries) } else { Err(BundleError::Width) }
}

/// Why bytes are no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleError {
    /// An entry is longer than [`MAX_ENTRY_BYTES`].
    TooLong,
    /// The last entry or its length is not complete.
    CutOff,
    /// There are more or fewer entries than the bundle's width.
    Width,
}

impl fmt::Display for BundleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLong => "an entry is longer than 65,535 bytes",
            Self::CutOff => "the bundle ends within an entry",
            Self::Width => "the bundle has another number of entries than its name says",
        })
    }
}

impl std::error::Error for BundleError {}
