//! The machine that is measured on, as far as numbers depend on it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::Instant as Stopwatch;

use serde::Serialize;

use crate::Outcome;

/// How often the disk is asked to make something durable.
const SYNCS: usize = 200;
/// What it is given each time: about what one small commit writes.
const SYNCED_BYTES: usize = 4 << 10;

/// The machine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: f64,
    pub(crate) kernel: String,
    /// The median time that one small durable write takes, in microseconds.
    pub(crate) durable_write_us: f64,
}

impl Machine {
    /// Looks at it; the disk is the one of this folder.
    pub(crate) fn look(folder: &Path) -> Outcome<Self> {
        let value = |file: &str, name: &str| -> Outcome<String> {
            let text = fs::read_to_string(file)?;
            let line = text.lines().find(|it| it.starts_with(name));
            Ok(line.and_then(|it| it.split_once(':')).map_or_else(String::new, |it| it.1.trim().to_owned()))
        };
        let memory = value("/proc/meminfo", "MemTotal")?;
        let kilobytes: f64 = memory.trim_end_matches("kB").trim().parse()?;
        Ok(Self {
            processor: value("/proc/cpuinfo", "model name")?,
            cores: std::thread::available_parallelism()?.into(),
            memory_gib: kilobytes / f64::from(1 << 20),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            durable_write_us: durable_write_us(folder)?,
        })
    }
}

fn durable_write_us(folder: &Path) -> Outcome<f64> {
    let path = folder.join("durable-write");
    let mut file = File::create(&path)?;
    let mut spent = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let before = Stopwatch::now();
        file.write_all(&[1; SYNCED_BYTES])?;
        file.sync_data()?;
        spent.push(before.elapsed().as_secs_f64() * 1e6);
    }
    fs::remove_file(path)?;
    Ok(crate::report::median(&spent))
}
