//! Checkpoints (C2SP `tlog-checkpoint`): a log says under its name how large its tree is and what its root is.

use std::fmt;
use std::str::FromStr;

use crate::hash::{EMPTY_ROOT, Hash};
use crate::key::{KeyPurpose, VerifierKey};
use crate::note::{Note, NoteError, SignedBy};
use crate::signing_key::SigningKey;
use crate::text;

/// The name of a log, the first line of its checkpoints: not empty, without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Takes a name, where it is one.
    pub fn parse(origin: &str) -> Result<Self, CheckpointError> {
        let is_origin =
            !origin.is_empty() && origin.len() <= Self::MAX_BYTES && !origin.chars().any(char::is_control);
        if is_origin { Ok(Self(origin.to_owned())) } else { Err(CheckpointError::Origin) }
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The length that an origin may have. `tlog-cosignature` writes it in one byte.
    pub const MAX_BYTES: usize = 255;
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a log says about itself.
///
/// Its text is these three lines and nothing else: extension lines are refused, because nobody can audit them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// The number of leaves.
    pub size: u64,
    /// The root of RFC 6962, section 2.1.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note, without looking at who signed it.
    pub fn parse_text(note_text: &str) -> Result<Self, CheckpointError> {
        let lines = note_text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = lines.split('\n');
        let (origin, size, root) = match (lines.next(), lines.next(), lines.next(), lines.next()) {
            (Some(origin), Some(size), Some(root), None) => (origin, size, root),
            _ => return Err(CheckpointError::Lines),
        };
        let origin = Origin::parse(origin)?;
        let size = text::decimal(size).ok_or(CheckpointError::Size)?;
        let root = text::hash(root).ok_or(CheckpointError::Root)?;
        if size == 0 && root != EMPTY_ROOT {
            return Err(CheckpointError::Root);
        }
        Ok(Self { origin, size, root })
    }

    /// The text that is signed: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, text::to_base64(self.root))
    }

    /// Signs with all of a log's keys: while one is rotated, with the old and the new one. There is at least one, and
    /// every key has the origin as its name.
    pub fn sign(&self, keys: &[SigningKey]) -> Result<SignedCheckpoint, CheckpointError> {
        if keys.is_empty() || keys.iter().any(|key| !self.is_said_by(key.verifier())) {
            return Err(CheckpointError::Signer);
        }
        let mut note = Note::unsigned(self.text()).map_err(CheckpointError::Note)?;
        keys.iter().try_for_each(|key| note.sign(key)).map_err(CheckpointError::Note)?;
        Ok(SignedCheckpoint { checkpoint: self.clone(), note })
    }

    /// Reads a signed checkpoint and checks that the log itself has signed it: [`SignedCheckpoint::verify`].
    pub fn open(note: impl AsRef<[u8]>, known: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let signed = SignedCheckpoint::parse(note)?;
        signed.verify(known)?;
        Ok(signed.checkpoint)
    }

    /// Whether a signature by this key is the log's own.
    fn is_said_by(&self, key: &VerifierKey) -> bool {
        match key.purpose() {
            KeyPurpose::Log => key.name().as_str() == self.origin.as_str(),
            KeyPurpose::Witness => false,
        }
    }
}

/// A checkpoint with its signatures, well formed. Whether they hold is what [`SignedCheckpoint::verify`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Reads a signed note whose text is a checkpoint. Its `Display` is the same text again.
    pub fn parse(note: impl AsRef<[u8]>) -> Result<Self, CheckpointError> {
        let note = Note::parse(note).map_err(CheckpointError::Note)?;
        Ok(Self { checkpoint: Checkpoint::parse_text(note.text())?, note })
    }

    /// What it says. Trust it after [`SignedCheckpoint::verify`] only.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// The note, to which cosignatures may be added.
    pub fn note_mut(&mut self) -> &mut Note {
        &mut self.note
    }

    /// Names those of `known` who signed: the log itself, by a key whose name is the origin, and witnesses.
    ///
    /// Without a signature of the log there is no checkpoint, whoever else signed. The keys of other logs say nothing here.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<SignedBy<'k>>, CheckpointError> {
        let mut signed_by = self.note.verify(known).map_err(CheckpointError::Note)?;
        signed_by.retain(|by| match by.key.purpose() {
            KeyPurpose::Log => self.checkpoint.is_said_by(by.key),
            KeyPurpose::Witness => true,
        });
        let is_the_logs = signed_by.iter().any(|by| self.checkpoint.is_said_by(by.key));
        if is_the_logs { Ok(signed_by) } else { Err(CheckpointError::Signer) }
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(formatter)
    }
}

impl FromStr for SignedCheckpoint {
    type Err = CheckpointError;

    fn from_str(note: &str) -> Result<Self, CheckpointError> {
        Self::parse(note)
    }
}

/// Why a text is no checkpoint, or nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// The signed note is none, or a signature does not hold.
    Note(NoteError),
    /// The text has not three lines.
    Lines,
    /// The origin is empty or too long, or has a control character.
    Origin,
    /// The size is no decimal number of 64 bits.
    Size,
    /// The root is not 32 bytes in base64, or not that of the empty tree where the size is 0.
    Root,
    /// None of the signatures is the log's own; to sign, every key must have the origin as its name.
    Signer,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Note(_) => "the checkpoint is no signed note that holds",
            Self::Lines => "a checkpoint has three lines: origin, size and root",
            Self::Origin => "the checkpoint's origin is empty, too long or has control characters",
            Self::Size => "the checkpoint's size is no number",
            Self::Root => "the checkpoint's root is no hash, or not the empty tree's",
            Self::Signer => "no key of the log itself has signed the checkpoint",
        })
    }
}

impl std::error::Error for CheckpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Note(error) => Some(error),
            Self::Lines | Self::Origin | Self::Size | Self::Root | Self::Signer => None,
        }
    }
}
