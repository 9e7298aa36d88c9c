use assent_evidence::{BundleError, MAX_ENTRY_BYTES, parse_bundle, push_entry};
use proptest::prelude::*;

#[test]
fn a_bundle_is_each_entry_after_its_length() {
    let mut bundle = Vec::new();
    push_entry(&mut bundle, b"ab").unwrap();
    push_entry(&mut bundle, b"").unwrap();
    push_entry(&mut bundle, b"c").unwrap();
    assert_eq!(bundle, b"\x00\x02ab\x00\x00\x00\x01c");
    assert_eq!(parse_bundle(&bundle, 3), Ok(vec![&b"ab"[..], b"", b"c"]));
    assert_eq!(parse_bundle(&[], 0), Ok(vec![]));
}

#[test]
fn an_entry_that_its_length_cannot_tell_is_refused() {
    let mut bundle = Vec::new();
    assert_eq!(push_entry(&mut bundle, &vec![7; MAX_ENTRY_BYTES + 1]), Err(BundleError::TooLong));
    assert_eq!(bundle, b"");
    push_entry(&mut bundle, &vec![7; MAX_ENTRY_BYTES]).unwrap();
    assert_eq!(parse_bundle(&bundle, 1).unwrap()[0].len(), MAX_ENTRY_BYTES);
}

#[test]
fn a_bundle_has_exactly_its_entries() {
    let bundle = b"\x00\x01a\x00\x01b";
    assert_eq!(parse_bundle(bundle, 1), Err(BundleError::Width));
    assert_eq!(parse_bundle(bundle, 3), Err(BundleError::Width));
    for end in [1, 2, 4, 5] {
        assert_eq!(parse_bundle(&bundle[..end], 2), Err(BundleError::CutOff), "cut off at {end}");
    }
}

proptest! {
    #[test]
    fn bundles_are_read_as_they_were_written(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..257)) {
        let mut bundle = Vec::new();
        entries.iter().for_each(|entry| push_entry(&mut bundle, entry).unwrap());
        let read = parse_bundle(&bundle, entries.len() as u16).unwrap();
        prop_assert!(read == entries.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
}
