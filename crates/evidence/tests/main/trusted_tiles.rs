use std::collections::BTreeMap;

use assent_evidence::{
    TileCheckError, TileId, TrustedTiles, leaf_hash, prove_inclusion, tiles_above, tiles_for_root,
    verify_inclusion,
};
use proptest::prelude::*;

use crate::forest::Forest;
use crate::naive;

#[test]
fn the_tiles_above_some_leaves_are_named_lowest_level_first() {
    let named =
        |first, end, size| -> Vec<String> { tiles_above(first, end, size).map(TileId::path).collect() };
    assert_eq!(
        named(250, 520, 70_000),
        ["tile/0/000", "tile/0/001", "tile/0/002", "tile/1/000", "tile/2/000.p/1"]
    );
    assert_eq!(named(69_999, 70_000, 70_000), ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(named(0, 0, 10), [""; 0]);
    assert_eq!(named(10, 20, 10), [""; 0]);
    assert_eq!(named(0, u64::MAX, 3), ["tile/0/000.p/3"]);
    assert_eq!(tiles_above(u64::MAX - 1, u64::MAX, u64::MAX).count(), 8);
}

#[test]
fn tiles_are_checked_from_the_top_downwards() {
    let forest = Forest::grow(70_000);
    let root = naive::root(&forest.leaves);
    let mut trusted = TrustedTiles::begin(70_000, &root, |tile| Some(forest.bottom_row(tile))).unwrap();
    let (level0, level1) = (tile(0, 3, 70_000), tile(1, 0, 70_000));
    let row = forest.bottom_row(level0);
    assert_eq!(trusted.check(level0, &row), Err(TileCheckError::Missing(level1)));
    trusted.admit(level1, &forest.bottom_row(level1)).unwrap();
    trusted.admit(level0, &row).unwrap();
    assert_eq!(trusted.hash(0, 800), Some(&leaf_hash(&800_u64.to_be_bytes())));
    assert_eq!(trusted.hash(0, 8000), None);
    let proof = prove_inclusion(800, 70_000, &trusted).unwrap();
    assert_eq!(verify_inclusion(&forest.leaves[800], 800, 70_000, &proof, &root), Ok(()));

    assert_eq!(trusted.check(level0, &row[32..]), Err(TileCheckError::Length(level0)));
    let foreign = TileId { level: 0, index: 400, width: 256 };
    assert_eq!(trusted.check(foreign, &row), Err(TileCheckError::Foreign(foreign)));
    let partial = TileId { level: 0, index: 0, width: 7 };
    assert_eq!(trusted.check(partial, &row[..7 * 32]), Err(TileCheckError::Foreign(partial)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_bit_flipped_in_any_tile_is_found(
        size in 300_u64..70_000, first in any::<prop::sample::Index>(), count in 1_u64..2000,
        which in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>(),
    ) {
        let forest = Forest::grow(size);
        let root = naive::root(&forest.leaves);
        let first = first.index(size as usize) as u64;
        let named: Vec<TileId> = tiles_above(first, first + count, size).chain(tiles_for_root(size)).collect();
        let mut rows: BTreeMap<TileId, Vec<u8>> = named.iter().map(|it| (*it, forest.bottom_row(*it))).collect();
        prop_assert_eq!(check(size, &root, &rows), Ok(()));

        let changed = named[which.index(named.len())];
        let row = rows.get_mut(&changed).unwrap();
        let bit = bit.index(row.len() * 8);
        row[bit / 8] ^= 1 << (bit % 8);
        let is_edge = tiles_for_root(size).contains(&changed);
        let expected = if is_edge { TileCheckError::Root } else { TileCheckError::Changed(changed) };
        prop_assert_eq!(check(size, &root, &rows), Err(expected));
    }
}

fn check(
    size: u64,
    root: &assent_evidence::Hash,
    rows: &BTreeMap<TileId, Vec<u8>>,
) -> Result<(), TileCheckError> {
    let mut trusted = TrustedTiles::begin(size, root, |tile| rows.get(&tile))?;
    // Tiles are ordered by level first: backwards, each comes after the one above it.
    rows.iter().rev().try_for_each(|(tile, row)| trusted.admit(*tile, row))
}

fn tile(level: u8, index: u64, size: u64) -> TileId {
    TileId::of(level, index, size).expect("the tree has this tile")
}
