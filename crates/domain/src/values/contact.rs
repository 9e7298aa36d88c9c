//! The person who accepted (rules C1, C2). None of these prints its content in `Debug`: rule C14.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 256;
/// The longest e-mail address, in bytes (RFC 5321, 4.5.3.1.3).
pub const EMAIL_BYTES_MAX: usize = 254;
/// The longest phone number, in bytes.
pub const PHONE_BYTES_MAX: usize = 64;

/// A text that is missing, too long, or has characters that no such text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidText(pub &'static str);

impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidText {}

/// A person's name, or a part of it: trimmed, NFC, in any script.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Parses a name. Control characters and line breaks are refused, no script is.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let name: String = text.trim().nfc().collect();
        if name.chars().all(is_invisible) {
            return Err(InvalidText("must not be blank"));
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(InvalidText("must be at most 256 bytes"));
        }
        if name.chars().any(char::is_control) {
            return Err(InvalidText("must not contain control characters"));
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A character that shows nothing: a name of such characters alone is blank (rule C1).
fn is_invisible(it: char) -> bool {
    let is_format = matches!(it, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    it.is_whitespace() || is_format
}

/// A text that is no e-mail address.
pub type InvalidEmail = InvalidText;

/// An e-mail address of valid format (rule C2): not trimmed, no display name, no domain literal.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks the format only; nothing is looked up.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        if text.is_empty() {
            return Err(InvalidText("must not be blank"));
        }
        let options = email_address::Options::default()
            .without_display_text()
            .without_domain_literal()
            .with_required_tld();
        let valid = text.len() <= EMAIL_BYTES_MAX
            && !text.chars().any(|it| it.is_whitespace() || it.is_control())
            && email_address::EmailAddress::parse_with_options(text, options).is_ok()
            && Self(text.to_owned()).domain().is_some();
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText("must be an e-mail address such as name@example.com"))
        }
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole domain in its IDNA form, lower-case (rule W3).
    pub fn domain(&self) -> Option<String> {
        let (_, domain) = self.0.rsplit_once('@')?;
        normal_domain(domain)
    }
}

/// The IDNA form of a domain, lower-case: what rule W3 compares. None where it is no domain.
pub fn normal_domain(domain: &str) -> Option<String> {
    let ascii = idna::domain_to_ascii(domain.strip_suffix('.').unwrap_or(domain)).ok()?;
    let label = |it: &str| !it.is_empty() && it.len() <= 63;
    (ascii.len() <= 253 && ascii.split('.').all(label)).then_some(ascii)
}

/// A phone number, kept as it was given.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses a phone number; an empty text is none.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidText> {
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() > PHONE_BYTES_MAX {
            return Err(InvalidText("must be at most 64 bytes"));
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidText("must not contain control characters"));
        }
        Ok(Some(Self(text.to_owned())))
    }

    /// The number as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person inside the customer's organisation (rule W3).
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// The first name.
    pub first_name: PersonName,
    /// The last name.
    pub last_name: PersonName,
    /// The e-mail address.
    pub email: Email,
    /// The phone number, where one was given.
    pub phone_number: Option<PhoneNumber>,
}

macro_rules! redacted {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}

redacted!(PersonName Email PhoneNumber Contact);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_characters_that_show_nothing_is_blank() {
        for text in ["", "  ", "\u{200b}\n", "\u{feff}\u{2060}"] {
            assert_eq!(PersonName::parse(text), Err(InvalidText("must not be blank")), "{text:?}");
        }
        assert!(PersonName::parse("\u{645}\u{200c}\u{645}").is_ok(), "a joiner within a name stays");
    }
}
