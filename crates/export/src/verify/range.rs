//! Completeness of a range: dense positions whose hashes lead to the signed root, and neighbours outside of the time.

use std::collections::BTreeMap;

use assent_domain::privacy::InquiryScope;
use assent_domain::values::Instant;
use assent_evidence::{TileId, TileNodes};

use super::findings::Findings;
use crate::entry::Entry;
use crate::inquiry::Inquiry;
use crate::range::RangeRoot;

/// A range, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Range {
    root: Option<RangeRoot>,
    /// The position that has to come next.
    next: Option<u64>,
    last_at: Option<Instant>,
    last_selected: Option<u64>,
    begins_outside: bool,
    ends_outside: bool,
    is_broken: bool,
}

/// The tiles beside the range.
pub(super) type Tiles = BTreeMap<TileId, TileNodes>;

impl Range {
    /// A neighbour of the range, or an event in it, in the order of the log.
    fn push(&mut self, size: u64, tiles: &Tiles, file: &str, entry: &Entry, findings: &mut Findings) {
        let position = entry.position();
        let expected = self.next.unwrap_or(position);
        if position != expected || position > size {
            let what = if position > size {
                "it stands behind the checkpoint".to_owned()
            } else {
                format!(
                    "position {expected} has to stand here: something was left out, added or put in another order"
                )
            };
            findings.at(file, position, what);
            self.is_broken = true;
        }
        if self.is_broken {
            return;
        }
        if self.last_at.is_some_and(|it| it > entry.recorded_at) {
            findings.at(file, position, "it was recorded before the entry before it");
        }
        let begin = || RangeRoot::begin(entry.leaf_index(), size, tiles);
        self.root.get_or_insert_with(begin).push(entry.leaf);
        self.last_at = Some(entry.recorded_at);
        self.next = Some(position + 1);
    }

    pub(super) fn neighbour(
        &mut self,
        inquiry: &Inquiry,
        tiles: &Tiles,
        file: &str,
        entry: &Entry,
        findings: &mut Findings,
    ) {
        let (from, until) = period(inquiry);
        match (from, until) {
            (Some(from), _) if entry.recorded_at < from => self.begins_outside = true,
            (_, Some(until)) if entry.recorded_at >= until => self.ends_outside = true,
            _ => findings.at(file, entry.position(), "it is no neighbour of the time that was asked about"),
        }
        self.push(inquiry.checkpoint.checkpoint().size, tiles, file, entry, findings);
    }

    pub(super) fn event(
        &mut self,
        inquiry: &Inquiry,
        tiles: &Tiles,
        file: &str,
        entry: &Entry,
        findings: &mut Findings,
    ) {
        let (from, until) = period(inquiry);
        let is_inside =
            from.is_none_or(|it| entry.recorded_at >= it) && until.is_none_or(|it| entry.recorded_at < it);
        if !is_inside || entry.position() > inquiry.position {
            findings.at(file, entry.position(), "it does not belong to what was asked about: it was added");
        }
        self.last_selected = Some(entry.position());
        self.push(inquiry.checkpoint.checkpoint().size, tiles, file, entry, findings);
    }

    pub(super) fn end(self, inquiry: &Inquiry, first: Option<u64>, tiles: &Tiles, findings: &mut Findings) {
        let checkpoint = inquiry.checkpoint.checkpoint();
        if !self.begins_outside && first != Some(1) {
            findings.file("data/events", "the export begins neither with the ledger's first entry nor behind a neighbour: the first events were left out");
        }
        if !self.ends_outside && self.last_selected != Some(inquiry.position) {
            findings.file("data/events", "the export ends neither with the inquiry itself nor before a neighbour: the last events were left out");
        }
        if self.is_broken {
            return;
        }
        let root = self.root.unwrap_or_else(|| RangeRoot::begin(0, checkpoint.size, tiles));
        if root.root(tiles) != checkpoint.root {
            findings.file(
                "data/events",
                "the entries do not lead to the root that was signed: one of them, or a tile, was changed",
            );
        }
    }
}

fn period(inquiry: &Inquiry) -> (Option<Instant>, Option<Instant>) {
    match inquiry.scope {
        InquiryScope::Period { from, until } => (from, until),
        InquiryScope::Everything
        | InquiryScope::Customer(_)
        | InquiryScope::Partner(_)
        | InquiryScope::Agreement(_) => (None, None),
    }
}
