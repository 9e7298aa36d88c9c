//! The command line: the server, and every operator's and auditor's command.
//!
//! A command parses its flags, asks the server, and prints the answer. It decides nothing: what an order needs, and
//! whether a record is taken, only the ledger says.
//!
//! * [`main`] is the whole program: flags in, exit code out.
//! * [`demo`] is the story that `assent demo` plays, as data, for tests to play too.

mod accepted;
mod args;
mod clock;
mod commands;
mod connect;
mod context;
mod credentials;
mod decision;
mod exit;
mod failure;
mod instant;
mod json;
mod names;
mod observing;
mod settings;
mod signals;
mod style;

pub mod demo;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Cli;
use crate::context::Context;

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let context = Context::new(global);
    match command.run(&context) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let failure = failure.seen_at(&context.server);
            if let Some(report) = failure.report(context.error_style) {
                eprint!("{report}");
            }
            failure.exit().into()
        }
    }
}
