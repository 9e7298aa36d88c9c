//! What stands beside the selected events: the neighbours of a range, and the tiles that lead to the root.

use std::path::Path;

use assent_domain::privacy::InquiryScope;
use assent_evidence::{TileId, TileNodes};

use super::VerifyError;
use super::findings::Findings;
use super::inputs::whole;
use super::manifests::Files;
use super::range::Tiles;
use super::readers::{Bundle, Next};
use crate::entry::Entry;
use crate::inquiry::Inquiry;

pub(super) const BOUNDARY: &str = "data/boundary/000001.entries";
const PROOFS: &str = "data/proofs/";
/// A path from a leaf to the root of the largest log crosses fewer tiles on each side.
const TILES_MAX: usize = 64;
/// One before and one behind.
const NEIGHBOURS_MAX: usize = 2;

/// The neighbours of a range, before it and behind it.
#[derive(Default)]
pub(super) struct Neighbours {
    pub(super) before: Vec<Entry>,
    pub(super) after: Vec<Entry>,
}

pub(super) fn neighbours(
    folder: &Path,
    inquiry: &Inquiry,
    findings: &mut Findings,
) -> Result<Neighbours, VerifyError> {
    let mut found = Neighbours::default();
    let Some(mut bundle) = Bundle::open(folder, BOUNDARY.to_owned())? else { return Ok(found) };
    let from = match inquiry.scope {
        InquiryScope::Period { from, .. } => from,
        InquiryScope::Everything
        | InquiryScope::Customer(_)
        | InquiryScope::Partner(_)
        | InquiryScope::Agreement(_) => None,
    };
    loop {
        let bytes = match bundle.next()? {
            Next::End => return Ok(found),
            Next::Broken => {
                findings.file(BOUNDARY, "it ends within an entry");
                return Ok(found);
            }
            Next::One(bytes) => bytes,
        };
        if found.before.len() + found.after.len() == NEIGHBOURS_MAX {
            findings.file(BOUNDARY, "a range has two neighbours at most");
            return Ok(found);
        }
        match Entry::read(bytes) {
            Ok(entry) if from.is_some_and(|it| entry.recorded_at < it) => found.before.push(entry),
            Ok(entry) => found.after.push(entry),
            Err(error) => findings.file(BOUNDARY, error.to_string()),
        }
    }
}

pub(super) fn tiles(folder: &Path, files: &Files, findings: &mut Findings) -> Result<Tiles, VerifyError> {
    let mut tiles = Tiles::new();
    let paths = files.paths.iter().filter_map(|it| it.strip_prefix(PROOFS).map(|tile| (it, tile)));
    for (path, tile) in paths.filter(|(_, tile)| tile.starts_with("tile/")).take(TILES_MAX) {
        let row = whole(folder, path)?.unwrap_or_default();
        match (TileId::parse_path(tile), TileNodes::from_bottom_row(&row)) {
            (Ok(id), Ok(nodes)) if nodes.width() == usize::from(id.width) => {
                tiles.insert(id, nodes);
            }
            _ => findings.file(path, "it is no tile"),
        }
    }
    Ok(tiles)
}
