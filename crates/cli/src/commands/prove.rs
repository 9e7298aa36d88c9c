//! `assent prove`: the proof that an event stands in the log.

use std::path::PathBuf;

use assent_proto::v1::GetInclusionProofRequest;
use assent_proto::v1::get_inclusion_proof_request::Event;
use clap::Args;

use crate::connect::call;
use crate::context::{Context, print, write};
use crate::exit::Exit;
use crate::failure::Failure;

const NEXT: &str = "\
It verifies offline, with any program that reads c2sp.org/tlog-proof@v1 and the ledger's public key.";

/// Prove that an event stands in the log
///
/// The proof is a text (c2sp.org/tlog-proof@v1): the event's index, the hashes on its way to the root, and the signed
/// checkpoint with that root. With the event in it, it is all that a verifier needs beside the public key.
///
///   assent prove 42
///   assent prove 018bcfe5-687b-7969-9a5a-5a123456789a --with-entry --out event.tlog-proof
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Prove {
    /// The event: its position, or its id.
    #[arg(value_name = "EVENT")]
    event: String,
    /// Under the checkpoint that signs exactly this many events.
    #[arg(long, value_name = "POSITION")]
    checkpoint: Option<u64>,
    /// Put the event itself into the proof.
    #[arg(long)]
    with_entry: bool,
    /// Write the proof to this file instead of printing it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Prove {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let event = match self.event.parse() {
            Ok(position) => Event::Position(position),
            Err(_) => Event::EventId(self.event),
        };
        let wanted = GetInclusionProofRequest {
            event: Some(event),
            checkpoint_position: self.checkpoint,
            with_entry: self.with_entry,
        };
        let mut client = context.connect().await?.audit();
        let answer = client.get_inclusion_proof(call(wanted)).await?.into_inner();
        match &self.out {
            Some(path) => {
                write(path, answer.proof.as_bytes())?;
                print(&format!("{}\n", path.display()))?;
            }
            None => {
                context.answer("assent.v1.GetInclusionProofResponse", &answer, |_| answer.proof.clone())?
            }
        }
        Ok(Exit::Done)
    }
}
