//! From an entry's bytes to JSON, without a message between: protobuf's JSON mapping, field by field as they come.

use assent_domain::values::Instant;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::schema::{Field, Kind, Message, Schema, schema};
use super::{push_number, push_string};
use crate::instant::push_instant;

/// The bytes are no event in the encoding of docs/format.md, or one of a newer format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotCanonical;

/// Writes the event that an entry is, as JSON.
///
/// Fields must stand in the order of their numbers, as they do in every entry; a field, a number of a closed set or a
/// wire type that is not known here is an error, so that nothing is ever left out.
pub(crate) fn event_json(entry: &[u8], out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let schema = schema();
    Transcoder { schema, out }.message(&schema.messages[schema.event], entry)
}

struct Transcoder<'a> {
    schema: &'static Schema,
    out: &'a mut Vec<u8>,
}

impl Transcoder<'_> {
    fn message(&mut self, message: &Message, mut bytes: &[u8]) -> Result<(), NotCanonical> {
        let mut later = message.fields.iter();
        let mut list: Option<&Field> = None;
        self.out.push(b'{');
        let start = self.out.len();
        while !bytes.is_empty() {
            let key = varint(&mut bytes)?;
            let (number, wire_type) = (key >> 3, key & 7);
            let field = match list.filter(|it| it.number == number) {
                Some(field) => {
                    self.out.push(b',');
                    field
                }
                None => {
                    self.end(list.take());
                    let field = later.find(|it| it.number == number).ok_or(NotCanonical)?;
                    if self.out.len() > start {
                        self.out.push(b',');
                    }
                    self.out.extend_from_slice(&field.key);
                    if field.is_repeated {
                        self.out.push(b'[');
                        list = Some(field);
                    }
                    field
                }
            };
            self.value(field.kind, wire_type, &mut bytes)?;
        }
        self.end(list);
        self.out.push(b'}');
        Ok(())
    }

    fn end(&mut self, list: Option<&Field>) {
        if list.is_some() {
            self.out.push(b']');
        }
    }

    fn value(&mut self, kind: Kind, wire_type: u64, bytes: &mut &[u8]) -> Result<(), NotCanonical> {
        let expected = match kind {
            Kind::Flag | Kind::Small | Kind::Large | Kind::Enum(_) => 0,
            Kind::Text | Kind::Bytes | Kind::Timestamp | Kind::Message(_) => 2,
        };
        if wire_type != expected {
            return Err(NotCanonical);
        }
        match kind {
            Kind::Text => {
                let text = std::str::from_utf8(delimited(bytes)?).map_err(|_| NotCanonical)?;
                push_string(self.out, text);
            }
            Kind::Bytes => {
                let text = BASE64_STANDARD.encode(delimited(bytes)?);
                push_string(self.out, &text);
            }
            Kind::Flag => self.out.extend_from_slice(match varint(bytes)? {
                0 => b"false",
                1 => b"true",
                _ => return Err(NotCanonical),
            }),
            Kind::Small => {
                let number = u32::try_from(varint(bytes)?).map_err(|_| NotCanonical)?;
                push_number(self.out, number.into());
            }
            // 64 bits do not fit into the numbers of JavaScript: the mapping makes them strings.
            Kind::Large => {
                self.out.push(b'"');
                push_number(self.out, varint(bytes)?);
                self.out.push(b'"');
            }
            Kind::Enum(place) => {
                let name = self.schema.enums[place].get(&varint(bytes)?).ok_or(NotCanonical)?;
                push_string(self.out, name);
            }
            Kind::Timestamp => {
                let at = timestamp(delimited(bytes)?)?;
                self.out.push(b'"');
                push_instant(self.out, at);
                self.out.push(b'"');
            }
            Kind::Message(place) => {
                let inner = delimited(bytes)?;
                self.message(&self.schema.messages[place], inner)?;
            }
        }
        Ok(())
    }
}

/// `google.protobuf.Timestamp`: seconds (1) and nanoseconds (2), each left out where it is 0.
fn timestamp(mut bytes: &[u8]) -> Result<Instant, NotCanonical> {
    let mut parts = [0, 0];
    let mut last = 0;
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let number = key >> 3;
        let is_next = number > last && number <= 2 && key & 7 == 0;
        last = if is_next { number } else { return Err(NotCanonical) };
        parts[usize::from(number == 2)] = i64::try_from(varint(&mut bytes)?).map_err(|_| NotCanonical)?;
    }
    let nanos = i32::try_from(parts[1]).map_err(|_| NotCanonical)?;
    let at = Instant::from_seconds(parts[0], nanos).map_err(|_| NotCanonical)?;
    if nanos % 1_000 == 0 { Ok(at) } else { Err(NotCanonical) }
}

fn delimited<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], NotCanonical> {
    let length = usize::try_from(varint(bytes)?).map_err(|_| NotCanonical)?;
    let (inner, rest) = bytes.split_at_checked(length).ok_or(NotCanonical)?;
    *bytes = rest;
    Ok(inner)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, NotCanonical> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(NotCanonical)?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return Err(NotCanonical);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(NotCanonical)
}
