//! The server that is measured on, and what is asked of it beside Assent.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use assent_projections::EDITION;
use assent_testing::master_key_file;
use assent_testing::postgres::{Cluster, ClusterOptions, TestDatabase};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::Outcome;
use crate::child::{WithEnded, cpu_seconds};
use crate::server::{URL_FILE, database_url};

/// What a deployment would set: room for the log between two checkpoints, and some memory.
const SETTINGS: [&str; 2] = ["max_wal_size = '8GB'", "shared_buffers = '1GB'"];

/// A throw-away server.
pub(super) struct Database {
    runtime: Runtime,
    cluster: Cluster,
    databases: std::cell::RefCell<Vec<TestDatabase>>,
}

/// A transaction that stays open.
pub(super) struct Snapshot(Child);

/// Dumps of a database, one after the other.
pub(super) struct Dumps {
    stop: Arc<AtomicBool>,
    dumping: JoinHandle<std::io::Result<u32>>,
}

impl Database {
    pub(super) fn start() -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let settings = SETTINGS.map(str::to_owned).to_vec();
        let cluster =
            runtime.block_on(Cluster::spawn(ClusterOptions { settings, ..ClusterOptions::default() }));
        Ok(Self { runtime, cluster, databases: Default::default() })
    }

    /// A folder that stands for a ledger on a database of its own.
    pub(super) fn ledger(&self, _name: &str) -> Outcome<TempDir> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(URL_FILE), self.url())?;
        master_key_file(folder.path());
        Ok(folder)
    }

    /// The URL of a new database.
    pub(super) fn url(&self) -> String {
        let database = self.runtime.block_on(self.cluster.database());
        let url = database.url();
        self.databases.borrow_mut().push(database);
        url
    }

    /// How many events the ledger has.
    pub(super) fn size(&self, folder: &Path) -> Outcome<u64> {
        Ok(psql(&database_url(folder), "SELECT COALESCE(MAX(size), 0) FROM commits")?.parse()?)
    }

    /// Waits until the read models have every event that the ledger has.
    pub(super) fn until_read_models_are_written(&self, folder: &Path) -> Outcome<()> {
        const LOOKS_MAX: usize = 240;
        // Each look is a process, which costs as much as dozens of rows.
        const LOOK_EVERY: Duration = Duration::from_millis(250);
        let behind = format!(
            "SELECT (SELECT MAX(size) FROM commits) - (SELECT position FROM assent_views_{EDITION}_1.projections)"
        );
        for _ in 0..LOOKS_MAX {
            if psql(&database_url(folder), &behind)? == "0" {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Err("the read models stay behind the log".into())
    }

    /// The processor time that all processes of the server have used so far.
    pub(super) fn cpu_seconds(&self) -> Outcome<f64> {
        let first = fs::read_to_string(self.cluster.folder().join("data/postmaster.pid"))?;
        let first: u32 = first.lines().next().ok_or("the file begins with a process id")?.parse()?;
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children"))?;
        let mut spent = cpu_seconds(first, WithEnded::Yes)?;
        for child in children.split_whitespace() {
            // One that has ended meanwhile is its parent's from now on.
            spent += cpu_seconds(child.parse()?, WithEnded::No).unwrap_or_default();
        }
        Ok(spent)
    }

    /// Opens a transaction that reads, and leaves it open.
    pub(super) fn open_snapshot(&self, folder: &Path) -> Outcome<Snapshot> {
        let mut psql = Command::new("psql")
            .args(["-X", "-q", &database_url(folder)])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let input = psql.stdin.as_mut().ok_or("it is piped")?;
        writeln!(input, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT COUNT(*) FROM commits;")?;
        input.flush()?;
        Ok(Snapshot(psql))
    }
}

/// Begins to dump a ledger with `pg_dump`, again and again.
pub(super) fn dump(folder: &Path) -> Dumps {
    let (stop, url) = (Arc::new(AtomicBool::new(false)), database_url(folder));
    let stopped = stop.clone();
    let dumping = std::thread::spawn(move || {
        let mut dumps = 0;
        while !stopped.load(Ordering::Relaxed) {
            // Compressing would take the core that the rest is measured on.
            let status = Command::new("pg_dump").args(["-Fc", "-Z0", &url]).stdout(Stdio::null()).status()?;
            if !status.success() {
                break;
            }
            dumps += 1;
        }
        Ok(dumps)
    });
    Dumps { stop, dumping }
}

impl Dumps {
    /// Waits for the last one. There has to have been one.
    pub(super) fn end(self) -> Outcome<()> {
        self.stop.store(true, Ordering::Relaxed);
        let dumps = self.dumping.join().map_err(|_| "the thread that dumps ended badly")??;
        if dumps > 0 { Ok(()) } else { Err("pg_dump failed".into()) }
    }
}

impl Snapshot {
    pub(super) fn end(mut self) -> Outcome<()> {
        drop(self.0.stdin.take());
        self.0.wait()?;
        Ok(())
    }
}

/// Runs SQL, and gives what it answers.
pub(super) fn psql(url: &str, sql: &str) -> Outcome<String> {
    let output = Command::new("psql")
        .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url])
        .output()?;
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout)?.trim().to_owned()),
        false => Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// A file that the server's own user can read, too.
pub(super) fn write_script(path: &Path, text: &str) -> Outcome<()> {
    let mut file = fs::File::options().write(true).create(true).truncate(true).mode(0o644).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}
