//! Rows of JSON Lines: an object a line, with the columns' names as keys.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::cells::{Cells, Column, Rejection, WHOLE_ROW};
use super::lines::Line;

/// Reads a row.
pub(super) fn row(line: &Line) -> Result<Cells, Rejection> {
    if line.is_cut {
        return Err(Rejection::too_large());
    }
    let text = std::str::from_utf8(&line.bytes).map_err(|_| Rejection::row("is not UTF-8"))?;
    let Object(members) =
        serde_json::from_str(text).map_err(|error| Rejection::row(format!("is no JSON object: {error}")))?;
    let mut cells = Cells::default();
    let mut fields = Vec::new();
    for (key, value) in members {
        match (Column::named(&key), value) {
            (None, _) => fields.push((key, "is a key that nobody knows".to_owned())),
            (Some(column), Value::String(text)) => cells.set(column, text),
            (Some(_), Value::Null) => {}
            (Some(_), Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                fields.push((key, "must be text".to_owned()));
            }
        }
    }
    let invalid = Rejection::field(WHOLE_ROW, "");
    if fields.is_empty() { Ok(cells) } else { Err(Rejection { fields, ..invalid }) }
}

/// An object's members. A key that stands there twice is an error: nobody can tell which value was meant.
#[derive(Debug)]
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut members: Vec<(String, Value)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if members.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom("a key stands there twice"));
            }
            // More different keys than columns: the rest would only be listed as unknown too.
            if members.len() > Column::ALL.len() {
                return Err(A::Error::custom("there are more keys than columns"));
            }
            members.push((key, value));
        }
        Ok(Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Cells, Rejection> {
        row(&Line { bytes: text.to_vec(), is_cut: false })
    }

    #[test]
    fn an_object_is_a_row_and_null_is_absent() {
        let mut cells = read(br#"{"partner_id":"p","version":null,"email":"a@b.example"}"#).unwrap();
        assert_eq!(cells.take(Column::PartnerId).as_deref(), Some("p"));
        assert!(!cells.has(Column::Version));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field, message) in [
            (&br#"{"shoe_size":"44"}"#[..], "shoe_size", "nobody knows"),
            (br#"{"partner_id":7}"#, "partner_id", "must be text"),
            (br#"{"partner_id":"p","partner_id":"q"}"#, WHOLE_ROW, "twice"),
            (br#"["partner_id"]"#, WHOLE_ROW, "no JSON object"),
            (br#"{"partner_id":"p""#, WHOLE_ROW, "no JSON object"),
            (b"{\"partner_id\":\"\xff\"}", WHOLE_ROW, "not UTF-8"),
        ] {
            let rejection = read(text).unwrap_err();
            let [(named, said)] = rejection.fields.as_slice() else { panic!("{rejection:?}") };
            assert!(named == field && said.contains(message), "{rejection:?}");
        }
    }
}
