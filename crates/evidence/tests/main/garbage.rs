//! Whatever bytes somebody sends: no parser panics, and what a parser takes it writes again as it was.

use assent_evidence::{
    Anchor, BundleId, Checkpoint, Note, Receipt, SignedCheckpoint, SigningKey, TileId, TileNodes, TlogProof,
    VerifierKey, parse_bundle, parse_signatures, push_entry,
};
use proptest::prelude::*;

use crate::naive;
use crate::signers::{known, log_key, signed, witness_key};
use crate::tlog_proofs::proof_of;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        parse_all(&bytes);
    }

    #[test]
    fn any_text_of_the_characters_that_matter_is_parsed_or_refused(text in "[\n +=/.0-9axp\u{2014}]{0,80}") {
        parse_all(text.as_bytes());
    }

    /// Texts that are nearly right get further into a parser than noise does.
    #[test]
    fn what_was_cut_joined_and_changed_is_parsed_or_refused(
        which in 0_usize..11, other in 0_usize..11, cut in any::<prop::sample::Index>(), join in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let texts = texts();
        let (text, other) = (&texts[which], &texts[other]);
        let mut bytes = [&text[..cut.index(text.len() + 1)], &other[join.index(other.len() + 1)..]].concat();
        for (place, byte) in changes.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        parse_all(&bytes);
    }
}

#[test]
fn every_text_that_the_changes_begin_with_is_read_by_its_own_parser() {
    let read: usize = texts().iter().map(|text| parse_all(text)).sum();
    assert!(read >= texts().len(), "{read} of {} texts are read", texts().len());
}

fn texts() -> Vec<Vec<u8>> {
    let leaves = naive::leaves(5);
    let mut cosigned = signed(5, naive::root(&leaves));
    cosigned.note_mut().cosign(&witness_key(2), 1_700_000_000).expect("the time is in range");
    let mut bundle = Vec::new();
    push_entry(&mut bundle, b"entry").expect("the entry is short");
    [
        cosigned.to_string(),
        cosigned.checkpoint().text(),
        cosigned.note().signatures()[0].to_string() + "\n",
        proof_of(&leaves, 3, None).to_string(),
        proof_of(&leaves, 4, Some(b"entry".to_vec())).to_string(),
        Anchor::begin(cosigned.clone()).to_string(),
        log_key(1).verifier().to_string(),
        log_key(1).to_text().to_string(),
        "tile/3/x001/234.p/7".to_owned(),
        "tile/entries/x001/x234/067".to_owned(),
    ]
    .into_iter()
    .map(String::into_bytes)
    .chain([bundle])
    .collect()
}

/// Gives the bytes to every parser, and answers how many took them.
fn parse_all(bytes: &[u8]) -> usize {
    let keys = known(&[&log_key(1), &witness_key(2)]);
    let text = std::str::from_utf8(bytes);
    let mut taken = 0;
    let mut took = |written: Option<String>| {
        if let Some(written) = written {
            assert_eq!(written.as_bytes(), bytes, "what was read is written as it was");
            taken += 1;
        }
    };
    took(Note::parse(bytes).ok().map(|note| {
        let _ = note.verify(&keys);
        note.to_string()
    }));
    took(SignedCheckpoint::parse(bytes).ok().map(|it| it.to_string()));
    took(TlogProof::parse(bytes).ok().map(|it| it.to_string()));
    took(Receipt::parse(bytes).ok().map(|it| it.to_string()));
    took(Anchor::parse(bytes).ok().map(|it| it.to_string()));
    if let Ok(text) = text {
        took(Checkpoint::parse_text(text).ok().map(|it| it.text()));
        let lines = parse_signatures(text).ok();
        took(lines.map(|lines| lines.iter().map(|it| format!("{it}\n")).collect()));
        took(text.parse::<VerifierKey>().ok().map(|it| it.to_string()));
        let is_line = !text.ends_with('\n');
        took(SigningKey::parse(text).ok().filter(|_| is_line).map(|it| it.to_text().to_string()));
        took(TileId::parse_path(text).ok().map(TileId::path));
        took(BundleId::parse_path(text).ok().map(BundleId::path));
    }
    for width in [0, 1, 2, 256] {
        if let Ok(entries) = parse_bundle(bytes, width) {
            let mut written = Vec::new();
            entries.iter().for_each(|entry| push_entry(&mut written, entry).expect("it was in a bundle"));
            assert_eq!(written, bytes);
            taken += 1;
        }
    }
    if let Ok(tile) = TileNodes::from_bottom_row(bytes) {
        assert_eq!(tile.bottom_row(), bytes);
    }
    taken
}
