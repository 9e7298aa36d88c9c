use std::collections::HashMap;

use assent_evidence::{Edge, EdgeMismatch, Hash, TILE_BYTES, Tile, TileBuilder, edges, node_hash};
use proptest::prelude::*;

use crate::naive;

#[test]
fn a_tile_of_256_leaves_holds_all_nodes_bottom_row_first() {
    let leaves = naive::leaves(600);
    let tiles = build(&leaves).1;
    let places: Vec<(u8, u64)> = tiles.iter().map(|tile| (tile.level, tile.index)).collect();
    assert_eq!(places, [(0, 0), (0, 1)]);
    for (tile, leaves) in tiles.iter().zip(leaves.chunks(256)) {
        let mut nodes = leaves.to_vec();
        let mut row = leaves.to_vec();
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
            nodes.extend(&row);
        }
        assert_eq!(tile.to_bytes(), nodes.concat());
        assert_eq!(tile.to_bytes().len(), TILE_BYTES);
        assert_eq!(tile.root(), naive::root(leaves));
    }
}

#[test]
fn the_leaf_that_ends_256_tiles_completes_the_tile_above_them() {
    let leaves = naive::leaves(65_536);
    let (mut builder, tiles) = build(&leaves[..65_535]);
    assert_eq!(tiles.len(), 255);
    let mut completed = Vec::new();
    builder.push(leaves[65_535], &mut completed);
    let places: Vec<(u8, u64)> = completed.iter().map(|tile| (tile.level, tile.index)).collect();
    assert_eq!(places, [(0, 255), (1, 0)]);
    assert_eq!(completed[1].root(), builder.root());
    let roots: Vec<Hash> = tiles.iter().chain(&completed[..1]).map(Tile::root).collect();
    assert_eq!(completed[1].to_bytes()[..256 * 32], roots.concat());
}

#[test]
fn edges_name_what_no_tile_of_their_level_holds() {
    assert_eq!(edges(0), []);
    assert_eq!(edges(255), [Edge { level: 0, first: 0, count: 255 }]);
    assert_eq!(edges(256), [Edge { level: 0, first: 256, count: 0 }, Edge { level: 1, first: 0, count: 1 }]);
    assert_eq!(
        edges(65_536 + 512 + 3),
        [
            Edge { level: 0, first: 66_048, count: 3 },
            Edge { level: 1, first: 256, count: 2 },
            Edge { level: 2, first: 0, count: 1 },
        ]
    );
    assert_eq!(edges(u64::MAX).len(), 8);
}

#[test]
fn an_edge_of_the_wrong_length_is_refused() {
    let leaves = naive::leaves(3);
    assert_eq!(TileBuilder::rebuild(4, std::slice::from_ref(&leaves)), Err(EdgeMismatch { size: 4 }));
    assert_eq!(TileBuilder::rebuild(3, &[]), Err(EdgeMismatch { size: 3 }));
    assert_eq!(TileBuilder::rebuild(3, &[leaves, vec![]]), Err(EdgeMismatch { size: 3 }));
}

#[test]
fn a_tree_can_be_rebuilt_at_every_small_size() {
    let leaves = naive::leaves(1030);
    let mut builder = TileBuilder::new();
    let mut tiles = Vec::new();
    for size in 0..=leaves.len() {
        assert_eq!(rebuild(&leaves[..size], &tiles), builder, "at size {size}");
        if let Some(leaf) = leaves.get(size) {
            builder.push(*leaf, &mut tiles);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_rebuilt_tree_goes_on_as_if_nothing_had_happened(size in 0_u64..140_000, more in 0_u64..70_000) {
        let leaves = naive::leaves(size + more);
        let (mut builder, mut tiles) = build(&leaves[..size as usize]);
        let mut rebuilt = rebuild(&leaves[..size as usize], &tiles);
        prop_assert_eq!(&rebuilt, &builder);
        let mut tiles_of_rebuilt = tiles.clone();
        for leaf in &leaves[size as usize..] {
            builder.push(*leaf, &mut tiles);
            rebuilt.push(*leaf, &mut tiles_of_rebuilt);
        }
        prop_assert_eq!(&rebuilt, &builder);
        prop_assert!(tiles_of_rebuilt == tiles);
        prop_assert_eq!(builder.root(), naive::root(&leaves));
        prop_assert_eq!(builder.frontier().size(), size + more);
    }
}

fn build(leaves: &[Hash]) -> (TileBuilder, Vec<Tile>) {
    let (mut builder, mut tiles) = (TileBuilder::new(), Vec::new());
    leaves.iter().for_each(|leaf| builder.push(*leaf, &mut tiles));
    (builder, tiles)
}

/// Reads what the edges name, as the log does from its tables.
fn rebuild(leaves: &[Hash], tiles: &[Tile]) -> TileBuilder {
    let roots: HashMap<(u8, u64), Hash> =
        tiles.iter().map(|tile| ((tile.level, tile.index), tile.root())).collect();
    let size = leaves.len() as u64;
    let read = |Edge { level, first, count }: Edge| -> Vec<Hash> {
        (first..first + count as u64)
            .map(|index| match level {
                0 => leaves[index as usize],
                _ => roots[&(level - 1, index)],
            })
            .collect()
    };
    let hashes: Vec<Vec<Hash>> = edges(size).into_iter().map(read).collect();
    TileBuilder::rebuild(size, &hashes).expect("the edges were read as named")
}
