use assent_evidence::{ProofError, verify_consistency, verify_inclusion};
use proptest::prelude::*;

use crate::naive;

#[test]
fn every_leaf_of_every_small_tree_is_proven() {
    let leaves = naive::leaves(70);
    for size in 1..=leaves.len() {
        let root = naive::root(&leaves[..size]);
        for index in 0..size {
            let proof = naive::inclusion_proof(&leaves[..size], index);
            let verified = verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &root);
            assert_eq!(verified, Ok(()), "leaf {index} of {size}");
        }
    }
}

#[test]
fn every_small_tree_is_proven_to_be_a_prefix_of_every_larger_one() {
    let leaves = naive::leaves(70);
    for size2 in 1..=leaves.len() {
        let root2 = naive::root(&leaves[..size2]);
        for size1 in 1..=size2 {
            let proof = naive::consistency_proof(&leaves[..size2], size1);
            let root1 = naive::root(&leaves[..size1]);
            let verified = verify_consistency(size1 as u64, size2 as u64, &proof, &root1, &root2);
            assert_eq!(verified, Ok(()), "{size1} to {size2}");
        }
    }
}

proptest! {
    #[test]
    fn a_proof_with_another_bit_index_size_or_length_proves_nothing(
        size in 2_usize..600, index in 0_usize..600, bit in 0_usize..256, at in 0_usize..16,
    ) {
        let (leaves, index) = (naive::leaves(size as u64), index % size);
        let (root, leaf) = (naive::root(&leaves), leaves[index]);
        let proof = naive::inclusion_proof(&leaves, index);
        let (index, size) = (index as u64, size as u64);
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));

        let mut flipped = proof.clone();
        let at = at % proof.len();
        flipped[at][bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &flipped, &root), Err(ProofError::Root));
        prop_assert!(verify_inclusion(&leaf, index ^ 1, size, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, size, size, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, index, size, &proof[1..], &root).is_err());
        let longer = [&proof[..], &[root]].concat();
        prop_assert!(verify_inclusion(&leaf, index, size, &longer, &root).is_err());
    }

    #[test]
    fn a_tree_that_was_changed_is_no_prefix(size1 in 1_usize..300, more in 1_usize..300, changed in 0_usize..300) {
        let leaves = naive::leaves((size1 + more) as u64);
        let proof = naive::consistency_proof(&leaves, size1);
        let (root1, root2) = (naive::root(&leaves[..size1]), naive::root(&leaves));
        let mut other = leaves[..size1].to_vec();
        other[changed % size1][0] ^= 1;
        let (size1, size2) = (size1 as u64, leaves.len() as u64);
        prop_assert_eq!(verify_consistency(size1, size2, &proof, &root1, &root2), Ok(()));
        prop_assert!(verify_consistency(size1, size2, &proof, &naive::root(&other), &root2).is_err());
        prop_assert!(verify_consistency(size2, size1, &proof, &root2, &root1).is_err());
        prop_assert!(verify_consistency(size1, size2, &[&proof[..], &[root1]].concat(), &root1, &root2).is_err());
        prop_assert!(verify_consistency(size1, size2, &proof[..proof.len() - 1], &root1, &root2).is_err());
    }
}

#[test]
fn huge_sizes_neither_overflow_nor_hang() {
    let hash = [7; 32];
    assert_eq!(verify_inclusion(&hash, 0, u64::MAX, &[hash; 64], &hash), Err(ProofError::Root));
    assert!(verify_consistency(1 << 63, u64::MAX, &[hash; 70], &hash, &hash).is_err());
    assert!(verify_consistency(0, u64::MAX, &[hash; 70], &hash, &hash).is_err());
}
