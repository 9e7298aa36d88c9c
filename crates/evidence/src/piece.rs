//! A complete tile of leaves in pieces, for whoever has memory for some of them only: groups of sixteen leaf hashes, which
//! are most of a tile, with the roots of their halves, and the nodes above them, which every proof from the tile needs.

use crate::hash::{Hash, node_hash};
use crate::tile_nodes::TileNodes;
use crate::tiles::TILE_HEIGHT;

/// The height of a group: its root lies four levels above its leaves.
const GROUP_HEIGHT: u32 = 4;
/// The leaves in a group.
pub const GROUP_WIDTH: usize = 1 << GROUP_HEIGHT;
/// What is kept of a group: its leaves, and the roots of its halves.
pub const GROUP_NODES: usize = GROUP_WIDTH + 2;
/// The height of half a group.
const HALF_HEIGHT: u32 = GROUP_HEIGHT - 1;
/// The leaves in half a group.
const HALF_WIDTH: usize = 1 << HALF_HEIGHT;
/// The nodes in a top: 16, 8, 4 and 2.
pub const TOP_NODES: usize = 30;

/// The leaf hashes of a group, in order.
pub type Group = [Hash; GROUP_WIDTH];

/// The leaf hashes of a group, in order, and then the roots of its halves: each proof needs one of the two, and to make it takes
/// seven hashes.
pub type GroupNodes = [Hash; GROUP_NODES];

/// What the way from a leaf needs of its group: the leaves of its half, and then the root of the other half.
pub type GroupHalf = [Hash; HALF_WIDTH + 1];

/// The nodes of a complete tile above its leaves' groups and below its root: first the sixteen roots of the groups.
pub type TileTop = [Hash; TOP_NODES];

/// The top of a tile; `None` where it is not complete.
pub fn top_of(tile: &TileNodes) -> Option<TileTop> {
    tile.rows_above(GROUP_HEIGHT)?.as_chunks().0.first_chunk().copied()
}

/// The siblings on the way from a group's root to the tile's, lowest first.
pub fn top_siblings(top: &TileTop, group: usize) -> [Hash; (TILE_HEIGHT - GROUP_HEIGHT) as usize] {
    // The rows of 16, 8, 4 and 2 nodes begin here.
    let row_starts = [0, 16, 24, 28];
    std::array::from_fn(|row| top[row_starts[row] + ((group >> row) ^ 1)])
}

/// The group at this place of a tile; `None` where its leaves are not all there.
pub fn group_of(tile: &TileNodes, group: usize) -> Option<GroupNodes> {
    let leaves = tile.bottom_row().as_chunks().0.get(group * GROUP_WIDTH..)?.first_chunk()?;
    let half = |it: usize| tile.node(HALF_HEIGHT, 2 * group + it).copied();
    Some(nodes(leaves, [half(0)?, half(1)?]))
}

/// A group's leaves, with the roots of its halves.
pub fn group_nodes(leaves: &Group) -> GroupNodes {
    let (left, right) = leaves.split_at(HALF_WIDTH);
    nodes(leaves, [root(left), root(right)])
}

/// The root of a group.
pub fn group_root(group: &GroupNodes) -> Hash {
    let [.., left, right] = group;
    node_hash(left, right)
}

/// The half of a group that a leaf is in.
pub fn group_half(group: &GroupNodes, leaf: usize) -> GroupHalf {
    let half = leaf / HALF_WIDTH;
    let other_root = group[GROUP_WIDTH + (half ^ 1)];
    std::array::from_fn(|at| if at < HALF_WIDTH { group[half * HALF_WIDTH + at] } else { other_root })
}

/// A leaf of a group, and the siblings on the way from it to the group's root, lowest first.
pub fn group_siblings(half: &GroupHalf, leaf: usize) -> (Hash, [Hash; GROUP_HEIGHT as usize]) {
    let (place, [leaves @ .., other_root]) = (leaf % HALF_WIDTH, half);
    let siblings = std::array::from_fn(|height| match height as u32 {
        HALF_HEIGHT => *other_root,
        _ => {
            let first = ((place >> height) ^ 1) << height;
            root(&leaves[first..first + (1 << height)])
        }
    });
    (leaves[place], siblings)
}

fn nodes(leaves: &Group, halves: [Hash; 2]) -> GroupNodes {
    std::array::from_fn(|at| leaves.get(at).copied().unwrap_or_else(|| halves[at - GROUP_WIDTH]))
}

/// The root of as many leaves as a power of two.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_siblings_that_the_whole_tile_has() {
        let leaves: Vec<Hash> = (0..=255_u8).map(|leaf| [leaf; 32]).collect();
        let tile = TileNodes::from_bottom_row(leaves.as_flattened()).unwrap();
        let top = top_of(&tile).unwrap();
        for leaf in 0..256 {
            let (group, place) = (leaf / GROUP_WIDTH, leaf % GROUP_WIDTH);
            let nodes = group_of(&tile, group).unwrap();
            assert_eq!(nodes[place], [leaf as u8; 32]);
            assert_eq!(group_nodes(nodes.first_chunk().unwrap()), nodes);
            assert_eq!(group_root(&nodes), top[group]);
            let (found, lower) = group_siblings(&group_half(&nodes, place), place);
            assert_eq!(found, [leaf as u8; 32]);
            let siblings = [lower, top_siblings(&top, group)].concat();
            assert_eq!(siblings, tile.siblings(leaf).unwrap());
        }
    }

    #[test]
    fn a_tile_that_is_not_complete_has_no_top() {
        let tile = TileNodes::from_bottom_row([[7; 32]; 255].as_flattened()).unwrap();
        assert_eq!(top_of(&tile), None);
        assert!(group_of(&tile, 14).is_some());
        assert_eq!(group_of(&tile, 15), None);
        assert_eq!(tile.siblings(0), None);
    }
}
