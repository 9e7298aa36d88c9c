//! `assent verify`: the stored bytes, and then what they mean.

use std::collections::HashSet;
use std::path::Path;

use assent_event_log::{Verdict, verify};
use assent_projections::{Whole, verify_whole};

use super::rate;
use crate::Outcome;
use crate::ledger::read_all;
use crate::measure::timed;
use crate::report::Promise;
use crate::server::database_url;

/// Verifies a ledger as the command does, and beside it only reads its entries.
pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<[Promise; 2]> {
    eprintln!("verification");
    let url = database_url(folder);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut log_only, mut whole, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let (events, reading) = timed(|| runtime.block_on(read_all(&url)))?;
        let (checked, bytes) = timed(|| runtime.block_on(bytes(&url)))?;
        let (folded, both) = timed(|| runtime.block_on(both(&url)))?;
        if (checked, folded) != (events, events) {
            return Err(format!("{events} events, of which {checked} and {folded} were checked").into());
        }
        let events = events as f64;
        read.push(events / reading);
        log_only.push(events / bytes);
        whole.push(events / both);
        eprintln!(
            "  round {}: read in {reading:.2} s, stored bytes in {bytes:.2} s, the whole in {both:.2} s",
            round + 1
        );
    }
    let limit = "reading the entries alone";
    Ok([
        rate("assent verify --log-only, events", 500.0, &log_only, limit, &read),
        rate("assent verify, events", 250.0, &whole, limit, &read),
    ])
}

/// The stored bytes: `--log-only`.
async fn bytes(url: &str) -> Outcome<u64> {
    match verify(url, |_, _| {}).await? {
        Verdict::Whole(verified) => Ok(verified.size),
        Verdict::Broken(finding) => Err(format!("the ledger does not verify: {finding}").into()),
    }
}

/// The stored bytes, what the events mean, and the read models.
async fn both(url: &str) -> Outcome<u64> {
    let Whole { log, meaning } =
        verify_whole(url, assent_service::request_keys, &HashSet::new(), |_, _| {}).await?;
    match (log, meaning.transpose()?) {
        (Verdict::Whole(_), Some(Ok(alike))) => Ok(alike.events),
        (Verdict::Broken(finding), _) => Err(format!("the ledger does not verify: {finding}").into()),
        (Verdict::Whole(_), found) => Err(format!("the ledger does not verify: {found:?}").into()),
    }
}
