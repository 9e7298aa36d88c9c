//! RFC 6962, section 2.1, word for word: slow, and obviously right.

use assent_evidence::{EMPTY_ROOT, Hash, leaf_hash, node_hash};

/// Leaves that differ from each other.
pub(crate) fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

pub(crate) fn inclusion_proof(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return vec![];
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = if index < left.len() {
        (inclusion_proof(left, index), root(right))
    } else {
        (inclusion_proof(right, index - left.len()), root(left))
    };
    proof.push(sibling);
    proof
}

pub(crate) fn consistency_proof(leaves: &[Hash], size1: usize) -> Vec<Hash> {
    subproof(leaves, size1, true)
}

fn subproof(leaves: &[Hash], size1: usize, is_whole: bool) -> Vec<Hash> {
    if size1 == leaves.len() {
        return if is_whole { vec![] } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = if size1 <= left.len() {
        (subproof(left, size1, is_whole), root(right))
    } else {
        (subproof(right, size1 - left.len(), false), root(left))
    };
    proof.push(sibling);
    proof
}

/// The largest power of two smaller than `size`.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}
