//! `assent serve`: the ledger itself.

use std::io::Write as _;
use std::net::SocketAddr;

use clap::Args;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::observing::Observing;
use crate::settings::{Flags, Settings, sample};
use crate::signals;

const ABOUT: &str = "Start the server";

const TEACHES: &str = "\
Start the server, and make the ledger where there is none.

It prints one line with its address once it accepts calls (port 0 takes a free port), writes its log to standard \
error, and ends with exit code 0 on SIGTERM after finishing what is under way.

With --dev, on this machine alone, every caller without a credential acts as a developer who holds every role. Without \
it, [identity] in the file of --config says who issues tokens, and whose certificates are taken.

  assent serve --dev
  assent serve --dev --listen 127.0.0.1:0 --database sqlite:/srv/ledger/assent.db
  assent serve --dev --database-file ledger.url --master-key-file master.key

On PostgreSQL any number of servers may serve one ledger; each needs the same master key.

The same settings can stand in a TOML file and in the environment (ASSENT_LISTEN for listen); variables win over the \
file, and flags over both. `assent config show` tells what holds, and why:

  # assent.toml, for assent serve --config assent.toml
";

const NEXT: &str = "\
Next: in another terminal, `assent register partner contoso --program direct-bill --country DE`.";

/// The ledger itself.
#[derive(Debug, Default, Args)]
#[command(about = ABOUT, long_about = format!("{TEACHES}{}", sample().trim_end()), after_help = NEXT)]
pub(crate) struct Serve {
    #[command(flatten)]
    flags: Flags,
    /// Begin an anchor anew that is not there, though checkpoints were signed: once, when you know that this database is the
    /// one that was signed last. Without it such a server signs nothing.
    #[arg(long)]
    begin_anchor: bool,
}

impl Serve {
    pub(crate) fn run(self, _: &Context) -> Result<Exit, Failure> {
        let settings = Settings::from(&self.flags)?;
        let config = assent_service::Config { begin_anchor: self.begin_anchor, ..settings.check()? };
        let observing = Observing::start(&settings)?;
        let scheme = match config.identity.as_ref().is_some_and(|it| it.tls.is_some()) {
            true => "https",
            false => "http",
        };
        let served = assent_service::serve(config, |address| announce(scheme, address), signals::stop());
        observing.end();
        served.map_err(|it| Failure::Start(Box::new(it)))?;
        Ok(Exit::Done)
    }
}

/// The one line on standard output: whoever started the server waits for it.
fn announce(scheme: &str, address: SocketAddr) {
    let mut out = std::io::stdout().lock();
    // A closed standard output is no reason not to serve.
    let _ = writeln!(out, "assent is listening on {scheme}://{address}").and_then(|()| out.flush());
}
