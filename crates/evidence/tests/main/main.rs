//! The tree against its definition, and the verifiers against other people's vectors.

mod frontier;
mod naive;
mod proofs;
mod tiles;
mod vectors;
