//! Starting from the index image and from the rows of the read models, each against reading the bytes of its file.

use std::path::Path;

use crate::Outcome;
use crate::measure::timed;
use crate::report::{Promise, median};
use crate::starting;

/// The file that the rows are in.
const ROWS: &str = "assent.db.views";

pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<Vec<Promise>> {
    eprintln!("starts");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let image = runtime.block_on(starting::image(folder))?;
    let rows = folder.join(ROWS);
    let (mut from_image, mut from_rows) = (Compared::default(), Compared::default());
    for round in 0..rounds {
        eprintln!("  round {}", round + 1);
        from_image.add(image.path(), || runtime.block_on(starting::seconds(folder, Some(&image))))?;
        from_rows.add(&rows, || runtime.block_on(starting::seconds(folder, None)))?;
    }
    let what = "a start from the index image, to reading the bytes of its file";
    let image = Promise::at_most(what, 3.0, "×", &from_image.ratios).with(from_image.absolute());
    let what = "a start from the rows of the read models, to reading the bytes of their file";
    Ok(vec![image, Promise::measured(what, "×", &from_rows.ratios).with(from_rows.absolute())])
}

/// Starts, and how long it takes to read their bytes.
#[derive(Default)]
struct Compared {
    ratios: Vec<f64>,
    starts: Vec<f64>,
    reads: Vec<f64>,
    bytes: usize,
}

impl Compared {
    fn add(&mut self, file: &Path, start: impl FnOnce() -> Outcome<f64>) -> Outcome<()> {
        let (read, reading) = timed(|| Ok(std::fs::read(file)?))?;
        self.bytes = read.len();
        drop(read);
        let starting = start()?;
        eprintln!("    started in {starting:.2} s, read in {reading:.2} s");
        self.ratios.push(starting / reading);
        self.starts.push(starting);
        self.reads.push(reading);
        Ok(())
    }

    fn absolute(&self) -> String {
        let (starts, reads) = (median(&self.starts), median(&self.reads));
        format!("{starts:.2} s and {reads:.2} s for {} MB", self.bytes / 1_000_000)
    }
}
