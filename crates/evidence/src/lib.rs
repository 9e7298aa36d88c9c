//! The Merkle tree over the log, after RFC 6962, and the verification of its proofs.
//!
//! This crate knows hashes and sizes only: no database, no network, no clock, and nothing about what an
//! entry says. What the log stores ([`TileBuilder`]) and what an auditor checks ([`verify_inclusion`],
//! [`verify_consistency`]) are built from the same two hash functions, and nothing home-made stands beside them.
//!
//! Making proofs, signed checkpoints and export bags will live here too; they are not built yet.

mod frontier;
mod hash;
mod proof;
mod tiles;

pub use frontier::Frontier;
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash, sha256};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use tiles::{Edge, EdgeMismatch, TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile, TileBuilder, edges};
