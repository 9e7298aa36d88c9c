use assent_domain::event::EventRef;
use assent_domain::values::{Instant, Position};
use assent_proto::convert::{EventId, Ids, InvalidUuid};

const IDS: Ids = Ids { tag: 0x2_5a5a_5a5a };

fn event(micros: i64, position: u64) -> EventRef {
    EventRef { position: Position(position), recorded_at: Instant::from_micros(micros).unwrap() }
}

#[test]
fn the_layout_of_an_id_is_for_ever_and_the_logs() {
    let event = event(1_700_000_000_123_456, 0x12_3456_789a);
    assert_eq!(IDS.text(event), "018bcfe5-687b-7969-9a5a-5a123456789a");
    assert_eq!(IDS.position_of(IDS.id(event)), Some(event.position));
}

#[test]
fn an_id_of_another_ledger_version_or_variant_has_no_position() {
    let id = IDS.id(event(1, 7));
    assert_eq!(IDS.position_of(id), Some(Position(7)));
    assert_eq!(Ids { tag: IDS.tag ^ 1 }.position_of(id), None);
    assert_eq!(Ids { tag: IDS.tag ^ (1 << 33) }.position_of(id), None);
    for (byte, bit) in [(6, 0x10), (8, 0x40)] {
        let mut other = id;
        other.0[byte] ^= bit;
        assert_eq!(IDS.position_of(other), None);
    }
    assert_eq!(IDS.position_of(IDS.id(event(1, 0))), None);
    assert_eq!(IDS.position_of(EventId([0; 16])), None);
}

#[test]
fn any_text_of_a_uuid_is_read_and_printed_in_lower_case() {
    let id = EventId::parse("018BCFE5-687B-7969-9A5A-5A123456789A").unwrap();
    assert_eq!(id.to_string(), "018bcfe5-687b-7969-9a5a-5a123456789a");
    assert_eq!(EventId::parse("018bcfe5687b79699a5a5a123456789a"), Ok(id));
    for text in ["", "018bcfe5-687b-7969-9a5a", "018bcfe5-687b-7969-9a5a-5a123456789g"] {
        assert_eq!(EventId::parse(text), Err(InvalidUuid), "{text}");
    }
}
