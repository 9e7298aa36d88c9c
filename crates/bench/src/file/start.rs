//! Starting from the snapshot, against reading its bytes.

use std::path::Path;

use assent_event_log::EventLog;
use assent_projections::{Views, start};

use crate::Outcome;
use crate::measure::timed;
use crate::report::{Promise, median};
use crate::server::database_url;

/// The file that the snapshot is in.
const SNAPSHOT: &str = "assent.db.views";

pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<Promise> {
    eprintln!("starts");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let url = database_url(folder);
    let (mut ratios, mut starts, mut reads, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for round in 0..rounds {
        let (read, reading) = timed(|| Ok(std::fs::read(folder.join(SNAPSHOT))?))?;
        bytes = read.len();
        drop(read);
        let (started, starting) = timed(|| {
            runtime.block_on(async {
                let log = EventLog::open(&url).await?;
                let views = Views::open(&log).await?;
                Ok((start(&log, views, |_, _| {}).await?, log))
            })
        })?;
        let (started, log) = started;
        drop(started);
        runtime.block_on(log.close());
        eprintln!("  round {}: started in {starting:.2} s, read in {reading:.2} s", round + 1);
        ratios.push(starting / reading);
        starts.push(starting);
        reads.push(reading);
    }
    let absolute =
        format!("{:.2} s and {:.2} s for {} MB", median(&starts), median(&reads), bytes / 1_000_000);
    let what = "a start from the snapshot, to reading the bytes of its file";
    Ok(Promise::at_most(what, 3.0, "×", &ratios).with(absolute))
}
