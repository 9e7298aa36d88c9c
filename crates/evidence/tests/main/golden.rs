//! `docs/format.md` shows the very texts that this crate writes: from fixed keys, three entries and a fixed time.

use assent_evidence::{Anchor, Hash, Receipt, SigningKey, leaf_hash};

use crate::naive;
use crate::signers::{checkpoint, known, log_key, witness_key};

const ENTRIES: [&[u8]; 3] = [b"entry 0", b"entry 1", b"entry 2"];

#[test]
fn the_page_shows_the_texts_that_are_written() {
    let page = include_str!("../../../../docs/format.md");
    let leaves = ENTRIES.map(leaf_hash);
    let cosigned = || {
        let mut signed = checkpoint(3, naive::root(&leaves)).sign(&[log_key(1)]).unwrap();
        signed.note_mut().cosign(&witness_key(2), 1_700_000_000).unwrap();
        signed
    };
    let hashes: Vec<Hash> = naive::inclusion_proof(&leaves, 1);
    let receipt = Receipt::new(ENTRIES[1].to_vec(), 1, hashes, cosigned()).unwrap();
    let keys = known(&[&log_key(1), &witness_key(2)]);
    assert!(receipt.verify(&keys).is_ok());
    let first = checkpoint(1, leaves[0]).sign(&[log_key(1)]).unwrap();
    let mut anchor = Anchor::begin(first);
    anchor.advance(cosigned()).unwrap();

    let key = |key: &SigningKey| format!("{}\n{}\n", key.verifier(), key.to_text().as_str());
    let texts = [
        key(&log_key(1)),
        key(&witness_key(2)),
        cosigned().to_string(),
        receipt.to_string(),
        anchor.to_string(),
    ];
    for text in texts {
        assert!(page.contains(&format!("```\n{text}```\n")), "docs/format.md lacks:\n```\n{text}```");
    }
}
