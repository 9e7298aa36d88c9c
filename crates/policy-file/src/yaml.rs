//! The document as a tree of texts, lists and mappings, each with its line.
//!
//! Read from the parser's events, because readers into types know the line of a mistake but not its field. What a
//! policy has no use for is refused here: anchors, aliases and tags, so that nothing expands beyond what a reviewer
//! sees, and deep nesting. Every scalar is a text: `NO` is a country, and `2019.10` a version.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, StrInput};

use crate::DOCUMENT_BYTES_MAX;
use crate::error::{Path, PolicyError, shown};

/// The deepest nesting; a policy needs 8.
const DEPTH_MAX: usize = 16;
/// The most keys in a mapping; a policy needs 8.
const MAPPING_KEYS_MAX: usize = 32;

/// A value and the line where it begins.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) line: usize,
    pub(crate) value: Value<'a>,
}

/// A value.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    /// A key or a dash with nothing behind it, or `null`.
    Empty,
    /// A text, quoted or not: dates and numbers are texts, too.
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Mapping(Vec<Entry<'a>>),
}

/// A key of a mapping, with its value.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) line: usize,
    pub(crate) value: Node<'a>,
}

/// Reads the one document in the bytes.
pub(crate) fn load(bytes: &[u8]) -> Result<Node<'_>, PolicyError> {
    let whole = Path::default();
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(whole.error(1, format_args!("must be at most {DOCUMENT_BYTES_MAX} bytes")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let breaks = bytes[..error.valid_up_to()].iter().filter(|it| **it == b'\n').count();
        whole.error(1 + breaks, "must be UTF-8 text")
    })?;
    let last_line = 1 + text.replace("\r\n", "\n").matches(['\n', '\r']).count();
    Loader { parser: Parser::new_from_str(text), last_line }.document(&whole)
}

struct Loader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    /// The parser counts one line too many where a document ends unexpectedly.
    last_line: usize,
}

impl<'a> Loader<'a> {
    fn document(&mut self, at: &Path) -> Result<Node<'a>, PolicyError> {
        let root = loop {
            match self.next(at)? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd, _) => return Err(at.error(1, "is empty")),
                (event, line) => break self.node(event, line, at, 1)?,
            }
        };
        loop {
            match self.next(at)? {
                (Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return Ok(root),
                (_, line) => return Err(at.error(line, "must be a single YAML document")),
            }
        }
    }

    /// The next event that is no comment, with its line.
    fn next(&mut self, at: &Path) -> Result<(Event<'a>, usize), PolicyError> {
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::Comment(..) | Event::Nothing, _))) => {}
                Some(Ok((event, span))) => return Ok((event, span.start.line().min(self.last_line))),
                Some(Err(error)) => {
                    let line = error.marker().line().min(self.last_line);
                    return Err(at.error(line, format_args!("is not valid YAML: {}", error.info())));
                }
                None => return Err(at.error(self.last_line, "ends too early")),
            }
        }
    }

    fn node(
        &mut self,
        event: Event<'a>,
        line: usize,
        at: &Path,
        depth: usize,
    ) -> Result<Node<'a>, PolicyError> {
        if depth > DEPTH_MAX {
            return Err(at.error(line, format_args!("is nested more than {DEPTH_MAX} deep")));
        }
        if event.alias_id().is_some() || event.anchor_id().is_some() {
            return Err(at.error(line, "must not use anchors or aliases"));
        }
        if event.tag().is_some() {
            return Err(at.error(line, "must not use tags"));
        }
        let value = match event {
            Event::Scalar(text, style, ..) if is_empty(&text, style) => Value::Empty,
            Event::Scalar(text, ..) => Value::Text(text),
            Event::SequenceStart(..) => Value::List(self.list(at, depth)?),
            Event::MappingStart(..) => Value::Mapping(self.mapping(at, depth)?),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Alias(_)
            | Event::Comment(..)
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(at.error(line, "must have a value")),
        };
        Ok(Node { line, value })
    }

    fn list(&mut self, at: &Path, depth: usize) -> Result<Vec<Node<'a>>, PolicyError> {
        let mut nodes = Vec::new();
        loop {
            let its = at.index(nodes.len());
            match self.next(&its)? {
                (Event::SequenceEnd, _) => return Ok(nodes),
                (event, line) => nodes.push(self.node(event, line, &its, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, at: &Path, depth: usize) -> Result<Vec<Entry<'a>>, PolicyError> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        loop {
            let (event, line) = self.next(at)?;
            if event == Event::MappingEnd {
                return Ok(entries);
            }
            let Value::Text(key) = self.node(event, line, at, depth + 1)?.value else {
                return Err(at.error(line, "must have texts as its keys"));
            };
            let its = at.key(&key);
            if let Some(first) = entries.iter().find(|it| it.key == key) {
                return Err(its.error(line, format_args!("is given twice, first on line {}", first.line)));
            }
            if entries.len() == MAPPING_KEYS_MAX {
                return Err(at.error(line, format_args!("must have at most {MAPPING_KEYS_MAX} keys")));
            }
            let (event, value_line) = self.next(&its)?;
            let mut value = self.node(event, value_line, &its, depth + 1)?;
            if matches!(value.value, Value::Empty) {
                // The parser places what is not there at whatever comes next.
                value.line = line;
            }
            entries.push(Entry { key, line, value });
        }
    }
}

/// The core schema's spellings of nothing; quoted ones are texts.
fn is_empty(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

impl Value<'_> {
    /// What the value is, in words.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Empty => "empty".to_owned(),
            Self::Text(text) => format!("`{}`", shown(text)),
            Self::List(_) => "a list".to_owned(),
            Self::Mapping(_) => "a mapping".to_owned(),
        }
    }
}
