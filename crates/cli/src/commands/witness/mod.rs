//! `assent witness`: being a witness of a log.

mod serve;

use clap::Subcommand;

use crate::exit::Exit;
use crate::failure::Failure;

const TEACHES: &str = "\
Be a witness: cosign a log's checkpoints, each only if it extends the one before.

Where several servers may sign one ledger's checkpoints, the witness decides who was first; and a ledger that was \
restored from an old backup gets no second history cosigned. It speaks C2SP tlog-witness, so that other logs can use \
it, and a ledger can use other witnesses. Run it on another machine than the ledger's database.

  assent witness serve --state witness.state --key witness.key --log LOGKEY";

/// Be a witness of a log
#[derive(Debug, Subcommand)]
#[command(long_about = TEACHES)]
pub(crate) enum Witness {
    Serve(serve::Serve),
}

impl Witness {
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self {
            Self::Serve(it) => it.run().await,
        }
    }
}
