//! Whole entries, byte for byte.

use assent_domain::event::EventRef;
use assent_domain::values::{Instant, Position};
use assent_proto::convert::Ids;
use assent_proto::event::{Event, Links};
use aws_lc_rs::digest::{SHA256, digest};
use prost::Message;
use prost_types::Timestamp;

use crate::document::{section, shown_bytes, shown_hash};
use crate::examples;

#[test]
fn the_bytes_of_every_example_are_for_ever() {
    for (name, event) in examples::all() {
        let heading = format!("#### The entry of `{name}`");
        let entry = event.encode_to_vec();
        assert_eq!(hex::encode(&entry), shown_bytes(&heading), "{heading}");
        assert_eq!(leaf_hash(&entry), shown_hash(&heading, "leaf hash"), "{heading}");
    }
}

#[test]
fn what_the_format_shows_still_reads_as_it_did() {
    for (name, event) in examples::all() {
        let entry = hex::decode(shown_bytes(&format!("#### The entry of `{name}`"))).unwrap();
        assert_eq!(Event::decode(entry.as_slice()).unwrap(), event, "{name}");
    }
}

#[test]
fn the_stamp_that_the_log_appends_reads_as_the_last_fields_of_the_event() {
    let entry = hex::decode(shown_bytes("#### A stamp")).unwrap();
    let expected = Event {
        stream: "hello".to_owned(),
        position: 300,
        revision: 2,
        recorded_at: Some(Timestamp { seconds: 1_700_000_000, nanos: 123_456_000 }),
        event_id: "018bcfe5-687b-7969-9a5a-5a000000012c".to_owned(),
        links: Some(Links { stream: Some(299), partner: Some(7), ..Links::default() }),
        ..Default::default()
    };
    assert_eq!(Event::decode(entry.as_slice()).unwrap(), expected);
    assert_eq!(expected.encode_to_vec(), entry, "body and stamp are what the whole message encodes to");
}

#[test]
fn body_and_stamp_can_be_encoded_apart_and_joined() {
    for (name, event) in examples::all() {
        let body = Event {
            position: 0,
            revision: 0,
            recorded_at: None,
            event_id: String::new(),
            links: None,
            ..event.clone()
        };
        let stamp =
            Event { stream: String::new(), actor: None, request_id: None, payload: None, ..event.clone() };
        assert_eq!([body.encode_to_vec(), stamp.encode_to_vec()].concat(), event.encode_to_vec(), "{name}");
    }
}

#[test]
fn the_layout_of_an_id_is_for_ever() {
    let ids = Ids { tag: examples::TAG };
    let at = |micros, position| EventRef::new(Position(position), Instant::from_micros(micros).unwrap());
    let id = ids.text(at(1_700_000_000_123_456, 0x12_3456_789a));
    assert_eq!(id, "018bcfe5-687b-7969-9a5a-5a123456789a");
    assert!(section("## Ids").contains(&id));
    for (name, event) in examples::all() {
        let recorded_at = event.recorded_at.unwrap();
        let micros = recorded_at.seconds * 1_000_000 + i64::from(recorded_at.nanos / 1_000);
        assert_eq!(event.event_id, ids.text(at(micros, event.position)), "{name}");
    }
}

#[test]
fn the_contact_in_its_box_is_for_ever() {
    let plaintext = examples::contact().encode_to_vec();
    let sealed = examples::sealed_contact();
    let heading = "#### A contact and its box";
    assert_eq!(hex::encode(&plaintext), shown_hash(heading, "plaintext"), "{heading}");
    assert_eq!(hex::encode(sealed.encode_to_vec()), shown_bytes(heading), "{heading}");
    assert_eq!(examples::contact_item(&[]).open(&sealed), plaintext);
}

/// SHA-256(0x00 || entry).
fn leaf_hash(entry: &[u8]) -> String {
    hex::encode(digest(&SHA256, &[&[0], entry].concat()))
}
