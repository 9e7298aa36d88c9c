//! `assent verify-receipt`: a receipt, or a proof, from its text alone.

mod report;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use assent_evidence::{MAX_PROOF_BYTES, TlogProof, TlogProofError, VerifierKey};
use clap::Args;

use self::report::{Report, look};
use crate::args::Output;
use crate::context::{Context, print, read};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::json;

const NEXT: &str = "\
Receipts come from `assent authorize --record --receipt FILE`, proofs of any event from `assent prove --with-entry`. The \
key must come another way than the receipt: whoever runs the ledger prints it with `assent key show`.";

/// Check a receipt or a proof, offline
///
/// A receipt is a c2sp.org/tlog-proof@v1 with the event in it. The checkpoint's signature is held against the keys that
/// you name, and the event against the root that is signed; then the event is told, and of a recorded decision what was
/// decided and why. Nothing but the text is needed: no server, no database, no network.
///
/// Exit code 1 means that it does not hold, 3 that it is no receipt at all.
///
///   assent verify-receipt order-7.tlog-proof --key 'ledger.example+1a2b3c4d+AbCd...'
///   assent prove 42 --with-entry | assent verify-receipt - --key 'ledger.example+1a2b3c4d+AbCd...'
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct VerifyReceipt {
    /// The receipt or proof; - is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A key that you trust: of the ledger, and beside it of witnesses. name+id+key; may be given more than once.
    #[arg(long, value_name = "VKEY", required = true)]
    key: Vec<VerifierKey>,
    /// The event exactly as it is stored, of a proof that does not hold it.
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
}

impl VerifyReceipt {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let text = text_of(&self.file)?;
        let entry = self.entry.as_ref().map(|it| read(it)).transpose()?;
        let report = match TlogProof::parse(text) {
            Ok(proof) => look(&proof, entry, &self.key),
            Err(error @ (TlogProofError::Layout | TlogProofError::TooLong)) => {
                return Err(Failure::Unanswered(format!("`{}` is no receipt: {error}", self.file.display())));
            }
            Err(error) => Report::found(&error),
        };
        print(&match context.output {
            Output::Text => report.text(context.style),
            Output::Json => format!("{}\n", json::own(&report.json())),
        })?;
        Ok(Exit::found(report.finding.is_some()))
    }
}

/// A file's bytes, or those of standard input, up to where they are too long.
fn text_of(path: &Path) -> Result<Vec<u8>, Failure> {
    if path != Path::new("-") {
        return read(path);
    }
    let mut text = Vec::new();
    let limit = MAX_PROOF_BYTES as u64 + 1;
    let failed = |source| Failure::File { doing: "read", path: path.to_owned(), source };
    std::io::stdin().lock().take(limit).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}
