//! One command that measures what Assent promises: each number as a ratio against a limit of the same run.
//!
//! `cargo run --release -p assent-bench` loads a ledger (or takes the one in `--ledger`), works on a copy of it, and
//! starts itself again for each part: the server, the clients, the index. So the parts can be pinned to cores of
//! their own, and the memory of one is not another's.

mod child;
mod evidence;
mod file;
mod index;
mod ledger;
mod load;
mod machine;
mod measure;
mod noop;
mod people;
mod postgres;
mod report;
mod server;
mod starting;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What everything here answers: nobody handles a failed measurement, it is shown and ends the run.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures what Assent promises.
#[derive(Debug, Parser)]
#[command(name = "assent-bench", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    measure: measure::Measure,
    #[command(subcommand)]
    part: Option<Part>,
}

/// The parts that the command starts itself as.
#[derive(Debug, Subcommand)]
enum Part {
    #[command(hide = true)]
    Server(server::Server),
    #[command(hide = true)]
    Load(load::Load),
    Index(index::Measured),
    #[command(hide = true)]
    Bulk(postgres::Bulk),
    Postgres(postgres::Postgres),
    Evidence(evidence::Evidence),
    File(file::File),
}

fn main() -> ExitCode {
    let Arguments { measure, part } = Arguments::parse();
    let outcome = match part {
        None => measure.run(),
        Some(Part::Server(part)) => part.run(),
        Some(Part::Load(part)) => part.run(),
        Some(Part::Index(part)) => part.run(),
        Some(Part::Bulk(part)) => part.run(),
        Some(Part::Postgres(part)) => part.run(),
        Some(Part::Evidence(part)) => part.run(),
        Some(Part::File(part)) => part.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assent-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
