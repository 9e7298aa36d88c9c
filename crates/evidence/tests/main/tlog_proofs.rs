use assent_evidence::{
    CheckpointError, Hash, MAX_EXTRA_BYTES, MAX_PROOF_BYTES, NoteError, ProofError, TlogProof, TlogProofError,
};
use proptest::prelude::*;

use crate::naive;
use crate::signers::{known, log_key, signed};

pub(crate) fn proof_of(leaves: &[Hash], index: usize, extra: Option<Vec<u8>>) -> TlogProof {
    let checkpoint = signed(leaves.len() as u64, naive::root(leaves));
    TlogProof { extra, index: index as u64, hashes: naive::inclusion_proof(leaves, index), checkpoint }
}

#[test]
fn a_proof_has_the_lines_of_the_specification() {
    let proof = proof_of(&naive::leaves(3), 1, Some(b"extra".to_vec()));
    let text = proof.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", "extra ZXh0cmE=", "index 1"]);
    assert_eq!((lines[3].len(), lines[4].len(), lines[5]), (44, 44, ""));
    assert_eq!(lines[6..].join("\n") + "\n", proof.checkpoint.to_string());
    assert_eq!(TlogProof::parse(&text), Ok(proof));
}

#[test]
fn a_proof_proves_one_leaf_at_one_place_to_those_who_know_the_log() {
    let leaves = naive::leaves(5);
    let proof = proof_of(&leaves, 2, None);
    let keys = known(&[&log_key(1)]);
    assert_eq!(proof.verify(&leaves[2], &keys), Ok(proof.checkpoint.checkpoint()));
    assert_eq!(proof.verify(&leaves[3], &keys), Err(TlogProofError::Proof(ProofError::Root)));
    let elsewhere = TlogProof { index: 5, ..proof.clone() };
    assert_eq!(elsewhere.verify(&leaves[2], &keys), Err(TlogProofError::Proof(ProofError::Sizes)));
    let unsigned = TlogProofError::Checkpoint(CheckpointError::Note(NoteError::Unsigned));
    assert_eq!(proof.verify(&leaves[2], &known(&[&log_key(2)])), Err(unsigned));
    let alone = proof_of(&leaves[..1], 0, None);
    assert_eq!(TlogProof::parse(alone.to_string()).unwrap().verify(&leaves[0], &keys).unwrap().size, 1);
}

#[test]
fn what_is_no_proof_is_refused_for_its_reason() {
    let text = proof_of(&naive::leaves(3), 1, Some(b"extra".to_vec())).to_string();
    let hash = text.lines().nth(3).unwrap();
    let cases = [
        (text.replace("@v1", "@v2"), TlogProofError::Layout),
        (text.replace("@v1\n", "@v1\r\n"), TlogProofError::Layout),
        (text.replace("\n\n", "\n"), TlogProofError::Layout),
        (format!("\n{text}"), TlogProofError::Layout),
        (text.replace("ZXh0cmE=", "ZXh0cmE"), TlogProofError::Extra),
        (text.replace("extra Z", "extra  Z"), TlogProofError::Extra),
        (text.replace("extra Z", "Extra Z"), TlogProofError::Index),
        (text.replace("index 1", "index 01"), TlogProofError::Index),
        (text.replace("index 1", "index -1"), TlogProofError::Index),
        (text.replace("index 1\n", ""), TlogProofError::Index),
        (text.replace("index 1", "extra AA==\nindex 1"), TlogProofError::Index),
        (text.replace(hash, &hash[4..]), TlogProofError::Hash),
        (text.replace(hash, &format!("{hash} ")), TlogProofError::Hash),
        (text.replace(hash, &[hash; 64].join("\n")), TlogProofError::Hash),
        ("a".repeat(MAX_PROOF_BYTES + 1), TlogProofError::TooLong),
    ];
    for (text, error) in cases {
        let start: String = text.chars().take(200).collect();
        assert_eq!(TlogProof::parse(text), Err(error), "{start:?}");
    }
    let largest = proof_of(&naive::leaves(3), 1, Some(vec![7; MAX_EXTRA_BYTES]));
    assert_eq!(TlogProof::parse(largest.to_string()), Ok(largest.clone()));
    let larger = TlogProof { extra: Some(vec![7; MAX_EXTRA_BYTES + 1]), ..largest };
    assert_eq!(TlogProof::parse(larger.to_string()), Err(TlogProofError::Extra));
}

proptest! {
    #[test]
    fn proofs_are_read_as_they_were_written(
        size in 1_usize..300, place in any::<prop::sample::Index>(), extra in prop::option::of(prop::collection::vec(any::<u8>(), 0..50)),
    ) {
        let leaves = naive::leaves(size as u64);
        let index = place.index(size);
        let proof = proof_of(&leaves, index, extra);
        let read = TlogProof::parse(proof.to_string()).unwrap();
        prop_assert_eq!(&read, &proof);
        prop_assert!(read.verify(&leaves[index], &known(&[&log_key(1)])).is_ok());
    }

    #[test]
    fn a_proof_with_any_bit_flipped_is_refused(place in 0_usize..50, bit in any::<prop::sample::Index>()) {
        let leaves = naive::leaves(50);
        let mut bytes = proof_of(&leaves, place, None).to_string().into_bytes();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = TlogProof::parse(bytes);
        prop_assert!(read.and_then(|proof| proof.verify(&leaves[place], &known(&[&log_key(1)])).map(drop)).is_err());
    }
}
