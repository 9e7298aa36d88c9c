//! Signed notes (C2SP `signed-note`): a text, and below it the signatures of those who vouch for it.

use std::fmt;

use crate::cosignature;
use crate::key::{KeyName, KeyPurpose, VerifierKey};
use crate::signing_key::SigningKey;
use crate::text;

/// The length that a note may have. Sixteen signatures that withstand quantum computers fit.
pub const MAX_NOTE_BYTES: usize = 128 * 1024;
/// The number of signatures that a note may have.
pub const MAX_SIGNATURES: usize = 64;
/// What every signature line begins with: an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";

/// A text with signatures, well formed. Whether they hold is another question: [`Note::verify`].
///
/// What was parsed is written again as it was, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// A line below the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key that is said to have signed.
    pub name: KeyName,
    /// The key's id.
    pub key_id: u32,
    /// The signature, in the form that the key's type has.
    pub bytes: Vec<u8>,
}

/// A key that has signed a note, and when, where the signature says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedBy<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// The second since 1970 that a witness put into its cosignature; `None` for a log's signature.
    pub cosigned_at: Option<u64>,
}

impl Note {
    /// A note that nobody has signed yet: `text` ends in a newline.
    pub fn unsigned(text: String) -> Result<Self, NoteError> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        if text.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Characters);
        }
        if text.ends_with('\n') { Ok(Self { text, signatures: Vec::new() }) } else { Err(NoteError::Layout) }
    }

    /// Reads a signed note. It has at least one signature, which is not looked at any further.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, NoteError> {
        let bytes = bytes.as_ref();
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Characters)?;
        let blank_line = note.rfind("\n\n").ok_or(NoteError::Layout)?;
        let mut parsed = Self::unsigned(note[..=blank_line].to_owned())?;
        parsed.signatures = parse_signatures(&note[blank_line + 2..])?;
        Ok(parsed)
    }

    /// The text that is signed, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in their order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Signs as a log. A witness's key does not sign here, because a cosignature has a time: [`Note::cosign`].
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), NoteError> {
        match key.verifier().purpose() {
            KeyPurpose::Log => self.add(signature_by(key, key.sign(self.text.as_bytes()))),
            KeyPurpose::Witness => Err(NoteError::Purpose),
        }
    }

    /// Cosigns as a witness, at a second since 1970.
    pub fn cosign(&mut self, key: &SigningKey, at: u64) -> Result<(), NoteError> {
        match key.verifier().purpose() {
            KeyPurpose::Witness => {
                let cosignature = cosignature::sign(key, &self.text, at).ok_or(NoteError::Time)?;
                self.add(signature_by(key, cosignature))
            }
            KeyPurpose::Log => Err(NoteError::Purpose),
        }
    }

    /// Adds a signature line that somebody else made; one that is there already is not added again.
    pub fn add(&mut self, signature: Signature) -> Result<(), NoteError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::Signatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Names those of `known` who signed, each once. Signatures by unknown keys say nothing; one by a known key that
    /// does not hold refuses the whole note, and so does the lack of any that holds.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<SignedBy<'k>>, NoteError> {
        let mut signed_by: Vec<SignedBy<'k>> = Vec::new();
        for signature in &self.signatures {
            let mut claimed = known.iter().filter(|key| signature.claims(key)).peekable();
            if claimed.peek().is_none() {
                continue;
            }
            let by =
                claimed.find_map(|key| signature.holds(key, &self.text)).ok_or(NoteError::BadSignature)?;
            if !signed_by.iter().any(|earlier| earlier.key == by.key) {
                signed_by.push(by);
            }
        }
        if signed_by.is_empty() { Err(NoteError::Unsigned) } else { Ok(signed_by) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(formatter, "{signature}"))
    }
}

impl Signature {
    fn claims(&self, key: &VerifierKey) -> bool {
        self.name == *key.name() && self.key_id == key.id()
    }

    fn holds<'k>(&self, key: &'k VerifierKey, text: &str) -> Option<SignedBy<'k>> {
        match key.purpose() {
            KeyPurpose::Log => {
                key.accepts(text.as_bytes(), &self.bytes).then_some(SignedBy { key, cosigned_at: None })
            }
            KeyPurpose::Witness => {
                let at = cosignature::verify(key, text, &self.bytes)?;
                Some(SignedBy { key, cosigned_at: Some(at) })
            }
        }
    }
}

/// The signature line, without its newline.
impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id.to_be_bytes()[..], &self.bytes].concat();
        write!(formatter, "{SIGNATURE_MARK}{} {}", self.name, text::to_base64(bytes))
    }
}

/// Reads signature lines, each with its newline, and at least one: the end of a note, or what a witness answers.
pub fn parse_signatures(lines: &str) -> Result<Vec<Signature>, NoteError> {
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Layout)?;
    if lines.split('\n').count() > MAX_SIGNATURES {
        return Err(NoteError::Signatures);
    }
    lines.split('\n').map(|line| parse_signature(line).ok_or(NoteError::SignatureLine)).collect()
}

fn parse_signature(line: &str) -> Option<Signature> {
    let (name, signature) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
    let signature = text::from_base64(signature)?;
    let (key_id, bytes) = signature.split_first_chunk()?;
    let is_signed = !bytes.is_empty();
    let name = KeyName::parse(name).ok()?;
    is_signed.then(|| Signature { name, key_id: u32::from_be_bytes(*key_id), bytes: bytes.to_vec() })
}

fn signature_by(key: &SigningKey, bytes: Vec<u8>) -> Signature {
    Signature { name: key.verifier().name().clone(), key_id: key.verifier().id(), bytes }
}

/// Why a note is none, or says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// It is longer than [`MAX_NOTE_BYTES`].
    TooLong,
    /// It is not UTF-8, or has a control character other than newlines.
    Characters,
    /// It is not a text, an empty line and signature lines, each ended by a newline.
    Layout,
    /// A line below the text is no signature line.
    SignatureLine,
    /// It has more than [`MAX_SIGNATURES`] signatures.
    Signatures,
    /// A signature by a known key does not belong to this text.
    BadSignature,
    /// No known key has signed.
    Unsigned,
    /// A log's key was to cosign, or a witness's key to sign.
    Purpose,
    /// A cosignature's time is later than 2^63 - 1 seconds after 1970.
    Time,
}

impl fmt::Display for NoteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TooLong => "the note is too long",
            Self::Characters => "the note is not UTF-8 without control characters",
            Self::Layout => "the note is not a text, an empty line and signature lines",
            Self::SignatureLine => "a line below the note's text is no signature",
            Self::Signatures => "the note has too many signatures",
            Self::BadSignature => "a signature by a known key does not belong to the note's text",
            Self::Unsigned => "no known key has signed the note",
            Self::Purpose => "a log's key signs and a witness's key cosigns, not the other way round",
            Self::Time => "the time of a cosignature is out of range",
        })
    }
}

impl std::error::Error for NoteError {}
