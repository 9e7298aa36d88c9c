//! Counts the instructions that the parts of the work take, and fails where one takes more than it did.
//!
//! `cargo run --profile counts -p assent-counts` counts under valgrind and compares with `baseline.json` beside this
//! program's sources; with `-- --accept` what was counted becomes the baseline. Counts are the same in every run: ids and orders
//! are made from their numbers, hashes have no seed, and valgrind shows each processor that has AVX2 as the same one.

mod baseline;
mod count;
mod work;

use std::error::Error;
use std::process::ExitCode;

use baseline::{Baseline, OtherMachine};

/// What everything here answers: nobody handles a failure, it is shown and ends the run.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The exit code where the machine is another one than the baseline's.
const NOT_COMPARED: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        [] => compare(),
        ["--accept"] => accept(),
        // How the program starts itself under valgrind.
        ["part", name] => count::run_part(name),
        ["processor"] => count::show_processor(),
        _ => Err("usage: assent-counts [--accept]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assent-counts: {error}");
            if error.is::<OtherMachine>() { ExitCode::from(NOT_COMPARED) } else { ExitCode::FAILURE }
        }
    }
}

fn compare() -> Outcome<()> {
    let baseline = Baseline::read()?;
    baseline.setting.check(&count::setting()?)?;
    baseline.compare(&count::all()?)
}

fn accept() -> Outcome<()> {
    let counted = Baseline { setting: count::setting()?, instructions: count::all()? };
    if let Ok(before) = Baseline::read() {
        before.show(&counted.instructions);
    }
    counted.write()
}
