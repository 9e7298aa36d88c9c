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

    #[inline]
    fn parse_bytes(text: &[u8]) -> Result<Self, InvalidId> {
        match parse_guid(text) {
            Some(guid) => Ok(Self(guid)),
            None => Self::parse_text(text),
        }
    }

    fn parse_text(text: &[u8]) -> Result<Self, InvalidId> {
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
            Form::Guid(high, low) => guid_text(u128::from(*high) << 64 | u128::from(*low), room),
        }
    }
}

/// How long the text of a GUID is: 8-4-4-4-12 hexadecimal digits.
pub const GUID_TEXT_BYTES: usize = 36;
const DASH: u8 = b'-';
const DIGITS: usize = 32;

/// Digits in either case. All of them are looked at in the same steps: a branch or a look-up for each costs more than they do.
fn parse_guid(text: &[u8]) -> Option<Form> {
    let text: &[u8; GUID_TEXT_BYTES] = text.try_into().ok()?;
    let mut digits = [0; DIGITS];
    digits[..8].copy_from_slice(&text[..8]);
    digits[8..12].copy_from_slice(&text[9..13]);
    digits[12..16].copy_from_slice(&text[14..18]);
    digits[16..20].copy_from_slice(&text[19..23]);
    digits[20..].copy_from_slice(&text[24..]);
    let mut wrong = (text[8] ^ DASH) | (text[13] ^ DASH) | (text[18] ^ DASH) | (text[23] ^ DASH);
    let mut values = [0; DIGITS];
    for (value, digit) in values.iter_mut().zip(digits) {
        // A letter's lower case differs in one bit.
        let (number, letter) = (digit.wrapping_sub(b'0'), (digit | 0x20).wrapping_sub(b'a'));
        *value = if number < 10 { number } else { letter.wrapping_add(10) };
        wrong |= u8::from(number >= 10 && letter >= 6);
    }
    let half = |at: usize| {
        u64::from(packed(&values[at..at + 8])) << 32 | u64::from(packed(&values[at + 8..at + 16]))
    };
    let (high, low) = (half(0), half(16));
    (wrong == 0).then_some(Form::Guid(high, low))
}

/// The number of eight digits' values: each byte becomes half of one.
#[inline(always)]
fn packed(values: &[u8]) -> u32 {
    let it = u64::from_be_bytes(values.try_into().expect("they are eight"));
    let it = (it | it >> 4) & 0x00ff_00ff_00ff_00ff;
    let it = (it | it >> 8) & 0x0000_ffff_0000_ffff;
    (it | it >> 16) as u32
}

/// The text of a GUID in lower case, written into the room.
pub fn guid_text(guid: u128, room: &mut [u8; GUID_TEXT_BYTES]) -> &str {
    write_guid(guid, room);
    std::str::from_utf8(room).expect("hexadecimal digits and dashes are ASCII")
}

/// The same, where nobody has to be shown that it is a text.
pub fn write_guid(guid: u128, room: &mut [u8; GUID_TEXT_BYTES]) {
    let eight = |bits: u32| hex((guid >> bits) as u32);
    let (first, second, third, last) = (eight(96), eight(64), eight(32), eight(0));
    room[..8].copy_from_slice(&first);
    room[9..13].copy_from_slice(&second[..4]);
    room[14..18].copy_from_slice(&second[4..]);
    room[19..23].copy_from_slice(&third[..4]);
    room[24..28].copy_from_slice(&third[4..]);
    room[28..].copy_from_slice(&last);
    for dash in [8, 13, 18, 23] {
        room[dash] = DASH;
    }
}

/// Eight digits: each half byte becomes a byte, and each byte its digit.
const fn hex(number: u32) -> [u8; 8] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let it = number as u64;
    let it = (it | it << 16) & 0x0000_ffff_0000_ffff;
    let it = (it | it << 8) & 0x00ff_00ff_00ff_00ff;
    let it = (it | it << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let is_letter = ((it + 6 * EACH) >> 4) & EACH;
    (it + b'0' as u64 * EACH + (b'a' - b'9' - 1) as u64 * is_letter).to_be_bytes()
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
    fn each_digit_of_a_guid_is_a_hexadecimal_one_and_stands_where_it_stood() {
        let guid = "0123abcd-4567-89ef-8a9b-cdef01234567";
        for at in 0..GUID_TEXT_BYTES {
            for other in 0..=u8::MAX {
                let mut text = guid.as_bytes().to_vec();
                text[at] = other;
                let is_dash = guid.as_bytes()[at] == DASH;
                let is_guid = if is_dash { other == DASH } else { other.is_ascii_hexdigit() };
                let parsed = CustomerId::parse_bytes(&text).ok();
                assert_eq!(parsed.as_ref().is_some_and(|it| it.guid().is_some()), is_guid, "{at} {other}");
                if is_guid {
                    let text = String::from_utf8(text).unwrap();
                    assert_eq!(parsed.map(|it| it.text()), Some(text.to_lowercase()));
                }
            }
        }
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
