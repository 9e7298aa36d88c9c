//! An event as a CloudEvents 1.0 object in structured JSON form.

use assent_proto::stored::type_of;

use crate::entry::Entry;
use crate::instant::push_instant;
use crate::json::{NotCanonical, event_json, push_hex, push_number, push_string};

/// What the types of events begin with.
const TYPE_PREFIX: &str = "dev.assent.";

/// The `source` of a log's events: its origin as the authority of a network-path reference (RFC 3986, section 4.2).
pub(crate) fn source_of(origin: &str) -> String {
    let mut source = "//".to_owned();
    for byte in origin.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                source.push(char::from(byte));
            }
            _ => source.push_str(&format!("%{byte:02X}")),
        }
    }
    source
}

/// Writes the line of an entry. `position` is a text, because the integers of CloudEvents have 32 bits.
pub(crate) fn push_line(out: &mut Vec<u8>, source: &str, entry: &Entry) -> Result<(), NotCanonical> {
    out.extend_from_slice(b"{\"specversion\":\"1.0\",\"id\":");
    push_string(out, &entry.event.event_id);
    out.extend_from_slice(b",\"source\":");
    push_string(out, source);
    out.extend_from_slice(b",\"type\":\"");
    out.extend_from_slice(TYPE_PREFIX.as_bytes());
    out.extend_from_slice(type_of(entry.payload()).as_bytes());
    out.extend_from_slice(b"\",\"subject\":");
    push_string(out, &entry.event.stream);
    out.extend_from_slice(b",\"time\":\"");
    push_instant(out, entry.recorded_at);
    out.extend_from_slice(b"\",\"datacontenttype\":\"application/json\",\"position\":\"");
    push_number(out, entry.position());
    out.extend_from_slice(b"\",\"leafhash\":\"");
    push_hex(out, &entry.leaf);
    out.extend_from_slice(b"\",\"data\":");
    event_json(&entry.bytes, out)?;
    out.extend_from_slice(b"}\n");
    Ok(())
}
