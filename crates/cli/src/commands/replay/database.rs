//! The log as it lies in a database, opened read-only.

use std::error::Error;

use assent_event_log::EventLog;
use assent_proto::event::Event;
use prost::Message as _;

use super::Printer;
use super::selection::Selection;
use crate::failure::Failure;

/// How many entries are in memory at a time.
const PAGE_ENTRIES: usize = 1024;

/// Prints what is selected, up to the end that the log has when it is opened.
pub(super) async fn replay(url: &str, selection: &Selection, mut printer: Printer) -> Result<(), Failure> {
    let log = EventLog::open_read_only(url).await.map_err(|it| failed("open the ledger", it))?;
    let end = selection.to.unwrap_or(u64::MAX).min(log.head().size);
    let mut next = selection.from;
    while next <= end {
        let entries = log.read(next, end, PAGE_ENTRIES).await.map_err(|it| failed("read the log", it))?;
        let Some(last) = entries.last() else { break };
        next = last.position + 1;
        for entry in &entries {
            entry.check().map_err(|it| failed("read the log", it))?;
            let event = Event::decode(entry.entry.clone()).map_err(|it| failed("read an event", it))?;
            if selection.takes(&event) {
                printer.event(&event)?;
            }
        }
        printer.flush()?;
    }
    log.close().await;
    Ok(())
}

fn failed(doing: &'static str, source: impl Error + Send + Sync + 'static) -> Failure {
    Failure::Doing { doing, source: source.into() }
}
