//! Confirmations, against one writer that inserts such rows 256 a transaction, and one caller against one row.

use std::path::Path;
use std::process::Command;

use super::File;
use crate::Outcome;
use crate::load::Call;
use crate::measure::{Calls, Run, Trial};
use crate::report::{Pairs, Promise};
use crate::server::Running;

const CONNECTIONS: usize = 4;
/// How many callers there are at once.
const CALLERS: [usize; 2] = [64, 256];
/// The rows of a commit of the one writer.
const ROWS_A_TRANSACTION: u64 = 256;
const US_A_SECOND: f64 = 1e6;
const NS_A_US: f64 = 1e3;

/// SQLite without Assent, through the module of Python's own library: it is written in C, and costs a few microseconds a row.
/// The tables are like the ledger's, and the rows as long as its newest.
const BARE: &str = r#"
import os, sqlite3, sys, time
ledger, file, rows, each = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
old = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
newest = {t: old.execute(f"SELECT * FROM {t} ORDER BY 1 DESC LIMIT 1").fetchone() for t in ("events", "requests", "vault")}
# What has no request id has no row among the requests.
tables = {t: row for t, row in newest.items() if row}
new = sqlite3.connect(file, isolation_level=None)
for setting in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32768", "wal_autocheckpoint=4096"):
    new.execute("PRAGMA " + setting)
for (sql,) in old.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name IN ('events', 'requests', 'vault')"):
    new.execute(sql)
size = old.execute("SELECT MAX(position) FROM events").fetchone()[0]
def fresh(table, row, at):
    # What has to be unique is: positions, and the first column of the others; ids of the vault begin with the time.
    cells = list(row)
    if table == "events":
        cells[0] = at
    elif table == "vault":
        cells[0] = (time.time_ns() // 1000000).to_bytes(6, "big") + os.urandom(10)
    else:
        cells[0] = os.urandom(len(row[0]))
    return cells
batches = []
for start in range(0, rows, each):
    batches.append([(t, [fresh(t, row, size + 1 + n) for n in range(start, min(start + each, rows))]) for t, row in tables.items()])
new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
before = time.perf_counter()
for batch in batches:
    new.execute("BEGIN IMMEDIATE")
    for table, lines in batch:
        new.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(lines[0]))})", lines)
    new.execute("COMMIT")
print(rows / (time.perf_counter() - before))
"#;

/// Rows a second of one writer.
fn bare(ledger: &Path, rows: u64, each: u64) -> Outcome<f64> {
    let folder = tempfile::tempdir_in(ledger)?;
    let files = [ledger.join("assent.db"), folder.path().join("bare.db")];
    let output = Command::new("python3")
        .args(["-c", BARE])
        .args(files)
        .args([rows, each].map(|it| it.to_string()))
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| format!("python3: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn confirm(of: &File, server: &Running, callers: usize, seed: u64) -> Outcome<Trial> {
    let connections = CONNECTIONS.min(callers);
    let calls = Calls { call: Call::Confirm, connections, in_flight: callers / connections, rate: None };
    run(of).trial(server, None, calls, seed)
}

fn run(of: &File) -> Run {
    Run { relationships: of.relationships, seconds: of.seconds, rounds: 1 }
}

pub(super) fn measure(folder: &Path, of: &File) -> Outcome<Vec<Promise>> {
    const BARE_ROWS: u64 = 100 * ROWS_A_TRANSACTION;
    const SINGLE_ROWS: u64 = 500;
    eprintln!("confirmations, and bare inserts");
    let server = Running::start(folder, std::thread::available_parallelism()?.into(), None)?;
    let no_op = Calls { call: Call::NoOp, connections: 1, in_flight: 1, rate: None };
    let (mut rates, mut times, mut shown) = ([Pairs::default(), Pairs::default()], Vec::new(), String::new());
    for round in 0..of.rounds {
        let seeds = round as u64 * 3;
        for (place, callers) in CALLERS.into_iter().enumerate() {
            let many = confirm(of, &server, callers, seeds + place as u64 + 1)?.rate;
            rates[place].add(many, bare(folder, BARE_ROWS, ROWS_A_TRANSACTION)?);
        }
        let one = confirm(of, &server, 1, seeds + 3)?.latency.p50 as f64 / NS_A_US;
        let called = run(of).trial(&server, None, no_op, seeds + 1)?.latency.p50 as f64 / NS_A_US;
        let inserted = US_A_SECOND / bare(folder, SINGLE_ROWS, 1)?;
        times.push(one / (inserted + called));
        shown = format!("{one:.0} µs; the transaction {inserted:.0} µs, the no-op {called:.0} µs");
        eprintln!("  round {}: {shown}", round + 1);
    }
    server.stop()?;
    let what = [
        "ConfirmAcceptance by 64 callers, of the events/s of one writer that inserts such rows, 256 a transaction",
        "the same by 256 callers",
        "ConfirmAcceptance by one caller, its median time to that of one such row a transaction and a no-op call",
    ];
    let share = |(what, rates): (&'static str, &Pairs)| {
        Promise::at_least(what, 35.0, "%", &rates.ratios(100.0)).with(rates.absolute("events"))
    };
    let one = Promise::at_most(what[2], 1.5, "×", &times).with(shown);
    Ok(what.into_iter().zip(&rates).map(share).chain([one]).collect())
}
