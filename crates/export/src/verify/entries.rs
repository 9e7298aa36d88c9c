//! The second pass: every entry is proven, the scope is complete, and everything else follows from the entries.

use std::path::Path;

use assent_domain::privacy::InquiryScope;
use assent_evidence::{Hash, verify_inclusion};
use bytes::Bytes;

use super::again::{LookedAt, compared, unread};
use super::chain::Chain;
use super::compare::Compare;
use super::documents::Documents;
use super::erasures::Erasures;
use super::findings::Findings;
use super::inputs::Inputs;
use super::manifests::Files;
use super::neighbours::{BOUNDARY, Neighbours, neighbours, tiles};
use super::opening::Opening;
use super::range::{Range, Tiles};
use super::readers::{Bundle, Lines, Next};
use super::{Progress, VerifyError};
use crate::disclosure::{self, Disclosure, DisclosureLine, Item, Shown};
use crate::entry::Entry;
use crate::inquiry::Inquiry;
use crate::parties::parties;
use crate::payload::{Payload, Proven, WriteError};
use crate::proof_line::ProofLine;
use crate::range::tiles_of_range;

const CONTEXT: &str = "data/context/000001.entries";
const CONTEXT_PROOFS: &str = "data/context/000001.proofs.jsonl";

pub(super) fn check(
    folder: &Path,
    inputs: &Inputs,
    files: &Files,
    is_as_written: bool,
    findings: &mut Findings,
    progress: &mut dyn FnMut(Progress),
) -> Result<LookedAt, VerifyError> {
    let compare = || Payload::begin(inputs.inquiry.clone(), Compare::new(folder)).map_err(unread);
    // Where a file was changed since, what is made from the entries could only repeat that.
    let payload = if is_as_written { Some(compare()?) } else { None };
    let mut check = Check {
        folder,
        inquiry: &inputs.inquiry,
        findings,
        payload,
        opening: Opening::default(),
        documents: Documents::default(),
        erasures: Erasures::default(),
        looked_at: LookedAt::default(),
        first: None,
        last: None,
    };
    check.context()?;
    check.selected(files, progress)?;
    check.documents()?;
    let Check { opening, erasures, mut looked_at, payload, findings, .. } = check;
    opening.end(findings);
    looked_at.purpose_is_proven = opening.purpose_is_proven;
    looked_at.erased_by_event = erasures.told;
    if let Some(payload) = payload {
        looked_at.is_compared = true;
        compared(payload, inputs, files, &mut looked_at, findings)?;
    }
    Ok(looked_at)
}

struct Check<'a> {
    folder: &'a Path,
    inquiry: &'a Inquiry,
    findings: &'a mut Findings,
    /// Makes the bag again; none where a finding made that senseless.
    payload: Option<Payload<Compare>>,
    opening: Opening,
    documents: Documents,
    erasures: Erasures,
    looked_at: LookedAt,
    /// The first and the last position of the range with its neighbours.
    first: Option<u64>,
    last: Option<u64>,
}

impl Check<'_> {
    /// Goes on making the bag again, as long as that makes sense.
    fn again(
        &mut self,
        file: &str,
        make: impl FnOnce(&mut Payload<Compare>) -> Result<(), WriteError>,
    ) -> Result<(), VerifyError> {
        let Some(payload) = &mut self.payload else { return Ok(()) };
        match make(payload) {
            Ok(()) => Ok(()),
            Err(error @ WriteError::Sink { .. }) => Err(unread(error)),
            Err(WriteError::Event { position, why }) => {
                self.findings.at(file, position, why);
                self.payload = None;
                Ok(())
            }
            Err(error @ WriteError::Document { .. }) => {
                self.findings.file(file, error.to_string());
                self.payload = None;
                Ok(())
            }
        }
    }

    /// An entry that can be read; what can't is a finding.
    fn entry(&mut self, file: &str, bytes: Bytes, after: u64) -> Option<Entry> {
        let entry = Entry::read(bytes);
        if let Err(error) = &entry {
            self.findings.at(
                file,
                after + 1,
                format!("{error} (the position is that after the entry before it)"),
            );
            self.payload = None;
        }
        entry.ok()
    }

    fn proven(
        &mut self,
        file: &str,
        proofs: &str,
        entry: &Entry,
        line: Next<ProofLine>,
    ) -> Option<Vec<Hash>> {
        let position = entry.position();
        let Next::One(line) = line else {
            self.findings.at(proofs, position, "there is no proof for this entry");
            self.payload = None;
            return None;
        };
        if (line.position, line.leaf_index, line.leaf_hash.0) != (position, position - 1, entry.leaf) {
            self.findings.at(proofs, position, "the proof that stands here is of another entry");
        }
        let hashes: Vec<_> = line.hashes.iter().map(|it| it.0).collect();
        let checkpoint = self.inquiry.checkpoint.checkpoint();
        let (index, size) = (entry.leaf_index(), checkpoint.size);
        if let Err(error) = verify_inclusion(&entry.leaf, index, size, &hashes, &checkpoint.root) {
            let what = format!("this entry does not stand in the signed ledger as it stands here: {error}");
            self.findings.at(file, position, what);
        }
        Some(hashes)
    }

    fn context(&mut self) -> Result<(), VerifyError> {
        let Some(mut bundle) = Bundle::open(self.folder, CONTEXT.to_owned())? else { return Ok(()) };
        let mut proofs = Lines::open(self.folder, CONTEXT_PROOFS.to_owned())?;
        let mut last = 0;
        loop {
            let bytes = match bundle.next()? {
                Next::End => return Ok(()),
                Next::Broken => {
                    self.findings.file(CONTEXT, "it ends within an entry");
                    self.payload = None;
                    return Ok(());
                }
                Next::One(bytes) => bytes,
            };
            let proof = proofs.next()?;
            let Some(entry) = self.entry(CONTEXT, bytes, last) else { continue };
            last = entry.position();
            self.looked_at.context += 1;
            let proof = self.proven(CONTEXT, CONTEXT_PROOFS, &entry, proof);
            self.documents.look(&entry);
            let items = disclosure::items(&entry.event, &[]).unwrap_or_default();
            self.opening.look(self.inquiry, &entry, &items, self.findings);
            let proof = proof.unwrap_or_default();
            let bytes = entry.bytes.clone();
            self.again(CONTEXT, |it| it.context(Proven { position: last, entry: bytes, proof: &proof }))?;
        }
    }

    fn selected(&mut self, files: &Files, progress: &mut dyn FnMut(Progress)) -> Result<(), VerifyError> {
        let mut completeness = if let Some(chain) = Chain::of(&self.inquiry.scope) {
            Completeness::Chain(chain)
        } else {
            let tiles = tiles(self.folder, files, self.findings)?;
            let Neighbours { before, after } = neighbours(self.folder, self.inquiry, self.findings)?;
            let mut range = Range::default();
            before.iter().try_for_each(|it| self.neighbour(&mut range, &tiles, it))?;
            Completeness::Range { range, tiles, after }
        };
        for number in 1.. {
            let path = format!("data/events/{number:06}.entries");
            let Some(bundle) = Bundle::open(self.folder, path)? else { break };
            self.segment(bundle, number, &mut completeness)?;
            if let Some(payload) = &mut self.payload {
                let total = 2 * files.bytes;
                progress(Progress { done: (files.bytes + payload.sink().bytes).min(total), total });
            }
        }
        match completeness {
            Completeness::Chain(chain) => chain.end(self.inquiry, self.findings),
            Completeness::Range { mut range, tiles, after } => {
                after.iter().try_for_each(|it| self.neighbour(&mut range, &tiles, it))?;
                range.end(self.inquiry, self.first, &tiles, self.findings);
                self.tiles(&tiles)?;
            }
        }
        Ok(())
    }

    fn neighbour(&mut self, range: &mut Range, tiles: &Tiles, entry: &Entry) -> Result<(), VerifyError> {
        range.neighbour(self.inquiry, tiles, BOUNDARY, entry, self.findings);
        self.seen(entry);
        let (position, bytes) = (entry.position(), entry.bytes.clone());
        self.again(BOUNDARY, |it| it.boundary(position, bytes))
    }

    fn seen(&mut self, entry: &Entry) {
        self.first.get_or_insert(entry.position());
        self.last = Some(entry.position());
    }

    /// The tiles that the range needs, and no others.
    fn tiles(&mut self, tiles: &Tiles) -> Result<(), VerifyError> {
        let size = self.inquiry.checkpoint.checkpoint().size;
        let (first, end) = (self.first.map_or(0, |it| it - 1), self.last.unwrap_or(0));
        if first > end || end > size {
            self.payload = None;
            return Ok(());
        }
        for id in tiles_of_range(first, end, size) {
            match tiles.get(&id) {
                Some(nodes) => self.again("data/proofs", |it| it.tile(id, nodes.bottom_row()))?,
                None => self
                    .findings
                    .file(format!("data/proofs/{}", id.path()), "this tile is needed, and it is missing"),
            }
        }
        Ok(())
    }

    fn segment(
        &mut self,
        mut bundle: Bundle,
        number: u32,
        completeness: &mut Completeness,
    ) -> Result<(), VerifyError> {
        let file = bundle.path.clone();
        let mut proofs = Lines::<ProofLine>::open(self.folder, format!("data/proofs/{number:06}.jsonl"))?;
        let mut shown =
            Lines::<DisclosureLine>::open(self.folder, format!("data/disclosures/{number:06}.jsonl"))?;
        let mut next_shown = shown.next()?;
        loop {
            let bytes = match bundle.next()? {
                Next::End => break,
                Next::Broken => {
                    self.findings.file(&file, "it ends within an entry");
                    self.payload = None;
                    break;
                }
                Next::One(bytes) => bytes,
            };
            let Some(entry) = self.entry(&file, bytes, self.last.unwrap_or(0)) else { continue };
            let proof = match completeness {
                Completeness::Chain(chain) => {
                    chain.event(self.inquiry, &file, &entry, self.findings);
                    let line = proofs.next()?;
                    self.proven(&file, &proofs.path, &entry, line)
                }
                Completeness::Range { range, tiles, .. } => {
                    range.event(self.inquiry, tiles, &file, &entry, self.findings);
                    None
                }
            };
            let opened = self.opened(&entry, &mut shown, &mut next_shown)?;
            self.event(&file, &shown.path, &entry, proof.as_deref(), &opened)?;
        }
        if !matches!(next_shown, Next::End) {
            self.findings
                .file(&shown.path, "it discloses something of an event that does not stand in this segment");
            self.payload = None;
        }
        Ok(())
    }

    /// The disclosures of an event: the next lines that are of its position.
    fn opened(
        &mut self,
        entry: &Entry,
        lines: &mut Lines<DisclosureLine>,
        next: &mut Next<DisclosureLine>,
    ) -> Result<Vec<Disclosure>, VerifyError> {
        let mut opened = Vec::new();
        while let Next::One(line) = next {
            if line.position != entry.position() {
                break;
            }
            match line.disclosure() {
                Some(it) => opened.push(it),
                None => {
                    self.findings.at(&lines.path, entry.position(), "a disclosure that can not be read");
                    self.payload = None;
                }
            }
            *next = lines.next()?;
        }
        Ok(opened)
    }

    fn event(
        &mut self,
        file: &str,
        disclosures: &str,
        entry: &Entry,
        proof: Option<&[Hash]>,
        opened: &[Disclosure],
    ) -> Result<(), VerifyError> {
        self.seen(entry);
        self.looked_at.events += 1;
        self.documents.look(entry);
        match disclosure::items(&entry.event, opened) {
            Ok(items) => {
                self.opening.look(self.inquiry, entry, &items, self.findings);
                self.erasures.look(entry, &items);
                self.shown(disclosures, entry, &items);
            }
            Err(error) => {
                self.findings.at(disclosures, entry.position(), error.to_string());
                self.payload = None;
            }
        }
        self.again(file, |it| it.entry(entry, proof, opened).map(|_| ()))
    }

    /// What was asked for with contacts says of every box what became of it, but for those of another partner; else only the
    /// purpose may be shown.
    fn shown(&mut self, file: &str, entry: &Entry, items: &[Item<'_>]) {
        for item in items {
            let is_opening = entry.position() == self.inquiry.position;
            match item.shown {
                Shown::Sealed => {
                    self.looked_at.sealed += 1;
                    if self.inquiry.with_contacts && !is_of_another(&self.inquiry.scope, entry) {
                        let what = format!("nothing is said of the sealed {}", item.kind.name());
                        self.findings.at(file, entry.position(), what);
                    }
                    continue;
                }
                Shown::Erased => self.looked_at.erased += 1,
                Shown::Person { .. } | Shown::Text { .. } => self.looked_at.disclosed += 1,
            }
            if !self.inquiry.with_contacts && !is_opening {
                self.findings.at(file, entry.position(), "personal data is shown, and it was not asked for");
            }
        }
    }

    fn documents(&mut self) -> Result<(), VerifyError> {
        let documents = std::mem::take(&mut self.documents);
        let (folder, mut findings) = (self.folder, std::mem::take(self.findings));
        let checked = documents.check(folder, &mut findings, |hash, content| {
            self.again("data/documents", |it| it.document(hash, content))
        });
        *self.findings = findings;
        checked
    }
}

/// Whether the event is another partner's than the one that was inquired about, which it names as reseller: what is sealed
/// in it is not that one's to see.
fn is_of_another(scope: &InquiryScope, entry: &Entry) -> bool {
    let InquiryScope::Partner(inquired) = scope else { return false };
    parties(entry.payload()).partner.is_some_and(|it| it != inquired.to_string())
}

/// How it is proven that nothing was left out.
enum Completeness {
    Chain(Chain),
    Range { range: Range, tiles: Tiles, after: Vec<Entry> },
}
