//! `assent key generate`: a new key.

use std::path::PathBuf;

use assent_evidence::{KeyName, KeyPurpose, SigningKey, VerifierKey};
use clap::Args;
use zeroize::Zeroizing;

use super::file;
use crate::failure::Failure;

const ABOUT: &str = "Make a key, and print its public half";

const TEACHES: &str = "\
Make an Ed25519 key in a new file that only its owner can read, and print its public half.

A log's key has the log's origin as its name: its first line in every checkpoint, for example ledger.example/contoso. \
Keep a copy of the file where nobody but you can read it. Whoever has it can sign in the log's name.

  assent key generate --origin ledger.example/contoso --out log.key
  assent key generate --witness --origin witness.example/w1 --out witness.key";

const NEXT: &str = "\
Next: give the printed line to those who will check what is signed. `assent key show FILE` prints it again.";

/// A new key.
#[derive(Debug, Args)]
#[command(about = ABOUT, long_about = TEACHES, after_help = NEXT)]
pub(crate) struct Generate {
    /// The key's name: the log's origin, or the witness's name; no spaces and no plus signs.
    #[arg(long, value_name = "NAME")]
    origin: String,
    /// The file to make for the private key; one that exists is left as it is.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A witness's key, which cosigns the checkpoints of logs. It signs none of its own.
    #[arg(long)]
    witness: bool,
}

impl Generate {
    pub(crate) fn run(self) -> Result<VerifierKey, Failure> {
        let Self { origin, out, witness } = self;
        let name = KeyName::parse(&origin).map_err(|error| Failure::Usage(error.to_string()))?;
        let purpose = if witness { KeyPurpose::Witness } else { KeyPurpose::Log };
        let mut random = Zeroizing::new([0; assent_evidence::KEY_BYTES]);
        getrandom::fill(random.as_mut_slice()).map_err(|source| Failure::Doing {
            doing: "get random bytes from the operating system",
            source: std::io::Error::other(source.to_string()).into(),
        })?;
        let key = SigningKey::generate(name, purpose, random);
        file::write(&out, &key)?;
        Ok(key.verifier().clone())
    }
}
