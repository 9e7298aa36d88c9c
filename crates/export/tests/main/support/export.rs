//! An export as the service makes it: the opening event, a checkpoint behind it, the chain or range, and the proofs.

use std::path::Path;

use assent_domain::event::Event;
use assent_domain::privacy::InquiryScope;
use assent_evidence::{
    Checkpoint, EMPTY_ROOT, Hash, KeyName, KeyPurpose, Origin, SigningKey, TILE_WIDTH, leaf_hash, node_hash,
};
use assent_export::{
    Bag, Disclosure, ExportedEvent, Finished, Folder, Inquiry, Opened, Proven, Sink, WriteError,
    tiles_of_range,
};
use assent_proto::stored::document_of;
use bytes::Bytes;
use prost::Message as _;

use super::Ledger;
use super::ledger::USER;

pub(crate) const PURPOSE: &str = "An audit, <b>\n  asked for by \"them\"";
const ORIGIN: &str = "ledger.example/assent";

/// The log's key.
pub(crate) fn key() -> SigningKey {
    signing(7)
}

/// A key of somebody who gave it the log's name.
pub(crate) fn other_key() -> SigningKey {
    signing(8)
}

fn signing(seed: u8) -> SigningKey {
    let name = KeyName::parse(ORIGIN).expect("it is a name");
    SigningKey::generate(name, KeyPurpose::Log, [seed; 32].into())
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) scope: InquiryScope,
    pub(crate) with_contacts: bool,
    pub(crate) segment_events: u32,
    /// How much happens between the opening and the checkpoint.
    pub(crate) after: u64,
}

impl Choice {
    pub(crate) fn of(scope: InquiryScope) -> Self {
        Self { scope, with_contacts: false, segment_events: 1_000, after: 2 }
    }
}

/// An event or neighbour that goes into a bag.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    pub(crate) position: u64,
    pub(crate) entry: Bytes,
    pub(crate) proof: Vec<Hash>,
    pub(crate) opened: Vec<Disclosure>,
}

/// Everything that a bag is made of; a forger changes it before it is written.
pub(crate) struct Export {
    pub(crate) inquiry: Inquiry,
    pub(crate) context: Vec<Selected>,
    pub(crate) boundary: Vec<Selected>,
    pub(crate) events: Vec<Selected>,
    pub(crate) documents: Vec<(Hash, Vec<u8>)>,
    pub(crate) leaves: Vec<Hash>,
}

impl Export {
    pub(crate) fn new(mut ledger: Ledger, choice: &Choice) -> Self {
        let Choice { scope, with_contacts, segment_events, after } = choice.clone();
        ledger.now = ledger.now.plus_micros(1);
        let requested_at = ledger.now;
        let opening = ledger.append(Event::InquiryOpened { scope: scope.clone(), with_contacts }).position.0;
        for _ in 0..after {
            ledger.append(Event::RulesActivated { edition: 1 });
        }
        let leaves = ledger.leaves();
        let checkpoint = Checkpoint {
            origin: Origin::parse(ORIGIN).expect("it is an origin"),
            size: ledger.size(),
            root: tree(&leaves),
        };
        let inquiry = Inquiry {
            scope,
            with_contacts,
            purpose: PURPOSE.to_owned(),
            requested_by: USER.to_owned(),
            requested_at,
            position: opening,
            checkpoint: checkpoint.sign(&[key()]).expect("the key has the origin's name"),
            keys: vec![key().verifier().clone()],
            segment_events,
        };
        let mut export =
            Self { inquiry, context: vec![], boundary: vec![], events: vec![], documents: vec![], leaves };
        export.select(&ledger);
        export
    }

    fn select(&mut self, ledger: &Ledger) {
        let opening = self.inquiry.position;
        let is_range = self.inquiry.is_range();
        let chosen: Vec<u64> = (1..=opening).filter(|it| self.is_selected(ledger, *it)).collect();
        let selected = |it: u64| self.selected(ledger, it);
        let events: Vec<_> = chosen.iter().map(|it| selected(*it)).collect();
        let mut boundary = Vec::new();
        if let InquiryScope::Period { from, until } = self.inquiry.scope {
            let at = |it: u64| ledger.recorded[it as usize - 1].recorded_at;
            boundary
                .extend((1..=opening).rev().find(|it| from.is_some_and(|from| at(*it) < from)).map(selected));
            boundary
                .extend((1..=opening).find(|it| until.is_some_and(|until| at(*it) >= until)).map(selected));
        }
        let is_context = |it: &u64| !chosen.contains(it) && (*it < 8 || is_range && *it == opening);
        let context: Vec<_> = (1..=opening).filter(is_context).map(selected).collect();
        let named = |it: &Selected| {
            let event = assent_proto::event::Event::decode(it.entry.clone()).expect("it was encoded here");
            document_of(&event)
        };
        let mut documents: Vec<_> = events.iter().chain(&context).filter_map(named).collect();
        documents.sort_unstable();
        documents.dedup();
        self.documents = documents.into_iter().map(|it| (it, ledger.documents[&it].clone())).collect();
        (self.events, self.boundary, self.context) = (events, boundary, context);
    }

    fn is_selected(&self, ledger: &Ledger, position: u64) -> bool {
        let recorded = &ledger.recorded[position as usize - 1];
        let (event, at) = (&recorded.event, recorded.recorded_at);
        match &self.inquiry.scope {
            InquiryScope::Everything => true,
            InquiryScope::Customer(it) => event.customer() == Some(it),
            InquiryScope::Partner(it) => event.partner() == Some(it) || event.reseller() == Some(it),
            InquiryScope::Agreement(it) => event.agreement() == Some(it),
            InquiryScope::Period { from, until } => {
                from.is_none_or(|it| at >= it) && until.is_none_or(|it| at < it)
            }
        }
    }

    /// An event of the ledger with its proof and what may be shown of it.
    pub(crate) fn selected(&self, ledger: &Ledger, position: u64) -> Selected {
        let entry = ledger.entries[position as usize - 1].clone();
        let event = assent_proto::event::Event::decode(entry.clone()).expect("it was encoded here");
        let ids: Vec<_> = assent_proto::stored::boxes(&event).iter().map(|it| it.key_id.to_vec()).collect();
        let is_opening = position == self.inquiry.position;
        let shown = self.inquiry.with_contacts || is_opening;
        let boxes = ledger.boxes[&position].iter().filter(|it| shown && ids.contains(&it.key_id.to_vec()));
        // Every fifth event's items were erased.
        let erased = |it: &Disclosure| Disclosure { key_id: it.key_id, opened: Opened::Erased };
        let of =
            |it: &Disclosure| if position.is_multiple_of(5) && !is_opening { erased(it) } else { it.clone() };
        // In a range only what stands outside of it has a proof of its own.
        let is_context = position < 8 || is_opening;
        let has_proof = is_context || !self.inquiry.is_range();
        let proof = if has_proof { path(position as usize - 1, &self.leaves) } else { Vec::new() };
        Selected { position, entry, proof, opened: boxes.map(of).collect() }
    }

    /// Writes the bag to a folder.
    pub(crate) fn write(&self, folder: &Path) -> Result<Finished, WriteError> {
        self.write_to(Folder::new(folder))
    }

    pub(crate) fn write_to(&self, sink: impl Sink) -> Result<Finished, WriteError> {
        let is_range = self.inquiry.is_range();
        let mut bag = Bag::begin(self.inquiry.clone(), sink)?;
        for it in &self.context {
            bag.context(Proven { position: it.position, entry: it.entry.clone(), proof: &it.proof })?;
        }
        for it in &self.boundary {
            bag.boundary(it.position, it.entry.clone())?;
        }
        for it in &self.events {
            let proof = (!is_range).then_some(it.proof.as_slice());
            bag.event(ExportedEvent {
                position: it.position,
                entry: it.entry.clone(),
                proof,
                opened: &it.opened,
            })?;
        }
        if is_range {
            self.tiles(&mut bag)?;
        }
        for (hash, content) in &self.documents {
            bag.document(*hash, content)?;
        }
        bag.finish()
    }

    fn tiles<S: Sink>(&self, bag: &mut Bag<S>) -> Result<(), WriteError> {
        let positions = || self.boundary.iter().chain(&self.events).map(|it| it.position);
        let first = positions().min().map_or(0, |it| it - 1);
        let end = positions().max().unwrap_or(0);
        for id in tiles_of_range(first, end, self.leaves.len() as u64) {
            let subtree = usize::try_from(TILE_WIDTH.pow(id.level.into())).expect("the log is small");
            let first = usize::try_from(id.index * TILE_WIDTH).expect("the log is small") * subtree;
            let rows = self.leaves[first..].chunks_exact(subtree).take(id.width.into());
            bag.tile(id, &rows.flat_map(tree).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The root of RFC 6962, section 2.1, as it is written there.
fn tree(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&tree(left), &tree(right))
        }
    }
}

/// The path of RFC 6962, section 2.1.1, as it is written there.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = match index.checked_sub(left.len()) {
        None => (path(index, left), tree(right)),
        Some(index) => (path(index, right), tree(left)),
    };
    path.push(sibling);
    path
}

/// The largest power of two below a length of two or more.
fn split(length: usize) -> usize {
    1 << (length - 1).ilog2()
}

/// An entry that nobody recorded: the same, with another actor.
pub(crate) fn altered(entry: &Bytes) -> Bytes {
    let mut event = assent_proto::event::Event::decode(entry.clone()).expect("it was encoded here");
    event.actor = Some(assent_proto::event::Actor { user_id: "mallory".to_owned(), ..Default::default() });
    let altered = Bytes::from(event.encode_to_vec());
    assert_ne!(leaf_hash(&altered), leaf_hash(entry));
    altered
}
