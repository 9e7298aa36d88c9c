//! The anchor: what a log has signed, remembered outside the log's own database, so that a restored backup is noticed
//! before it signs a second history.

use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::hash::Hash;
use crate::text;

/// The first line of an anchor's text.
const HEADER: &str = "assent-anchor/v1\n";
/// How many of the newest sizes are all remembered.
const RECENT: usize = 256;
/// Of older sizes, neighbours lie apart by this part of their distance from the newest one, or more.
const SPACING: u64 = 16;
/// The sizes that an anchor can remember: the newest 256, and some 1,500 older ones in 64 bits.
pub const MAX_REMEMBERED: usize = 2048;
/// The length that an anchor's text may have.
pub const MAX_ANCHOR_BYTES: usize = MAX_REMEMBERED * 66 + crate::note::MAX_NOTE_BYTES + HEADER.len() + 1;

/// What one log has signed: the last checkpoint, and sizes and roots of earlier ones.
///
/// Its `Display` is the text that [`Anchor::parse`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Rising sizes, the last checkpoint's at the end; never empty.
    remembered: Vec<(u64, Hash)>,
    last: SignedCheckpoint,
}

/// How a log stands to what was signed. Sizes at which both were compared are those that the anchor remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The log has the tree that was signed last, and may have grown. It may sign.
    Extends,
    /// The log is shorter than what was signed, and is otherwise the same as far as can be seen: an old backup.
    LogShorter {
        /// The largest size at which both are the same; 0 where none is remembered.
        agree_at: u64,
        /// The smallest size that was signed and that the log does not reach.
        missing_at: u64,
    },
    /// The log has another history.
    Fork {
        /// The largest size at which both are the same; 0 where none is remembered.
        agree_at: u64,
        /// The smallest size at which they differ.
        differ_at: u64,
    },
}

impl Anchor {
    /// The anchor of a log that signs its first checkpoint.
    pub fn begin(first: SignedCheckpoint) -> Self {
        let Checkpoint { origin: _, size, root } = *first.checkpoint();
        Self { remembered: vec![(size, root)], last: first }
    }

    /// What was signed last.
    pub fn last(&self) -> &SignedCheckpoint {
        &self.last
    }

    /// The sizes at which [`Anchor::compare`] may ask for a root, rising.
    pub fn sizes(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.remembered.iter().map(|(size, _)| *size)
    }

    /// Compares a log with what was signed. `root_at` is the log's root at a size; `None` where it is not that long.
    ///
    /// Asks once where all is well, else as often as halving the remembered sizes takes.
    pub fn compare(&self, mut root_at: impl FnMut(u64) -> Option<Hash>) -> Standing {
        let Checkpoint { origin: _, size, root } = self.last.checkpoint();
        if root_at(*size) == Some(*root) {
            return Standing::Extends;
        }
        // Trees that are the same at one size are the same at every smaller one, or SHA-256 is broken.
        let same = self.remembered.partition_point(|(size, root)| root_at(*size) == Some(*root));
        let agree_at = same.checked_sub(1).map_or(0, |last_same| self.remembered[last_same].0);
        let Some((differ_at, _)) = self.remembered.get(same) else {
            unreachable!("the last size is remembered, and the trees are not the same there");
        };
        match root_at(*differ_at) {
            Some(_) => Standing::Fork { agree_at, differ_at: *differ_at },
            None => Standing::LogShorter { agree_at, missing_at: *differ_at },
        }
    }

    /// Remembers a checkpoint that is about to be published. It must be of the same log and larger, or the same tree
    /// again; that it extends the last one is the caller's to prove ([`Anchor::compare`], or a consistency proof).
    pub fn advance(&mut self, next: SignedCheckpoint) -> Result<(), AnchorError> {
        let (old, new) = (self.last.checkpoint(), next.checkpoint());
        if old.origin != new.origin {
            return Err(AnchorError::Origin);
        }
        if new.size < old.size || (new.size == old.size && new.root != old.root) {
            return Err(AnchorError::Rollback);
        }
        if new.size > old.size {
            self.remembered.push((new.size, new.root));
            thin(&mut self.remembered);
        }
        self.last = next;
        Ok(())
    }

    /// Reads the text. Whether its checkpoint's signature holds is the caller's to check.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, AnchorError> {
        let bytes = bytes.as_ref();
        if bytes.len() > MAX_ANCHOR_BYTES {
            return Err(AnchorError::Layout);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| AnchorError::Layout)?;
        let rest = text.strip_prefix(HEADER).ok_or(AnchorError::Layout)?;
        let (lines, checkpoint) = rest.split_once("\n\n").ok_or(AnchorError::Layout)?;
        let remembered: Vec<_> =
            lines.split('\n').map(parse_line).collect::<Option<_>>().ok_or(AnchorError::Line)?;
        let last = SignedCheckpoint::parse(checkpoint).map_err(AnchorError::Checkpoint)?;
        let is_rising = remembered.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let ends_at_last = remembered.last() == Some(&(last.checkpoint().size, last.checkpoint().root));
        if is_rising && ends_at_last && remembered.len() <= MAX_REMEMBERED {
            Ok(Self { remembered, last })
        } else {
            Err(AnchorError::Order)
        }
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HEADER)?;
        for (size, root) in &self.remembered {
            writeln!(formatter, "{size} {}", text::to_base64(root))?;
        }
        write!(formatter, "\n{}", self.last)
    }
}

fn parse_line(line: &str) -> Option<(u64, Hash)> {
    let (size, root) = line.split_once(' ')?;
    Some((text::decimal(size)?, text::hash(root)?))
}

/// Forgets old sizes that lie closer together than their distance from the newest one asks for.
fn thin(remembered: &mut Vec<(u64, Hash)>) {
    let Some((newest, _)) = remembered.last().copied() else { return };
    let old = remembered.len().saturating_sub(RECENT);
    let (mut kept, mut at) = (1, 1);
    // The first one stays. Each further one stays where leaving it out would leave too wide a gap.
    while at < old {
        let (before, after) = (remembered[kept - 1].0, remembered[at + 1].0);
        if after - before > (newest - after) / SPACING {
            remembered[kept] = remembered[at];
            kept += 1;
        }
        at += 1;
    }
    if kept < old {
        remembered.drain(kept..old);
    }
}

/// Why a text is no anchor, or a checkpoint cannot be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorError {
    /// The text is not the header, lines of sizes and roots, an empty line and a checkpoint.
    Layout,
    /// A line is not a size and a root.
    Line,
    /// The sizes do not rise to the last checkpoint's, or are too many.
    Order,
    /// The checkpoint is none.
    Checkpoint(CheckpointError),
    /// The checkpoint is of another log.
    Origin,
    /// The checkpoint is smaller than the last one, or of the same size with another root.
    Rollback,
}

impl fmt::Display for AnchorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Layout => "the text is no anchor",
            Self::Line => "a line of the anchor is not a size and a root",
            Self::Order => "the anchor's sizes do not rise to that of its last checkpoint",
            Self::Checkpoint(_) => "the anchor's last checkpoint is none",
            Self::Origin => "the checkpoint is of another log than the anchor",
            Self::Rollback => {
                "the checkpoint is older than what was signed last, or another tree of the same size"
            }
        })
    }
}

impl std::error::Error for AnchorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Checkpoint(error) => Some(error),
            Self::Layout | Self::Line | Self::Order | Self::Origin | Self::Rollback => None,
        }
    }
}
