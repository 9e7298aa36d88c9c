//! The crates `signed_note` and `tlog_tiles` (notes, checkpoints, proofs and tiles) and `ct-merkle` (proofs).

use std::collections::BTreeMap;

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::checkpoint::Checkpoint;
use tlog_tiles::tile::{Tile, TileHashReader, TileReader};
use tlog_tiles::tlog::{self, Hash, HashReader};

use super::claim::{Bytes, Claim, Said, hashes};
use super::{CLAIMS, judges_every_claim_rightly};

#[test]
fn signed_note_and_tlog_tiles_believe_what_holds_and_nothing_else() {
    let verdicts: Vec<bool> = CLAIMS.iter().map(tlog_tiles_believes).collect();
    judges_every_claim_rightly("tlog_tiles", CLAIMS.iter(), &verdicts);
}

#[test]
fn ct_merkle_believes_the_proofs_that_hold_and_no_others() {
    // It knows proofs only: signatures and tiles are for the others.
    let is_proof = |claim: &&Claim| !matches!(claim.said, Said::Tiles { .. }) && opened(claim).is_some();
    let claims: Vec<&Claim> = CLAIMS.iter().filter(is_proof).collect();
    let verdicts: Vec<bool> = claims.iter().map(|claim| ct_merkle_believes(claim)).collect();
    judges_every_claim_rightly("ct-merkle", claims.into_iter(), &verdicts);
}

fn opened(claim: &Claim) -> Option<Checkpoint> {
    let verifier = StandardVerifier::new(&claim.vkey).expect("a verifier key of ours is read");
    let note = Note::from_bytes(claim.checkpoint.as_bytes()).ok()?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).ok()?;
    Checkpoint::from_bytes(note.text()).ok()
}

fn tlog_tiles_believes(claim: &Claim) -> bool {
    let Some(checkpoint) = opened(claim) else { return false };
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    let proof_of = |proof: &[Bytes]| hashes(proof).into_iter().map(Hash).collect::<Vec<_>>();
    match &claim.said {
        Said::Inclusion { entry, index, proof } => {
            let leaf = tlog::record_hash(&entry.0);
            tlog::check_record(&proof_of(proof), size, root, *index, leaf).is_ok()
        }
        Said::Consistency { size: size1, root: root1, proof } => {
            let root1 = hashes(std::slice::from_ref(root1))[0];
            tlog::check_tree(&proof_of(proof), size, root, *size1, Hash(root1)).is_ok()
        }
        Said::Tiles { entry, index, tiles } => {
            let served = Served(tiles);
            let reader = TileHashReader::new(size, root, &served);
            let Ok(read) = reader.read_hashes(&[tlog::stored_hash_index(0, *index)]) else { return false };
            // In small trees the reader does not hold every tile against the one above it. Every hash of a tile goes into
            // the proof for one of its leaves, so that this does.
            let Ok(proof) = tlog::prove_record(size, *index, &reader) else { return false };
            let leaf = tlog::record_hash(&entry.0);
            read == [leaf] && tlog::check_record(&proof, size, root, *index, leaf).is_ok()
        }
    }
}

/// Our tiles, found by the paths that this crate asks for: they have the height of tiles in them, as those of Go have.
struct Served<'a>(&'a BTreeMap<String, Bytes>);

impl TileReader for Served<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog::Error> {
        let path = |tile: &Tile| tile.path().replacen("tile/8/", "tile/", 1);
        Ok(tiles.iter().map(|tile| self.0[&path(tile)].0.clone()).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

fn ct_merkle_believes(claim: &Claim) -> bool {
    let checkpoint = opened(claim).expect("the checkpoint is not forged");
    let root = RootHash::<Sha256>::new(checkpoint.hash().0.into(), checkpoint.size());
    match &claim.said {
        Said::Inclusion { entry, index, proof } => {
            let proof = InclusionProof::try_from_bytes(hashes(proof).concat()).expect("hashes have 32 bytes");
            root.verify_inclusion(&entry.0, *index, &proof).is_ok()
        }
        Said::Consistency { size, root: older, proof } => {
            let older = RootHash::<Sha256>::new(hashes(std::slice::from_ref(older))[0].into(), *size);
            let proof =
                ConsistencyProof::try_from_bytes(hashes(proof).concat()).expect("hashes have 32 bytes");
            root.verify_consistency(&older, &proof).is_ok()
        }
        Said::Tiles { .. } => unreachable!("it is asked about proofs only"),
    }
}
