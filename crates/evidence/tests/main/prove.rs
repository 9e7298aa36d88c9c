use std::sync::LazyLock;

use assent_evidence::{
    EMPTY_ROOT, ProveError, TileId, prove_consistency, prove_inclusion, prove_tile, root_from_tiles,
    tiles_for_consistency, tiles_for_inclusion, tiles_for_root, tiles_for_tile, verify_consistency,
    verify_inclusion,
};
use proptest::prelude::*;

use crate::forest::Forest;
use crate::naive;

#[test]
fn proofs_of_small_trees_are_those_of_the_definition() {
    let forest = Forest::grow(40);
    for size in 1..=40 {
        let leaves = &forest.leaves[..size as usize];
        for index in 0..size {
            let tiles = forest.read(&tiles_for_inclusion(index, size).unwrap());
            let proof = prove_inclusion(index, size, &tiles).unwrap();
            assert_eq!(proof, naive::inclusion_proof(leaves, index as usize), "leaf {index} of {size}");
        }
        for size1 in 1..=size {
            let tiles = forest.read(&tiles_for_consistency(size1, size).unwrap());
            let proof = prove_consistency(size1, size, &tiles).unwrap();
            assert_eq!(proof, naive::consistency_proof(leaves, size1 as usize), "{size1} to {size}");
        }
    }
}

#[test]
fn what_no_tree_has_is_not_proven() {
    let nothing = Forest::grow(0).read(&[]);
    assert_eq!(prove_inclusion(0, 0, &nothing), Err(ProveError::Sizes));
    assert_eq!(prove_inclusion(5, 5, &nothing), Err(ProveError::Sizes));
    assert_eq!(prove_consistency(0, 5, &nothing), Err(ProveError::Sizes));
    assert_eq!(prove_consistency(6, 5, &nothing), Err(ProveError::Sizes));
    assert_eq!(prove_consistency(5, 5, &nothing), Ok(vec![]));
    assert_eq!(root_from_tiles(0, &nothing), Ok(EMPTY_ROOT));
    let missing = TileId { level: 0, index: 0, width: 5 };
    assert_eq!(prove_inclusion(0, 5, &nothing), Err(ProveError::TileMissing(missing)));
}

#[test]
fn what_lies_above_a_tile_is_not_proven_where_the_tile_is_not_complete() {
    let nothing = Forest::grow(511).read(&[]);
    for (level, index) in [(0, 1), (0, 2), (0, u64::MAX), (1, 0), (7, 0), (8, 0), (u8::MAX, 0)] {
        let tile = TileId { level, index, width: 256 };
        assert_eq!(tiles_for_tile(tile, 511), Err(ProveError::Sizes));
        assert_eq!(prove_tile(tile, 511, &nothing), Err(ProveError::Sizes));
    }
}

#[test]
fn a_proof_in_the_largest_tree_names_few_tiles() {
    let tiles = tiles_for_inclusion(1 << 40, u64::MAX).unwrap();
    assert!(tiles.len() <= 16, "{tiles:?}");
    let tiles = tiles_for_consistency((1 << 40) + 12_345, u64::MAX).unwrap();
    assert!(tiles.len() <= 16, "{tiles:?}");
    assert_eq!(tiles_for_root(u64::MAX).len(), 8);
}

/// Grown once: proofs in smaller trees take their tiles from it too.
static LARGE: LazyLock<Forest> = LazyLock::new(|| Forest::grow(140_000));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn proofs_from_tiles_are_those_of_the_definition(
        size in 1_u64..3000, places in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let leaves = &LARGE.leaves[..size as usize];
        for place in places {
            let index = place.index(size as usize);
            let tiles = LARGE.read(&tiles_for_inclusion(index as u64, size).unwrap());
            let proof = prove_inclusion(index as u64, size, &tiles).unwrap();
            prop_assert_eq!(&proof, &naive::inclusion_proof(leaves, index));
            let size1 = index + 1;
            let tiles = LARGE.read(&tiles_for_consistency(size1 as u64, size).unwrap());
            let proof = prove_consistency(size1 as u64, size, &tiles).unwrap();
            prop_assert_eq!(&proof, &naive::consistency_proof(leaves, size1));
        }
    }

    #[test]
    fn a_proof_in_parts_is_the_proof(
        size in 256_u64..140_000, places in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        for place in places {
            let index = place.index((size / 256 * 256) as usize) as u64;
            let whole = LARGE.read(&tiles_for_inclusion(index, size).unwrap());
            let whole = prove_inclusion(index, size, &whole).unwrap();
            let (mut proof, mut below) = (Vec::new(), index);
            for level in 0..2 {
                let Some(tile) = TileId::of(level, below / 256, size).filter(|it| it.is_complete()) else { break };
                proof.extend(LARGE.read(&[tile])[&tile].siblings((below % 256) as usize).unwrap());
                below /= 256;
                let above = LARGE.read(&tiles_for_tile(tile, size).unwrap());
                let above = prove_tile(tile, size, &above).unwrap();
                prop_assert_eq!(&[&proof[..], &above].concat(), &whole);
            }
        }
    }

    #[test]
    fn proofs_from_tiles_of_all_levels_verify(
        size in 60_000_u64..140_000, places in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let root = naive::root(&LARGE.leaves[..size as usize]);
        let root_at = |size| root_from_tiles(size, &LARGE.read(&tiles_for_root(size)));
        prop_assert_eq!(root_at(size), Ok(root));
        for place in places {
            let index = place.index(size as usize) as u64;
            let tiles = LARGE.read(&tiles_for_inclusion(index, size).unwrap());
            let proof = prove_inclusion(index, size, &tiles).unwrap();
            let leaf = &LARGE.leaves[index as usize];
            prop_assert_eq!(verify_inclusion(leaf, index, size, &proof, &root), Ok(()));

            let size1 = index + 1;
            let tiles = LARGE.read(&tiles_for_consistency(size1, size).unwrap());
            let proof = prove_consistency(size1, size, &tiles).unwrap();
            prop_assert_eq!(verify_consistency(size1, size, &proof, &root_at(size1).unwrap(), &root), Ok(()));
        }
    }

    #[test]
    fn a_proof_that_lacks_any_of_its_tiles_is_not_made(size in 300_u64..80_000, place in any::<prop::sample::Index>()) {
        let forest = Forest::grow(size);
        let index = place.index(size as usize) as u64;
        let named = tiles_for_inclusion(index, size).unwrap();
        for missing in &named {
            let mut tiles = forest.read(&named);
            tiles.remove(missing);
            prop_assert_eq!(prove_inclusion(index, size, &tiles), Err(ProveError::TileMissing(*missing)));
        }
    }
}
