//! Countries, languages, and the template of an agreement for both.

use std::fmt;

/// A text that is no country or language code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCode(&'static str);

impl fmt::Display for InvalidCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for InvalidCode {}

/// A country: two letters, ISO 3166-1 alpha-2, upper-cased.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

const LETTERS: u16 = 26;
const LETTER_BITS: u16 = 5;

impl Country {
    /// Parses two ASCII letters.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        match text.as_bytes() {
            [one, two] if one.is_ascii_alphabetic() && two.is_ascii_alphabetic() => {
                Ok(Self([one.to_ascii_uppercase(), two.to_ascii_uppercase()]))
            }
            _ => Err(InvalidCode("must be a country code of two letters (ISO 3166-1 alpha-2)")),
        }
    }

    /// Its two letters as a number of 10 bits, 5 each.
    #[inline]
    pub const fn number(self) -> u16 {
        let [one, two] = self.0;
        ((one - b'A') as u16) << LETTER_BITS | (two - b'A') as u16
    }

    /// The country of this number; none where no two letters have it.
    #[inline]
    pub const fn of_number(number: u16) -> Option<Self> {
        let (one, two) = (number >> LETTER_BITS, number % (1 << LETTER_BITS));
        if one >= LETTERS || two >= LETTERS {
            return None;
        }
        Some(Self([b'A' + one as u8, b'A' + two as u8]))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("two ASCII letters")
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A language tag such as `en-US`: letters and digits in groups, at most 16 bytes; kept as given, compared
/// without regard to case.
#[derive(Clone, Debug)]
pub struct Language(Box<str>);

impl Language {
    /// Parses the tag's form; whether a template exists for it is another question.
    pub fn parse(text: &str) -> Result<Self, InvalidCode> {
        let mut groups = text.split('-');
        let first = groups.next().unwrap_or_default();
        let primary = (2..=3).contains(&first.len()) && first.bytes().all(|it| it.is_ascii_alphabetic());
        let rest =
            groups.all(|it| (1..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric()));
        if primary && rest && text.len() <= 16 {
            Ok(Self(text.into()))
        } else {
            Err(InvalidCode("must be a language tag such as en-US"))
        }
    }

    /// The tag as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Language {}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Names the text of an agreement version for a country and a language (rule C5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The country that the text is for.
    pub country: Country,
    /// The language that it is in.
    pub language: Language,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_a_number_of_ten_bits_and_the_number_is_that_country_alone() {
        let countries: Vec<_> = (0..=u16::MAX).filter_map(Country::of_number).collect();
        assert_eq!(countries.len(), 676);
        assert!(countries.iter().all(|it| Country::parse(it.as_str()) == Ok(*it)));
        let again = countries.iter().filter_map(|it| Country::of_number(it.number()));
        assert!(again.eq(countries.iter().copied()) && countries.iter().all(|it| it.number() < 1 << 10));
    }
}
