//! What an inquiry selects, in the order of the log, with its proofs.

use std::collections::{BTreeMap, BTreeSet};

use assent_domain::privacy::InquiryScope;
use assent_domain::values::{Instant, Position};
use assent_event_log::StoredEntry;
use assent_evidence::{Checkpoint, Hash, ProofError, verify_inclusion};
use assent_export::{Inquiry, RangeRoot, parties, tiles_of_range};
use assent_projections::EventQuery;
use assent_proto::event::Event;
use assent_proto::stored::{StoredError, document_of, recorded_at_of};
use prost::Message;
use tokio::sync::mpsc;

use super::is_range;
use super::shown::shown;
use super::write::{Piece, Selected};
use crate::app::App;
use crate::error::Error;
use crate::permission::Permit;

/// How many entries are in memory at a time.
const ENTRIES_AT_ONCE: usize = 256;
/// What decisions rest on beside the parties' own events.
const CONTEXT: [&str; 5] = [
    "ledger_formatted",
    "rules_activated",
    "agreement_version_published",
    "agreement_retired",
    "policy_published",
];

/// The pieces of one export, on their way.
struct Selecting<'a> {
    app: &'a App,
    inquiry: &'a Inquiry,
    permit: &'a Permit,
    pieces: &'a mpsc::Sender<Piece>,
    documents: BTreeSet<Hash>,
}

impl App {
    /// Sends everything that the bag is made of. Ends early where nobody takes it any more.
    pub(super) async fn select(
        &self,
        inquiry: &Inquiry,
        permit: &Permit,
        pieces: &mpsc::Sender<Piece>,
    ) -> Result<(), Error> {
        let mut selecting = Selecting { app: self, inquiry, permit, pieces, documents: BTreeSet::new() };
        if is_range(&inquiry.scope) {
            selecting.range().await?;
        } else {
            self.wait_for_read_models_at(Position(inquiry.position)).await?;
            selecting.chain().await?;
        }
        selecting.documents().await
    }
}

impl Selecting<'_> {
    /// A range of positions: the neighbours, the entries, and the tiles that lead to the root.
    async fn range(&mut self) -> Result<(), Error> {
        let end = self.inquiry.position;
        let (first, last) = match self.inquiry.scope {
            InquiryScope::Period { from, until } => {
                let first = match from {
                    Some(from) => self.first_at_or_after(from, end).await?,
                    None => 1,
                };
                let behind = match until {
                    Some(until) => self.first_at_or_after(until, end).await?,
                    None => end + 1,
                };
                (first, behind - 1)
            }
            _ => (1, end),
        };
        self.context(|position| position < first || position > last).await?;
        let [before, behind] =
            [first.checked_sub(1).filter(|it| *it > 0), Some(last + 1).filter(|it| *it <= end)];
        let Checkpoint { size, root: signed, .. } = self.inquiry.checkpoint.checkpoint();
        let (low, high) = (before.unwrap_or(first) - 1, behind.unwrap_or(last));
        let mut tiles = BTreeMap::new();
        for id in tiles_of_range(low, high, *size) {
            tiles.insert(id, self.app.evidence.tile(id).await?);
        }
        let mut root = RangeRoot::begin(low, *size, &tiles);
        let before = self.neighbour(before).await?;
        before.into_iter().for_each(|leaf| root.push(leaf));
        let behind = self.neighbour(behind).await?;
        let mut next = first;
        while next <= last {
            let entries = self.app.log.read(next, last, ENTRIES_AT_ONCE).await?;
            next = entries.last().ok_or_else(|| gone(next))?.position + 1;
            entries.iter().for_each(|it| root.push(it.leaf_hash));
            self.events(entries).await?;
        }
        behind.into_iter().for_each(|leaf| root.push(leaf));
        if root.root(&tiles) != *signed {
            return Err(Error::corrupt(None, ProofError::Root));
        }
        for (id, tile) in tiles {
            self.send(Piece::Tile { id, hashes: tile.bottom_row().to_vec() }).await?;
        }
        Ok(())
    }

    /// Sends an entry that stands beside the range, where there is one; answers its leaf hash.
    async fn neighbour(&self, position: Option<u64>) -> Result<Option<Hash>, Error> {
        let Some(position) = position else { return Ok(None) };
        let entry = self.app.log.entries(&[position]).await?.pop().ok_or_else(|| gone(position))?;
        self.send(Piece::Boundary { position, entry: entry.entry }).await?;
        Ok(Some(entry.leaf_hash))
    }

    /// A chain of links. The read models' index finds its events; the links, in the bag, prove that it found them all.
    async fn chain(&mut self) -> Result<(), Error> {
        let last = self.inquiry.position;
        let query = match &self.inquiry.scope {
            InquiryScope::Customer(id) => EventQuery { customer: Some(id.clone()), ..EventQuery::default() },
            InquiryScope::Partner(id) => EventQuery { partner: Some(id.clone()), ..EventQuery::default() },
            _ => return self.agreement().await,
        };
        self.context(|_| true).await?;
        let app = self.app;
        let mut found = find(app, &query, 1, last).await?;
        while let Some(end) = found.last().map(|it| it.position) {
            // The next ones are found while these are proven and sent.
            let (sent, following) = tokio::join!(self.events(found), find(app, &query, end + 1, last));
            sent?;
            found = following?;
        }
        Ok(())
    }

    /// Most of a log names an agreement, and no index is kept of that: it is read from its beginning.
    async fn agreement(&mut self) -> Result<(), Error> {
        let InquiryScope::Agreement(agreement) = &self.inquiry.scope else { return Ok(()) };
        let agreement = agreement.to_string();
        let names_it = |event: &Event| {
            event.payload.as_ref().and_then(|it| parties(it).agreement) == Some(agreement.as_str())
        };
        let (mut next, last) = (1, self.inquiry.position);
        while next <= last {
            let mut entries = self.app.log.read(next, last, ENTRIES_AT_ONCE).await?;
            next = entries.last().ok_or_else(|| gone(next))?.position + 1;
            let mut failed = None;
            entries.retain(|it| {
                let event = Event::decode(it.entry.clone()).map_err(|error| failed = Some(error));
                event.is_ok_and(|it| names_it(&it))
            });
            if let Some(error) = failed {
                return Err(StoredError::from(error).into());
            }
            self.events(entries).await?;
        }
        self.context_that(|event| !names_it(event)).await
    }

    /// The events of the ledger, its policies and its agreements that stand at such positions.
    async fn context(&mut self, stands: impl Fn(u64) -> bool) -> Result<(), Error> {
        self.context_that(|event| stands(event.position)).await?;
        let opening = self.inquiry.position;
        let beside = is_range(&self.inquiry.scope) && stands(opening);
        match beside {
            true => {
                let entry = self.app.log.entries(&[opening]).await?.pop().ok_or_else(|| gone(opening))?;
                self.proven(entry).await
            }
            false => Ok(()),
        }
    }

    async fn context_that(&mut self, wanted: impl Fn(&Event) -> bool) -> Result<(), Error> {
        let last = self.inquiry.position;
        self.app.wait_for_read_models_at(Position(last)).await?;
        let types = CONTEXT.map(str::to_owned).to_vec();
        let query = EventQuery { types, ..EventQuery::default() };
        let mut next = 1;
        while next <= last {
            let found = find(self.app, &query, next, last).await?;
            let Some(end) = found.last().map(|it| it.position) else { break };
            next = end + 1;
            for entry in found {
                let event = Event::decode(entry.entry.clone()).map_err(StoredError::from)?;
                if wanted(&event) {
                    self.documents.extend(document_of(&event));
                    self.proven(entry).await?;
                }
            }
        }
        Ok(())
    }

    async fn proven(&self, stored: StoredEntry) -> Result<(), Error> {
        let size = self.inquiry.checkpoint.checkpoint().size;
        let proof = self.app.evidence.proof(stored.position - 1, size).await?;
        self.verify(&stored, &proof)?;
        let StoredEntry { position, entry, .. } = stored;
        self.send(Piece::Context { position, entry, proof }).await
    }

    /// Nothing leaves that does not verify.
    fn verify(&self, entry: &StoredEntry, proof: &[Hash]) -> Result<(), Error> {
        let Checkpoint { size, root, .. } = self.inquiry.checkpoint.checkpoint();
        verify_inclusion(&entry.leaf_hash, entry.position - 1, *size, proof, root)
            .map_err(|it| Error::corrupt(None, it))
    }

    /// Sends selected entries, opened where the inquiry and its caller may see that, and proven one by one where they are
    /// no range.
    async fn events(&mut self, entries: Vec<StoredEntry>) -> Result<(), Error> {
        let mut events = Vec::with_capacity(entries.len());
        for entry in &entries {
            entry.check()?;
            events.push(Event::decode(entry.entry.clone()).map_err(StoredError::from)?);
        }
        self.documents.extend(events.iter().filter_map(document_of));
        let mut opened = match self.inquiry.with_contacts {
            true => shown(self.app.unsealing(), &events, |it| self.permit.may_unseal(it)).await?,
            false => vec![Vec::new(); events.len()],
        };
        if let Some(place) = entries.iter().position(|it| it.position == self.inquiry.position) {
            // Why it was asked for stands on the cover: whoever has the bag may see that it is what was sealed.
            let purpose = shown(self.app.unsealing(), &events[place..=place], |_| true).await?;
            opened[place] = purpose.into_iter().next().unwrap_or_default();
        }
        let proofs = match is_range(&self.inquiry.scope) {
            true => vec![None; entries.len()],
            false => {
                let size = self.inquiry.checkpoint.checkpoint().size;
                let indices: Vec<u64> = entries.iter().map(|it| it.position - 1).collect();
                let proofs = self.app.evidence.proofs(&indices, size).await?;
                for (entry, proof) in entries.iter().zip(&proofs) {
                    self.verify(entry, proof)?;
                }
                proofs.into_iter().map(Some).collect()
            }
        };
        let pieces = entries.into_iter().zip(proofs).zip(opened);
        let pieces = pieces.map(|((StoredEntry { position, entry, .. }, proof), opened)| Selected {
            position,
            entry,
            proof,
            opened,
        });
        self.send(Piece::Events(pieces.collect())).await
    }

    async fn documents(&self) -> Result<(), Error> {
        for sha256 in &self.documents {
            let missing = || std::io::Error::other("a document that an event names is missing");
            let document = self.app.log.document(sha256).await?;
            let content = document.ok_or_else(|| Error::corrupt(None, missing()))?.content;
            self.send(Piece::Document { sha256: *sha256, content }).await?;
        }
        Ok(())
    }

    /// The first position of an event that was not recorded before an instant; behind the end where all were. Time never
    /// runs backwards in the log, so that halving finds it.
    async fn first_at_or_after(&self, at: Instant, end: u64) -> Result<u64, Error> {
        let (mut low, mut high) = (1, end + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.app.log.entry(middle).await?.ok_or_else(|| gone(middle))?;
            let event = Event::decode(entry.entry).map_err(StoredError::from)?;
            match recorded_at_of(&event)? < at {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }

    /// Fails where the bag is no longer written; why, whoever writes it knows.
    async fn send(&self, piece: Piece) -> Result<(), Error> {
        let ended = |_| Error::unreachable(std::io::Error::other("the export is no longer written"));
        self.pieces.send(piece).await.map_err(ended)
    }
}

/// The next entries that the event index finds.
async fn find(app: &App, query: &EventQuery, from: u64, to: u64) -> Result<Vec<StoredEntry>, Error> {
    let limit = u32::try_from(ENTRIES_AT_ONCE).unwrap_or(u32::MAX);
    let found = app.views.events(query, Position(from), Position(to), limit, false).await?;
    let positions: Vec<u64> = found.iter().map(|it| it.0).collect();
    let mut entries = app.log.entries(&positions).await?;
    entries.sort_unstable_by_key(|it| it.position);
    Ok(entries)
}

fn gone(position: u64) -> Error {
    Error::corrupt(Some(Position(position)), std::io::Error::other("the entry is missing"))
}
