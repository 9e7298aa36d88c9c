//! True claims about trees of many sizes: proofs and tiles as this crate makes them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use assent_evidence::{
    Checkpoint, Hash, TileId, prove_consistency, prove_inclusion, tiles_above, tiles_for_consistency,
    tiles_for_inclusion, tiles_for_root,
};

use super::claim::{Bytes, Claim, Said};
use crate::forest::Forest;
use crate::naive;
use crate::signers::{checkpoint, log_key};

/// The sizes at which trees change their form, and one with tiles of three levels.
const SIZES: [u64; 11] = [1, 2, 3, 7, 8, 255, 256, 257, 513, 1000, 66_000];

static FOREST: LazyLock<Forest> = LazyLock::new(|| Forest::grow(66_000));

/// Claims about inclusion, consistency and tiles, in trees of all sizes.
pub(crate) fn true_claims() -> Vec<Claim> {
    SIZES.into_iter().flat_map(of_size).collect()
}

fn of_size(size: u64) -> Vec<Claim> {
    let checkpoint = checkpoint(size, root(size));
    let mut places = vec![0, size / 3, size / 2, size - 1];
    places.dedup();
    let claim = |about: String, said| Claim::true_one(about, &checkpoint, log_key(1), said);
    let of_leaves = places.iter().flat_map(|index| {
        let tiles = claim(format!("tiles with leaf {index} of {size}"), tiles(*index, &checkpoint));
        [claim(format!("leaf {index} of {size}"), inclusion(*index, size)), tiles]
    });
    let older = places.iter().filter(|size1| **size1 > 0);
    let of_trees = older.map(|size1| claim(format!("{size1} to {size}"), consistency(*size1, size)));
    of_leaves.chain(of_trees).collect()
}

fn inclusion(index: u64, size: u64) -> Said {
    let tiles = FOREST.read(&tiles_for_inclusion(index, size).expect("the leaf is in the tree"));
    let proof = prove_inclusion(index, size, &tiles).expect("the tiles were read");
    Said::Inclusion { entry: entry(index), index, proof: proof.iter().map(Bytes::from).collect() }
}

fn consistency(size1: u64, size: u64) -> Said {
    let tiles = FOREST.read(&tiles_for_consistency(size1, size).expect("the sizes rise"));
    let proof = prove_consistency(size1, size, &tiles).expect("the tiles were read");
    let root = Bytes::from(&root(size1));
    Said::Consistency { size: size1, root, proof: proof.iter().map(Bytes::from).collect() }
}

fn tiles(index: u64, checkpoint: &Checkpoint) -> Said {
    let named = tiles_above(index, index + 1, checkpoint.size).chain(tiles_for_root(checkpoint.size));
    let served = |tile: TileId| (tile.path(), Bytes(FOREST.bottom_row(tile)));
    let tiles: BTreeMap<String, Bytes> = named.map(served).collect();
    Said::Tiles { entry: entry(index), index, tiles }
}

fn root(size: u64) -> Hash {
    naive::root(&FOREST.leaves[..size as usize])
}

/// The entries whose leaf hashes the trees of these tests have.
fn entry(index: u64) -> Bytes {
    Bytes(index.to_be_bytes().to_vec())
}
