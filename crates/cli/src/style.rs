//! Colour, for a terminal only.

use std::fmt::{self, Display};
use std::io::IsTerminal;

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    is_coloured: bool,
}

impl Style {
    /// Never paints.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { is_coloured: false };

    /// Paints where `stream` is a terminal and nobody asked for plain text.
    pub(crate) fn of(stream: &impl IsTerminal, no_color: bool) -> Self {
        Self { is_coloured: !no_color && stream.is_terminal() }
    }

    /// What is good.
    pub(crate) fn good<T: Display>(self, text: T) -> Painted<T> {
        self.paint("1;32", text)
    }

    /// What is refused or wrong.
    pub(crate) fn bad<T: Display>(self, text: T) -> Painted<T> {
        self.paint("1;31", text)
    }

    /// What somebody can do.
    pub(crate) fn hint<T: Display>(self, text: T) -> Painted<T> {
        self.paint("36", text)
    }

    /// Headings and names.
    pub(crate) fn strong<T: Display>(self, text: T) -> Painted<T> {
        self.paint("1", text)
    }

    /// What only some readers need.
    pub(crate) fn faint<T: Display>(self, text: T) -> Painted<T> {
        self.paint("2", text)
    }

    fn paint<T: Display>(self, code: &'static str, text: T) -> Painted<T> {
        Painted { code: self.is_coloured.then_some(code), text }
    }
}

/// A text from elsewhere, so that it can neither begin a line of its own nor move the cursor.
pub(crate) fn printable(text: &str) -> String {
    let is_plain = |it: char| matches!(it, '\'' | '"' | '\\') || it.escape_debug().count() == 1;
    text.chars().map(|it| if is_plain(it) { it.to_string() } else { it.escape_debug().to_string() }).collect()
}

/// A text between its escape sequences, if it has any. Width and alignment count the text only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(code) = self.code else { return self.text.fmt(formatter) };
        write!(formatter, "\u{1b}[{code}m")?;
        self.text.fmt(formatter)?;
        formatter.write_str("\u{1b}[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_counts_the_text_and_not_its_colour() {
        let painted = Style { is_coloured: true }.good("ok");
        assert_eq!(format!("[{painted:4}]"), "[\u{1b}[1;32mok  \u{1b}[0m]");
        assert_eq!(format!("[{:4}]", Style::PLAIN.good("ok")), "[ok  ]");
    }
}
