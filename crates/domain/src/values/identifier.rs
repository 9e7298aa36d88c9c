//! Identifiers: 1 to 64 of `[A-Za-z0-9._-]`; one in GUID form is lower-cased, all others compare byte for byte.

use std::fmt;
use std::hash::{Hash, Hasher};
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

#[derive(Clone, PartialEq, Eq)]
enum Form {
    /// Its bytes as two numbers, the first ones highest: they are compared, hashed and moved for every order.
    Guid(u64, u64),
    Text(Arc<str>),
}

impl Hash for Form {
    /// All of a GUID in one step.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Guid(high, low) => state.write_u128(u128::from(*high) << 64 | u128::from(*low)),
            Self::Text(text) => text.hash(state),
        }
    }
}

impl Identifier {
    /// Parses an identifier; allocates only where it is no GUID.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        Self::parse_bytes(text.as_bytes())
    }

    fn parse_bytes(text: &[u8]) -> Result<Self, InvalidId> {
        if let Some(guid) = parse_guid(text) {
            return Ok(Self(guid));
        }
        let fits = (1..=IDENTIFIER_BYTES_MAX).contains(&text.len());
        let plain = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'_' | b'-');
        match str::from_utf8(text) {
            Ok(plain_text) if fits && text.iter().all(plain) => Ok(Self(Form::Text(Arc::from(plain_text)))),
            Ok(_) | Err(_) => Err(InvalidId),
        }
    }

    #[inline]
    const fn guid(&self) -> Option<u128> {
        match &self.0 {
            Form::Guid(high, low) => Some((*high as u128) << 64 | *low as u128),
            Form::Text(_) => None,
        }
    }

    const fn of_guid(number: u128) -> Self {
        Self(Form::Guid((number >> 64) as u64, number as u64))
    }

    /// The text; a GUID's is written into the room.
    fn text_in<'a>(&'a self, room: &'a mut [u8; GUID_TEXT_BYTES]) -> &'a str {
        match &self.0 {
            Form::Text(text) => text,
            Form::Guid(high, low) => guid_text(*high, *low, room),
        }
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

/// How long the text of a GUID is.
pub const GUID_TEXT_BYTES: usize = 36;
/// Where the two digits of each byte of a GUID begin.
const BYTES_AT: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
/// Where its dashes are.
const DASHES_AT: [usize; 4] = [8, 13, 18, 23];

/// 8-4-4-4-12 hexadecimal digits, in either case.
fn parse_guid(text: &[u8]) -> Option<Form> {
    let text: &[u8; GUID_TEXT_BYTES] = text.try_into().ok()?;
    if DASHES_AT.iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let (mut seen, (high, low)) = (0, BYTES_AT.split_at(BYTES_AT.len() / 2));
    let mut number = |bytes_at: &[usize]| {
        bytes_at.iter().fold(0, |number, at| {
            let (high, low) = (HEX_DIGITS[usize::from(text[*at])], HEX_DIGITS[usize::from(text[at + 1])]);
            seen |= high | low;
            number << 8 | u64::from(high << 4 | low)
        })
    };
    let guid = Form::Guid(number(high), number(low));
    // Looked at once for all digits: a branch for each would cost more than they do.
    (seen < 16).then_some(guid)
}

fn guid_text(high: u64, low: u64, room: &mut [u8; GUID_TEXT_BYTES]) -> &str {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    *room = [b'-'; GUID_TEXT_BYTES];
    let bytes = high.to_be_bytes().into_iter().chain(low.to_be_bytes());
    for (byte, at) in bytes.zip(BYTES_AT) {
        room[at] = HEX[usize::from(byte >> 4)];
        room[at + 1] = HEX[usize::from(byte & 15)];
    }
    std::str::from_utf8(room).expect("hexadecimal digits and dashes are ASCII")
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text_in(&mut [0; GUID_TEXT_BYTES]))
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
            (Form::Guid(one, rest), Form::Guid(two, other)) => (one, rest).cmp(&(two, other)),
            (Form::Text(one), Form::Text(two)) => one.cmp(two),
            (Form::Guid(..), Form::Text(_)) | (Form::Text(_), Form::Guid(..)) => {
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

            /// Parses the identifier from bytes that nobody has taken for a text yet.
            pub fn parse_bytes(text: &[u8]) -> Result<Self, InvalidId> {
                Identifier::parse_bytes(text).map(Self)
            }

            /// The 16 bytes of a GUID, the first one highest; none where the identifier is no GUID.
            #[inline]
            pub const fn guid(&self) -> Option<u128> {
                self.0.guid()
            }

            /// The identifier that is this GUID.
            #[inline]
            pub const fn of_guid(number: u128) -> Self {
                Self(Identifier::of_guid(number))
            }

            /// The identifier's text, as `to_string` gives it, without the detour through a formatter.
            pub fn text(&self) -> String {
                self.text_in(&mut [0; GUID_TEXT_BYTES]).to_owned()
            }

            /// The identifier's text without an allocation; a GUID's is written into the room.
            pub fn text_in<'a>(&'a self, room: &'a mut [u8; GUID_TEXT_BYTES]) -> &'a str {
                self.0.text_in(room)
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
    fn a_guid_is_a_number_and_the_number_is_the_guid_and_other_ids_are_none() {
        let guid = CustomerId::parse("117a77b0-9360-443b-8795-c6dedc750cf9").unwrap();
        assert_eq!(guid.guid(), Some(0x117a_77b0_9360_443b_8795_c6de_dc75_0cf9));
        assert_eq!(guid.guid().map(CustomerId::of_guid), Some(guid));
        assert_eq!(CustomerId::parse("contoso").unwrap().guid(), None);
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
