//! The tree against its definition, the verifiers against other people's vectors, and every text that is parsed.

mod anchor;
mod bundles;
mod checkpoints;
mod foreign;
mod forest;
mod frontier;
mod garbage;
mod golden;
mod keys;
mod naive;
mod notes;
mod proofs;
mod prove;
mod receipts;
mod signers;
mod tile_paths;
mod tiles;
mod tlog_proofs;
mod trusted_tiles;
mod vectors;
