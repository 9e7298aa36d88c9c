use assent_evidence::{EMPTY_ROOT, Frontier, leaf_hash, node_hash, sha256};

use crate::naive;

#[test]
fn the_root_is_the_recursive_one_at_every_size() {
    let leaves = naive::leaves(600);
    let mut frontier = Frontier::new();
    for size in 0..=600 {
        assert_eq!(frontier.size(), size as u64);
        assert_eq!(frontier.root(), naive::root(&leaves[..size]), "at size {size}");
        if let Some(leaf) = leaves.get(size) {
            frontier.push(*leaf);
        }
    }
}

#[test]
fn hashes_are_those_of_rfc_6962() {
    assert_eq!(EMPTY_ROOT, sha256(b""));
    assert_eq!(leaf_hash(b"entry"), sha256(b"\x00entry"));
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    assert_eq!(node_hash(&left, &right), sha256(&[&[0x01], &left[..], &right[..]].concat()));
    // The empty leaf, as every implementation's tests have it.
    let empty_leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(leaf_hash(b"").map(|byte| format!("{byte:02x}")).concat(), empty_leaf);
}
