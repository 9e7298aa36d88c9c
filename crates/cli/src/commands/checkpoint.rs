//! `assent checkpoint`: what the ledger has signed.

use assent_proto::v1::GetCheckpointRequest;
use clap::Args;

use crate::connect::call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

const NEXT: &str = "\
Keep it somewhere else: whoever has it can tell later whether the log was changed. `assent prove` shows that an event is \
in it; `assent verify --key` checks all of them.";

/// Print the newest signed checkpoint
///
/// It is a signed note of three lines (C2SP tlog-checkpoint): the log's name, how many events it has, and the root of
/// the tree over them; below it the signatures.
///
///   assent checkpoint
///   assent checkpoint --min 42
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct Checkpoint {
    /// The one that signs exactly this many events.
    #[arg(long, value_name = "POSITION", conflicts_with = "min")]
    at: Option<u64>,
    /// One that signs at least this many; it is signed now if there is none yet.
    #[arg(long, value_name = "POSITION")]
    min: Option<u64>,
}

impl Checkpoint {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let wanted = GetCheckpointRequest { position: self.at, min_position: self.min };
        let mut client = context.connect().await?.audit();
        let answer = client.get_checkpoint(call(wanted)).await?.into_inner();
        context.answer("assent.v1.GetCheckpointResponse", &answer, |_| answer.note.clone())?;
        Ok(Exit::Done)
    }
}
