//! A segment: so many events with all that is said of them. When it has ended, its files never change any more.

use assent_evidence::Hash;

use crate::account;
use crate::disclosure::{self, Item};
use crate::entry::Entry;
use crate::entry_files::EntryFiles;
use crate::inquiry::{Contents, Inquiry};
use crate::payload::WriteError;
use crate::sink::Sink;
use crate::stream::Stream;
use crate::table::{ACCEPTANCES, DECISIONS, TableFiles, acceptance, decision};

/// A segment is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentEnd {
    /// Its number, from 1.
    pub number: u32,
    /// How many events it has.
    pub events: u32,
    /// The position of its last event; 0 where it has none.
    pub last_position: u64,
}

/// The segment that is being written.
pub(crate) struct Segment {
    number: u32,
    events: u32,
    last_position: u64,
    entries: EntryFiles,
    history: Stream,
    acceptances: TableFiles,
    decisions: TableFiles,
    /// Made with the first item that is shown.
    disclosures: Option<Stream>,
}

impl Segment {
    pub(crate) fn new(inquiry: &Inquiry, number: u32) -> Self {
        let proofs = format!("proofs/{number:06}.jsonl");
        let mut history = Stream::new(format_args!("history/{number:06}.txt"));
        history.buffer.extend_from_slice(account::HEADING.as_bytes());
        Self {
            number,
            events: 0,
            last_position: 0,
            entries: EntryFiles::new("events", number, (!inquiry.is_range()).then_some(proofs.as_str())),
            history,
            acceptances: TableFiles::new(&ACCEPTANCES, number),
            decisions: TableFiles::new(&DECISIONS, number),
            disclosures: None,
        }
    }

    pub(crate) fn push(
        &mut self,
        source: &str,
        entry: &Entry,
        proof: Option<&[Hash]>,
        items: &[Item<'_>],
        contents: &mut Contents,
        sink: &mut impl Sink,
    ) -> Result<(), WriteError> {
        self.entries.push(source, entry, proof)?;
        account::push_account(&mut self.history.buffer, entry, items);
        self.disclose(entry, items, contents);
        if let Some(row) = acceptance(entry, items) {
            contents.acceptance_rows += 1;
            self.acceptances.push(row, sink)?;
        }
        if let Some(row) = decision(entry, items) {
            contents.decision_rows += 1;
            self.decisions.push(row, sink)?;
        }
        self.events += 1;
        self.last_position = entry.position();
        contents.events += 1;
        contents.first_position.get_or_insert(self.last_position);
        contents.last_position = Some(self.last_position);
        self.entries.spill(sink)?;
        self.history.spill(sink)?;
        self.disclosures.as_mut().map_or(Ok(()), |it| it.spill(sink))
    }

    fn disclose(&mut self, entry: &Entry, items: &[Item<'_>], contents: &mut Contents) {
        for item in items {
            match &item.shown {
                disclosure::Shown::Sealed => {
                    contents.items_sealed += 1;
                    continue;
                }
                disclosure::Shown::Erased => contents.items_erased += 1,
                disclosure::Shown::Person { .. } | disclosure::Shown::Text { .. } => {
                    contents.items_disclosed += 1;
                }
            }
            let number = self.number;
            let file = || Stream::new(format_args!("disclosures/{number:06}.jsonl"));
            disclosure::push_line(&mut self.disclosures.get_or_insert_with(file).buffer, entry, item);
        }
    }

    pub(crate) fn is_full(&self, inquiry: &Inquiry) -> bool {
        self.events >= inquiry.segment_events
    }

    pub(crate) fn close(
        self,
        contents: &mut Contents,
        sink: &mut impl Sink,
    ) -> Result<SegmentEnd, WriteError> {
        let Self { number, events, last_position, entries, history, acceptances, decisions, disclosures } =
            self;
        entries.close(sink)?;
        history.close(sink)?;
        acceptances.close(sink)?;
        decisions.close(sink)?;
        disclosures.map_or(Ok(()), |it| it.close(sink))?;
        contents.segments = number;
        Ok(SegmentEnd { number, events, last_position })
    }
}
