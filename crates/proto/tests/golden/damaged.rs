//! Entries of a log that somebody damaged: reading them gives an error or an event, and never panics.

use assent_proto::event::Event;
use assent_proto::stored::{boxes, details_of, document_of, read, sentence};
use bytes::Bytes;
use proptest::prelude::*;
use prost::Message;

use crate::examples;

/// Everything that reads an entry.
fn read_all(bytes: &[u8]) {
    let Ok(event) = Event::decode(bytes) else { return };
    let _ = read(&event, &Some(Bytes::from_static(b"id: x")));
    let _ = (sentence(&event), boxes(&event).len(), details_of(&event).is_some(), document_of(&event));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn entries_with_changed_bytes_are_read_without_a_panic(
        which in 0..9_usize,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let (_, event) = &examples::all()[which];
        let mut bytes = event.encode_to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        read_all(&bytes);
        read_all(&bytes[..cut.index(bytes.len())]);
    }
}
