//! Starting from the index image and from the rows of the read models, against folding the whole log.

use std::path::Path;
use std::time::Instant as Stopwatch;

use assent_domain::{Facts, evolve};
use assent_event_log::EventLog;
use assent_projections::{Index, decode};

use crate::Outcome;
use crate::report::{Promise, median};
use crate::server::database_url;
use crate::starting;

/// How many events are read at once.
const EVENTS_AT_ONCE: usize = 4_096;

pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<Vec<Promise>> {
    eprintln!("starts");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let image = runtime.block_on(starting::image(folder))?;
    let (mut images, mut rows, mut replays) = (Vec::new(), Vec::new(), Vec::new());
    let mut events = 0;
    for round in 0..rounds {
        images.push(runtime.block_on(starting::seconds(folder, Some(&image)))?);
        rows.push(runtime.block_on(starting::seconds(folder, None))?);
        let (replay, size) = runtime.block_on(replay(&database_url(folder)))?;
        eprintln!("  round {}: {:.2} s, {:.2} s, {replay:.2} s", round + 1, images[round], rows[round]);
        replays.push(replay);
        events = size;
    }
    let ratios =
        |starts: &[f64]| starts.iter().zip(&replays).map(|(it, replay)| replay / it).collect::<Vec<_>>();
    let absolute =
        |starts: &[f64]| format!("{:.2} s and {:.2} s for {events} events", median(starts), median(&replays));
    let what = "a start from the index image, how much faster than folding the whole log";
    let from_image = Promise::at_least(what, 3.0, "×", &ratios(&images)).with(absolute(&images));
    let what = "a start from the rows of the read models, how much faster than folding the whole log";
    Ok(vec![from_image, Promise::measured(what, "×", &ratios(&rows)).with(absolute(&rows))])
}

/// Reads, decodes and folds every event; seconds, and how many there are.
async fn replay(url: &str) -> Outcome<(f64, u64)> {
    let log = EventLog::open(url).await?;
    let before = Stopwatch::now();
    let (mut index, head) = (Index::default(), log.head().size);
    while index.ledger().applied.0 < head {
        let entries = log.read(index.ledger().applied.0 + 1, head, EVENTS_AT_ONCE).await?;
        for event in decode(&log, &entries).await? {
            evolve(&mut index, &event.recorded);
        }
    }
    let seconds = before.elapsed().as_secs_f64();
    log.close().await;
    Ok((seconds, head))
}
