//! `assent key show`: the public half of a key.

use std::path::PathBuf;

use assent_evidence::VerifierKey;
use clap::Args;

use super::file;
use crate::failure::Failure;

const ABOUT: &str = "Print the public half of a key";

const TEACHES: &str = "\
Print the public half of a key that is in a file. The private half is not shown.

  assent key show log.key";

const NEXT: &str = "Next: `assent witness serve --log KEY` cosigns for the log that has this key.";

/// The public half of a key.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Show {
    /// The file with the private key.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Show {
    pub(crate) fn run(self) -> Result<VerifierKey, Failure> {
        Ok(file::read(&self.file)?.verifier().clone())
    }
}
