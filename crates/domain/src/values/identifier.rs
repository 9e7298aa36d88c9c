//! Identifiers: 1 to 64 of `[A-Za-z0-9._-]`; one in GUID form is lower-cased, all others compare byte for byte.

use std::fmt;
use std::sync::Arc;

/// The longest identifier, in bytes.
pub const IDENTIFIER_BYTES_MAX: usize = 64;

/// A text that is no identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be 1 to 64 of the characters A-Z a-z 0-9 . _ -")
    }
}

impl std::error::Error for InvalidId {}

/// A well-formed identifier. GUIDs are held as 16 bytes: most ids of a large ledger are GUIDs, and the index
/// holds millions of them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identifier(Form);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    Guid([u8; 16]),
    Text(Arc<str>),
}

impl Identifier {
    /// Parses an identifier; allocates only where it is no GUID.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if let Some(guid) = parse_guid(text.as_bytes()) {
            return Ok(Self(Form::Guid(guid)));
        }
        let fits = (1..=IDENTIFIER_BYTES_MAX).contains(&text.len());
        let plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-');
        if fits && text.bytes().all(plain) { Ok(Self(Form::Text(Arc::from(text)))) } else { Err(InvalidId) }
    }
}

/// What is no hexadecimal digit.
const NO_DIGIT: u8 = u8::MAX;

/// The value of each hexadecimal digit, in either case: ids are parsed for every order.
const HEX_DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value as usize];
        digits[digit as usize] = value;
        digits[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
    }
    digits
};

/// 8-4-4-4-12 hexadecimal digits, in either case.
fn parse_guid(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let mut guid = [0; 16];
    let mut digits = 0;
    for (at, byte) in text.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = HEX_DIGITS[usize::from(*byte)];
        if digit == NO_DIGIT {
            return None;
        }
        guid[digits / 2] |= if digits % 2 == 0 { digit << 4 } else { digit };
        digits += 1;
    }
    Some(guid)
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let guid = match &self.0 {
            Form::Text(text) => return f.pad(text),
            Form::Guid(guid) => guid,
        };
        let mut text = [b'-'; 36];
        let mut at = 0;
        for byte in guid {
            if matches!(at, 8 | 13 | 18 | 23) {
                at += 1;
            }
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 15)];
            at += 2;
        }
        f.pad(std::str::from_utf8(&text).expect("hexadecimal digits and dashes are ASCII"))
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialOrd for Identifier {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Identifier {
    /// The order of the texts, which is the order that the read models list in.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (&self.0, &other.0) {
            (Form::Guid(one), Form::Guid(two)) => one.cmp(two),
            (Form::Text(one), Form::Text(two)) => one.cmp(two),
            (Form::Guid(_), Form::Text(_)) | (Form::Text(_), Form::Guid(_)) => {
                self.to_string().cmp(&other.to_string())
            }
        }
    }
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Identifier);

        impl $name {
            /// Parses the identifier.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                Identifier::parse(text).map(Self)
            }

            /// The identifier's text, as `to_string` gives it, without the detour through a formatter.
            pub fn text(&self) -> String {
                match &self.0.0 {
                    Form::Text(text) => String::from(&**text),
                    Form::Guid(_) => self.to_string(),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

identifiers! {
    /// A partner: the one who sells.
    PartnerId;
    /// A customer: the one who accepts.
    CustomerId;
    /// An agreement, for example `microsoft-customer-agreement`.
    AgreementId;
    /// A version of an agreement, for example `2023-04`.
    VersionId;
    /// A family of products that can demand an agreement of its own, for example `azure-plan`.
    ProductFamily;
    /// A policy.
    PolicyId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_guid_form_is_lower_cased_and_others_are_kept_byte_for_byte() {
        let guid = Identifier::parse("117A77B0-9360-443B-8795-C6DEDC750CF9").unwrap();
        assert_eq!(guid.to_string(), "117a77b0-9360-443b-8795-c6dedc750cf9");
        assert_eq!(Identifier::parse("Contoso.Ltd").unwrap().to_string(), "Contoso.Ltd");
        assert_ne!(Identifier::parse("contoso").unwrap(), Identifier::parse("Contoso").unwrap());
    }

    #[test]
    fn a_text_that_is_empty_too_long_or_has_other_characters_is_no_id() {
        for text in ["", "a b", "ü", "a/b", &"x".repeat(65)] {
            assert_eq!(Identifier::parse(text), Err(InvalidId), "{text}");
        }
        assert!(Identifier::parse(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn ids_sort_as_their_texts_do() {
        let texts = [
            "117a77b0-9360-443b-8795-c6dedc750cf9",
            "1",
            "2",
            "zeta",
            "998b88de-aa99-4388-a42c-1b3517d49490",
        ];
        let mut ids: Vec<_> = texts.iter().map(|it| Identifier::parse(it).unwrap()).collect();
        let mut sorted = texts.to_vec();
        ids.sort();
        sorted.sort_unstable();
        assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), sorted);
    }
}
