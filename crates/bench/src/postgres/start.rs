//! Starting from the snapshot, against folding the whole log.

use std::path::Path;
use std::time::Instant as Stopwatch;

use assent_domain::{Facts, evolve};
use assent_event_log::EventLog;
use assent_projections::{Index, Views, decode, start};

use crate::Outcome;
use crate::report::{Promise, median};
use crate::server::database_url;

/// How many events are read at once.
const EVENTS_AT_ONCE: usize = 4_096;

pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<Promise> {
    eprintln!("starts");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (mut ratios, mut snapshots, mut replays) = (Vec::new(), Vec::new(), Vec::new());
    let mut events = 0;
    for round in 0..rounds {
        let url = database_url(folder);
        let (snapshot, replay, size) = runtime.block_on(async move {
            let log = EventLog::open(&url).await?;
            let views = Views::open(&log).await?;
            let before = Stopwatch::now();
            let started = start(&log, views, |_, _| {}).await?;
            let snapshot = before.elapsed().as_secs_f64();
            drop(started);
            let replay = replay(&log).await?;
            let size = log.head().size;
            log.close().await;
            Outcome::Ok((snapshot, replay, size))
        })?;
        eprintln!("  round {}: {snapshot:.2} s, {replay:.2} s", round + 1);
        ratios.push(replay / snapshot);
        snapshots.push(snapshot);
        replays.push(replay);
        events = size;
    }
    let absolute = format!("{:.2} s and {:.2} s for {events} events", median(&snapshots), median(&replays));
    let what = "a start from the snapshot, how much faster than folding the whole log";
    Ok(Promise::at_least(what, 3.0, "×", &ratios).with(absolute))
}

/// Reads, decodes and folds every event; seconds.
async fn replay(log: &EventLog) -> Outcome<f64> {
    let before = Stopwatch::now();
    let (mut index, head) = (Index::default(), log.head().size);
    while index.ledger().applied.0 < head {
        let entries = log.read(index.ledger().applied.0 + 1, head, EVENTS_AT_ONCE).await?;
        for event in decode(log, &entries).await? {
            evolve(&mut index, &event.recorded);
        }
    }
    Ok(before.elapsed().as_secs_f64())
}
