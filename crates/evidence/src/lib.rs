//! The Merkle tree over the log, after RFC 6962, and everything by which a stranger can check it.
//!
//! This crate knows hashes, sizes, keys and texts only: no database, no network, no clock, no randomness, and nothing
//! about what an entry says.
//!
//! * The tree: what the log stores ([`TileBuilder`]) and what an auditor checks ([`verify_inclusion`],
//!   [`verify_consistency`]) are built from the same two hash functions, and nothing home-made stands beside them.
//! * Proofs are made from stored tiles ([`prove_inclusion`], [`prove_consistency`]): first the tiles are named
//!   ([`tiles_for_inclusion`]), the caller reads them, and then nothing waits.
//! * Texts are those of C2SP, which other people's tools read: signed notes, checkpoints, cosignatures, `tlog-proof`,
//!   tile paths and entry bundles. Each is parsed strictly: there is one way to write a thing, and what was parsed is
//!   written again byte for byte.
//! * The [`Anchor`] keeps a restored backup from signing a second history.

mod anchor;
mod bundle;
mod checkpoint;
mod cosignature;
mod frontier;
mod hash;
mod key;
mod note;
mod piece;
mod proof;
mod prove;
mod receipt;
mod signing_key;
mod text;
mod tile_id;
mod tile_nodes;
mod tiles;
mod tlog_proof;
mod trusted_tiles;

pub use anchor::{Anchor, AnchorError, MAX_ANCHOR_BYTES, MAX_REMEMBERED, Standing};
pub use bundle::{BundleError, MAX_ENTRY_BYTES, parse_bundle, push_entry};
pub use checkpoint::{Checkpoint, CheckpointError, Origin, SignedCheckpoint};
pub use frontier::Frontier;
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash, sha256};
pub use key::{KEY_BYTES, KeyError, KeyName, KeyPurpose, VerifierKey};
pub use note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, Signature, SignedBy, parse_signatures};
pub use piece::{
    GROUP_NODES, GROUP_WIDTH, Group, GroupHalf, GroupNodes, TOP_NODES, TileTop, group_half, group_nodes,
    group_of, group_root, group_siblings, top_of, top_siblings,
};
pub use proof::{ProofError, inclusion_root, verify_consistency, verify_inclusion};
pub use prove::{
    ProveError, prove_consistency, prove_inclusion, prove_tile, root_from_tiles, tiles_for_consistency,
    tiles_for_inclusion, tiles_for_root, tiles_for_tile,
};
pub use receipt::{Receipt, ReceiptError, VerifiedReceipt};
pub use signing_key::SigningKey;
pub use tile_id::{BundleId, TileId, TilePathError, tiles_above};
pub use tile_nodes::{TileBytesError, TileNodes, TileSource};
pub use tiles::{Edge, EdgeMismatch, TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile, TileBuilder, edges};
pub use tlog_proof::{MAX_EXTRA_BYTES, MAX_PROOF_BYTES, TlogProof, TlogProofError, tlog_proof_text};
pub use trusted_tiles::{TileCheckError, TrustedTiles};
