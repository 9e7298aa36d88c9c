//! What PostgreSQL does without Assent: the limits.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant as Stopwatch;

use tempfile::TempDir;

use super::database::{Database, psql, write_script};
use crate::Outcome;
use crate::server::database_url;

/// The rows of a commit.
const ROWS_A_TRANSACTION: u64 = 256;

/// One event a transaction, under a global lock, into the same tables; all of it in one round trip.
const ONE_EVENT: &str = "\
BEGIN\\; \
SELECT pg_advisory_xact_lock(1)\\; \
INSERT INTO commits SELECT size, size + 1, decode(repeat('ef', 32), 'hex'), 0 \
  FROM (SELECT COALESCE((SELECT size FROM commits ORDER BY start DESC LIMIT 1), 0) AS size) AS last\\; \
INSERT INTO events SELECT size, decode(repeat('ab', {entry}), 'hex'), decode(repeat('cd', 32), 'hex') \
  FROM commits ORDER BY start DESC LIMIT 1\\; \
INSERT INTO requests SELECT sha256(random()::TEXT::BYTEA), size FROM commits ORDER BY start DESC LIMIT 1\\; \
INSERT INTO vault VALUES (decode(md5(random()::TEXT), 'hex'), '\\x0011223344556677', decode(repeat('11', 60), 'hex'), \
  decode(repeat('22', 32), 'hex'), decode(repeat('33', 32), 'hex'), decode(repeat('44', 32), 'hex'))\\; \
COMMIT;
";

/// pgbench on empty tables of the same kind.
pub(super) struct OneByOne {
    url: String,
    script: PathBuf,
    _folder: TempDir,
}

impl OneByOne {
    /// Events as long as those of the ledger.
    pub(super) fn prepare(database: &Database, ledger: &Path) -> Outcome<Self> {
        let url = empty(database)?;
        let length = "SELECT AVG(length(entry))::INT FROM (SELECT entry FROM events ORDER BY position DESC LIMIT 1000) AS last";
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("one.sql");
        write_script(&script, &ONE_EVENT.replace("{entry}", &psql(&database_url(ledger), length)?))?;
        Ok(Self { url, script, _folder: folder })
    }

    /// Transactions a second by so many clients.
    pub(super) fn rate(&self, clients: usize, seconds: f64) -> Outcome<f64> {
        let (clients, seconds) = (clients.to_string(), (seconds.ceil() as u64).to_string());
        let output = Command::new("pgbench")
            .args(["-n", "-c", &clients, "-j", "2", "-T", &seconds, "-f"])
            .arg(&self.script)
            .arg(&self.url)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = said.lines().find_map(|it| it.strip_prefix("tps = "));
        let rate = line.and_then(|it| it.split_whitespace().next()?.parse().ok());
        rate.ok_or_else(|| format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// Rows a second of bare inserts, 256 a transaction, of the very rows that were added after a position: events,
/// requests and vault rows, from copies of the tables into tables like the ledger's.
pub(super) fn bare_inserts(ledger: &Path, after: u64, rows: u64) -> Outcome<f64> {
    let url = database_url(ledger);
    let prepare = format!(
        "CREATE SCHEMA bare; SET search_path TO bare, public;
         CREATE TABLE new_events AS SELECT * FROM public.events WHERE position > {after};
         CREATE TABLE new_requests AS SELECT r.* FROM public.requests AS r WHERE position > {after};
         CREATE TABLE new_vault AS SELECT v.*, row_number() OVER () + {after} AS position FROM public.vault AS v LIMIT {rows};
         CREATE INDEX ON new_events (position); CREATE INDEX ON new_requests (position); CREATE INDEX ON new_vault (position);
         CREATE TABLE events (LIKE public.events INCLUDING ALL);
         CREATE TABLE requests (LIKE public.requests INCLUDING ALL);
         CREATE TABLE vault (LIKE public.vault INCLUDING ALL);
         ANALYZE new_events; ANALYZE new_requests; ANALYZE new_vault"
    );
    psql(&url, &prepare)?;
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("bare.sql");
    let mut text = String::from("SET search_path TO bare, public;\n");
    for from in (after..after + rows).step_by(ROWS_A_TRANSACTION as usize) {
        let to = from + ROWS_A_TRANSACTION;
        let range = format!("WHERE position > {from} AND position <= {to}");
        text.push_str(&format!(
            "BEGIN; INSERT INTO events SELECT * FROM new_events {range};
             INSERT INTO requests SELECT * FROM new_requests {range};
             INSERT INTO vault SELECT id, master_key_id, wrapped_key, email_index, contact_fingerprint,
             request_fingerprint FROM new_vault {range}; COMMIT;\n"
        ));
    }
    write_script(&script, &text)?;
    let before = Stopwatch::now();
    let status = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"])
        .arg(&script)
        .arg(&url)
        .stdout(Stdio::null())
        .status()?;
    let seconds = before.elapsed().as_secs_f64();
    if !status.success() {
        return Err("bare inserts failed".into());
    }
    psql(&url, "DROP SCHEMA bare CASCADE")?;
    Ok(rows as f64 / seconds)
}

/// Events a second of a copy of the whole log in PostgreSQL's binary form.
pub(super) fn copy(ledger: &Path, events: u64) -> Outcome<f64> {
    let copy = "COPY (SELECT entry, leaf_hash FROM events ORDER BY position) TO STDOUT (FORMAT binary)";
    let before = Stopwatch::now();
    let status = Command::new("psql")
        .args(["-X", "-q", "-c", copy, &database_url(ledger)])
        .stdout(Stdio::null())
        .status()?;
    match status.success() {
        true => Ok(events as f64 / before.elapsed().as_secs_f64()),
        false => Err("the copy failed".into()),
    }
}

/// A database with the ledger's tables, and nothing in them.
fn empty(database: &Database) -> Outcome<String> {
    let url = database.url();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(assent_event_log::migrate(&url, None))?;
    Ok(url)
}
