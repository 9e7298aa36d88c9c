//! The parser of requests: it goes on after a bad field, so that one answer names them all.
//!
//! Each reader of a field gives `Ok` or notes a violation and gives [`Bad`]; a request's parser calls them from
//! top to bottom and puts the values together in [`Fields::finish`]. Nothing is allocated for a field that is well.

use std::fmt::Display;

use super::violations::{Violation, Violations};

/// The proof that a violation was noted: only [`Fields::bad`] makes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bad(());

/// A field's value, unless a violation was noted for it.
pub(crate) type Parsed<T> = Result<T, Bad>;

/// Says that a required field was left out.
pub(crate) const MISSING: &str = "must be given";

/// The violations noted so far.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    violations: Vec<Violation>,
}

impl Fields {
    /// Notes a violation.
    pub(crate) fn bad<T>(&mut self, field: &str, description: impl Display) -> Parsed<T> {
        let description = description.to_string();
        self.violations.push(Violation { field: field.to_owned(), description });
        Err(Bad(()))
    }

    /// Notes what is wrong with a value, if something is.
    pub(crate) fn check<T, E: Display>(&mut self, field: &str, value: Result<T, E>) -> Parsed<T> {
        value.or_else(|error| self.bad(field, error))
    }

    /// Reads a message that stands in a field; its violations are named below that field.
    pub(crate) fn nest<T>(
        &mut self,
        prefix: impl Display,
        parse: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let mut inner = Self::default();
        let parsed = parse(&mut inner);
        if !inner.violations.is_empty() {
            let Violations(inner) = Violations(inner.violations).under(&prefix.to_string());
            self.violations.extend(inner);
        }
        parsed
    }

    /// Takes over what another parser found wrong with a message that stands in a field.
    pub(crate) fn merge<T>(&mut self, prefix: &str, parsed: Result<T, Violations>) -> Parsed<T> {
        parsed.map_err(|violations| {
            self.violations.extend(violations.under(prefix).0);
            Bad(())
        })
    }

    /// Puts the values together, or gives every violation noted.
    pub(crate) fn finish<T>(self, parsed: impl FnOnce() -> Parsed<T>) -> Result<T, Violations> {
        match parsed() {
            Ok(value) if self.violations.is_empty() => Ok(value),
            Ok(_) | Err(Bad(())) => Err(Violations(self.violations)),
        }
    }

    /// A required field of text.
    pub(crate) fn required<T, E: Display>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Parsed<T> {
        if text.is_empty() {
            return self.bad(field, MISSING);
        }
        self.check(field, parse(text))
    }

    /// A field of text that can be left out, but not be given blank.
    pub(crate) fn optional<T, E: Display>(
        &mut self,
        field: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Parsed<Option<T>> {
        match text {
            None => Ok(None),
            Some("") => self.bad(field, "must not be blank; leave it out instead"),
            Some(text) => self.check(field, parse(text)).map(Some),
        }
    }

    /// Each entry of a list of messages, unless there are too many to look at.
    pub(crate) fn list<T, U>(
        &mut self,
        field: &str,
        entries: &[T],
        entries_max: usize,
        mut parse: impl FnMut(&mut Self, &T) -> Parsed<U>,
    ) -> Parsed<Vec<U>> {
        self.at_most(field, entries.len(), entries_max)?;
        let mut parsed = Ok(Vec::with_capacity(entries.len()));
        for (at, entry) in entries.iter().enumerate() {
            let one = self.nest(format_args!("{field}[{at}]"), |inner| parse(inner, entry));
            // Goes on after a bad entry: the later ones are to be named as well.
            parsed = parsed.and_then(|mut all: Vec<U>| one.map(|it| all.push(it)).map(|()| all));
        }
        parsed
    }

    /// Each entry of a list of single values, unless there are too many to look at.
    pub(crate) fn values<T, U, E: Display>(
        &mut self,
        field: &str,
        entries: &[T],
        entries_max: usize,
        parse: impl Fn(&T) -> Result<U, E>,
    ) -> Parsed<Vec<U>> {
        self.at_most(field, entries.len(), entries_max)?;
        let mut parsed = Ok(Vec::with_capacity(entries.len()));
        for (at, entry) in entries.iter().enumerate() {
            let one = parse(entry).or_else(|error| self.bad(&format!("{field}[{at}]"), error));
            parsed = parsed.and_then(|mut all: Vec<U>| one.map(|it| all.push(it)).map(|()| all));
        }
        parsed
    }

    /// How many entries a list may have.
    pub(crate) fn at_most(&mut self, field: &str, entries: usize, entries_max: usize) -> Parsed<()> {
        if entries > entries_max {
            return self.bad(field, format_args!("must have at most {entries_max} entries"));
        }
        Ok(())
    }
}
