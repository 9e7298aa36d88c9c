//! Each claim with one thing changed.

use assent_evidence::{Checkpoint, SignedCheckpoint, TileId};

use super::claim::{Bytes, Claim, Said};
use crate::signers::log_key;

/// What a forger could try with a claim. None of it must be believed.
pub(crate) fn tampered(claim: &Claim) -> Vec<Claim> {
    let mut forged = forged_checkpoints(claim);
    forged.extend(forged_said(claim));
    forged
}

fn forged_checkpoints(claim: &Claim) -> Vec<Claim> {
    let signed = SignedCheckpoint::parse(&claim.checkpoint).expect("the claim is true");
    let Checkpoint { size, .. } = *signed.checkpoint();
    let line = signed.note().signatures()[0].to_string();
    let mut signature = signed.note().signatures()[0].clone();
    signature.bytes[5] ^= 0x10;
    let forged_line = signature.to_string();
    let by_stranger = signed.checkpoint().sign(&[log_key(77)]).expect("the name is the log's").to_string();
    vec![
        claim.but("the checkpoint's size was changed", |it| {
            it.checkpoint = it.checkpoint.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
        }),
        claim.but("a bit of the signature was flipped", |it| {
            it.checkpoint = it.checkpoint.replace(&line, &forged_line);
        }),
        claim.but("somebody else signed under the log's name", |it| it.checkpoint = by_stranger),
        claim.but("the signature is gone", |it| {
            it.checkpoint = it.checkpoint.replace(&format!("{line}\n"), "")
        }),
    ]
}

fn forged_said(claim: &Claim) -> Vec<Claim> {
    let with = |what: &str, said: Said| claim.but(what, |it| it.said = said);
    match claim.said.clone() {
        Said::Inclusion { entry, index, proof } => {
            let other = Bytes(b"another".to_vec());
            let other = Said::Inclusion { entry: other, index, proof: proof.clone() };
            let next = Said::Inclusion { entry: entry.clone(), index: index + 1, proof: proof.clone() };
            let mut forged = vec![with("the entry is another", other), with("the index is the next", next)];
            forged.extend(
                forged_proofs(&proof)
                    .into_iter()
                    .map(|(what, proof)| with(what, Said::Inclusion { entry: entry.clone(), index, proof })),
            );
            forged
        }
        Said::Consistency { size, root, proof } => {
            let other = Bytes(vec![7; 32]);
            let other = Said::Consistency { size, root: other, proof: proof.clone() };
            let mut forged = vec![with("the older root is another", other)];
            forged.extend(
                forged_proofs(&proof)
                    .into_iter()
                    .map(|(what, proof)| with(what, Said::Consistency { size, root: root.clone(), proof })),
            );
            forged
        }
        Said::Tiles { entry, index, tiles } => tiles
            .keys()
            .map(|path| {
                let mut tiles = tiles.clone();
                let row = &mut tiles.get_mut(path).expect("it is one of the tiles").0;
                row[beside_the_way_up(index, path)] ^= 1;
                let said = Said::Tiles { entry: entry.clone(), index, tiles };
                with(&format!("a bit of {path} was flipped"), said)
            })
            .collect(),
    }
}

fn forged_proofs(proof: &[Bytes]) -> Vec<(&'static str, Vec<Bytes>)> {
    let mut forged = vec![("a hash was added", [proof, &[Bytes(vec![7; 32])]].concat())];
    if let Some((last, rest)) = proof.split_last() {
        forged.push(("the last hash is missing", rest.to_vec()));
        let mut flipped = proof.to_vec();
        flipped[0].0[31] ^= 1;
        forged.push(("a bit of the first hash was flipped", flipped));
        let mut flipped = last.clone();
        flipped.0[0] ^= 0x80;
        forged.push(("a bit of the last hash was flipped", [rest, &[flipped]].concat()));
    }
    forged
}

/// A byte of a tile's first hash, or of its second where the first is the leaf or stands above it. What stands above
/// the leaf is computed from below, and some verifiers do not look at what the tiles say of it.
fn beside_the_way_up(index: u64, path: &str) -> usize {
    let tile = TileId::parse_path(path).expect("it is a path of ours");
    let way_up = (index >> (8 * tile.level)) % 256;
    if way_up == 0 && tile.width > 1 { 32 } else { 0 }
}
