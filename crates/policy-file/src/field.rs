//! One field of the document: its value, its line and its path, so that whoever finds it wrong can say where.

use std::fmt::Display;

use assent_domain::values::{Date, Instant, Sha256};

use crate::error::{Path, PolicyError, shown};
use crate::yaml::{Entry, Node, Value};

/// The most entries of a list whose entries must differ: they are compared with one another.
const DISTINCT_MAX: usize = 1_000;

/// A field that is there.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    node: &'a Node<'a>,
    path: Path,
}

/// A field that is a mapping, with no key but the expected ones.
#[derive(Debug)]
pub(crate) struct Mapping<'a> {
    entries: &'a [Entry<'a>],
    field: Field<'a>,
}

impl<'a> Field<'a> {
    /// The whole document.
    pub(crate) fn root(node: &'a Node<'a>) -> Self {
        Self { node, path: Path::default() }
    }

    /// The line where the field's value begins.
    pub(crate) fn line(&self) -> usize {
        self.node.line
    }

    /// A mistake in this field.
    pub(crate) fn error(&self, message: impl Display) -> PolicyError {
        self.path.error(self.node.line, message)
    }

    fn must_be(&self, what: &str) -> PolicyError {
        self.error(format_args!("must be {what}, not {}", self.node.value.kind()))
    }

    /// A mapping of these keys, each at most once.
    pub(crate) fn mapping(&self, keys: &[&str]) -> Result<Mapping<'a>, PolicyError> {
        let Value::Mapping(entries) = &self.node.value else {
            return Err(self.must_be("a mapping"));
        };
        if let Some(unknown) = entries.iter().find(|it| !keys.contains(&it.key.as_ref())) {
            let message = format!("is not known here; known are {}", keys.join(", "));
            return Err(self.path.key(&unknown.key).error(unknown.line, message));
        }
        Ok(Mapping { entries, field: self.clone() })
    }

    /// The entries of a list that has some.
    pub(crate) fn entries(&self) -> Result<Vec<Field<'a>>, PolicyError> {
        let Value::List(nodes) = &self.node.value else {
            return Err(self.must_be("a list"));
        };
        if nodes.is_empty() {
            return Err(self.error("must not be an empty list"));
        }
        let entry = |(at, node)| Field { node, path: self.path.index(at) };
        Ok(nodes.iter().enumerate().map(entry).collect())
    }

    /// A list that has entries, none of them twice.
    pub(crate) fn distinct<T: PartialEq>(
        &self,
        read: impl Fn(&Field<'a>) -> Result<T, PolicyError>,
    ) -> Result<Vec<T>, PolicyError> {
        let entries = self.entries()?;
        if entries.len() > DISTINCT_MAX {
            return Err(
                self.error(format_args!("must be at most {DISTINCT_MAX} entries, not {}", entries.len()))
            );
        }
        let mut found = Vec::with_capacity(entries.len());
        for entry in entries {
            let it = read(&entry)?;
            if found.contains(&it) {
                return Err(entry.error("is in the list twice"));
            }
            found.push(it);
        }
        Ok(found)
    }

    /// A text of 1 to so many bytes, without control characters.
    pub(crate) fn text(&self, bytes_max: usize) -> Result<&'a str, PolicyError> {
        let Value::Text(text) = &self.node.value else {
            return Err(self.must_be("a text"));
        };
        if text.trim().is_empty() {
            return Err(self.error("must not be blank"));
        }
        if text.len() > bytes_max {
            return Err(self.error(format_args!("must be at most {bytes_max} bytes")));
        }
        if text.chars().any(char::is_control) {
            return Err(self.error("must not contain control characters"));
        }
        Ok(text)
    }

    /// A value of the domain.
    pub(crate) fn value<T, E: Display>(
        &self,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, PolicyError> {
        let Value::Text(text) = &self.node.value else {
            return Err(self.must_be("a text"));
        };
        parse(text).map_err(|error| self.error(format_args!("{error}, not `{}`", shown(text))))
    }

    /// One of a closed set, by the name that it prints as.
    pub(crate) fn one_of<T: Copy + Display>(&self, all: &[T]) -> Result<T, PolicyError> {
        self.value(|text| {
            let named = all.iter().copied().find(|it| it.to_string() == text);
            let names = || all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            named.ok_or_else(|| format!("must be one of {}", names()))
        })
    }

    /// A date, which is 00:00 UTC of it, or an instant.
    pub(crate) fn instant(&self) -> Result<Instant, PolicyError> {
        self.value(|text| {
            let date = Date::parse(text).map(Date::start);
            date.or_else(|_| Instant::parse(text))
                .map_err(|_| "must be a date such as 2019-10-01, or an instant such as 2019-10-01T00:00:00Z")
        })
    }

    /// A SHA-256 hash, in 64 hexadecimal digits.
    pub(crate) fn sha256(&self) -> Result<Sha256, PolicyError> {
        self.value(|text| {
            let mut hash = Sha256::default();
            hex::decode_to_slice(text, &mut hash).map(|()| hash).map_err(|_| "must be 64 hexadecimal digits")
        })
    }
}

impl<'a> Mapping<'a> {
    /// The field of this name, where it is there.
    pub(crate) fn optional(&self, key: &str) -> Option<Field<'a>> {
        let entry = self.entries.iter().find(|it| it.key == key)?;
        Some(Field { node: &entry.value, path: self.field.path.key(key) })
    }

    /// The field of this name, which has to be there.
    pub(crate) fn required(&self, key: &str) -> Result<Field<'a>, PolicyError> {
        self.optional(key).ok_or_else(|| self.field.path.key(key).error(self.field.line(), "is missing"))
    }

    /// `from`, and `until` after it, where it is there.
    pub(crate) fn period(&self) -> Result<(Instant, Option<Instant>), PolicyError> {
        let from = self.required("from")?.instant()?;
        let Some(field) = self.optional("until") else { return Ok((from, None)) };
        let until = field.instant()?;
        if until <= from {
            return Err(field.error(format_args!("must be after `from`, which is {from}")));
        }
        Ok((from, Some(until)))
    }
}
