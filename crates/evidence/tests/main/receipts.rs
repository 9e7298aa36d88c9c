use assent_evidence::{
    Hash, MAX_ENTRY_BYTES, ProofError, Receipt, ReceiptError, TlogProofError, VerifiedReceipt, leaf_hash,
};
use proptest::prelude::*;

use crate::naive;
use crate::signers::{checkpoint, known, log_key, signed};
use crate::tlog_proofs::proof_of;

#[test]
fn a_receipt_needs_nothing_but_the_keys() {
    let (entries, leaves) = entries();
    let receipt = receipt(&entries, &leaves, 4);
    let read = Receipt::parse(receipt.to_string()).unwrap();
    assert_eq!(read, receipt);
    let covered_by = checkpoint(9, naive::root(&leaves));
    assert_eq!(
        read.verify(&known(&[&log_key(1)])),
        Ok(VerifiedReceipt { entry: b"entry 4", index: 4, checkpoint: &covered_by })
    );
}

#[test]
fn a_receipt_for_another_entry_proves_nothing() {
    let (entries, leaves) = entries();
    let proof = receipt(&entries, &leaves, 4).proof().clone();
    let forged = Receipt::new(b"entry 5".to_vec(), proof.index, proof.hashes, proof.checkpoint).unwrap();
    let nothing = ReceiptError::Proof(TlogProofError::Proof(ProofError::Root));
    assert_eq!(forged.verify(&known(&[&log_key(1)])), Err(nothing));
}

#[test]
fn a_receipt_holds_its_entry() {
    let leaves = naive::leaves(3);
    assert_eq!(Receipt::parse(proof_of(&leaves, 1, None).to_string()), Err(ReceiptError::NoEntry));
    let too_long = Receipt::new(vec![0; MAX_ENTRY_BYTES + 1], 0, vec![], signed(1, leaves[0]));
    assert_eq!(too_long, Err(ReceiptError::TooLong));
    let longest = vec![0; MAX_ENTRY_BYTES];
    let receipt = Receipt::new(longest.clone(), 0, vec![], signed(1, leaf_hash(&longest))).unwrap();
    let read = Receipt::parse(receipt.to_string()).unwrap();
    assert_eq!(read.verify(&known(&[&log_key(1)])).unwrap().entry, longest);
}

proptest! {
    #[test]
    fn a_receipt_with_any_bit_flipped_is_refused(place in 0_usize..9, bit in any::<prop::sample::Index>()) {
        let (entries, leaves) = entries();
        let mut bytes = receipt(&entries, &leaves, place).to_string().into_bytes();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let read = Receipt::parse(bytes);
        prop_assert!(read.and_then(|it| it.verify(&known(&[&log_key(1)])).map(drop)).is_err());
    }
}

fn entries() -> (Vec<Vec<u8>>, Vec<Hash>) {
    let entries: Vec<_> = (0..9).map(|number| format!("entry {number}").into_bytes()).collect();
    let leaves = entries.iter().map(|entry| leaf_hash(entry)).collect();
    (entries, leaves)
}

fn receipt(entries: &[Vec<u8>], leaves: &[Hash], index: usize) -> Receipt {
    let checkpoint = signed(leaves.len() as u64, naive::root(leaves));
    let hashes = naive::inclusion_proof(leaves, index);
    Receipt::new(entries[index].clone(), index as u64, hashes, checkpoint).expect("the entry is short")
}
