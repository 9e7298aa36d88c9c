//! `assent replay-decision`: a recorded decision, made again from the log.

use std::path::PathBuf;

use assent_domain::authorize::Outcome;
use assent_event_log::{EventLog, StoredEntry};
use assent_evidence::{Origin, Receipt, VerifierKey, leaf_hash};
use assent_projections::{RepeatError, Repeated, repeat_decision};
use assent_proto::event::Event;
use bytes::Bytes;
use clap::Args;
use indicatif::ProgressBar;
use prost::Message as _;

use super::projections::bar_style;
use crate::args::{DatabaseFlags, Output};
use crate::context::{Context, print, read};
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::json;

const NEXT: &str = "\
A receipt comes from `assent authorize --record --receipt FILE`; `assent verify-receipt` checks it without a ledger. \
Whether the whole log holds: `assent verify`.";

/// Make a recorded decision again, from the log
///
/// Reads the log up to the position that the decision rested on, and nothing behind it, decides the same order as of the
/// same instant, and compares the event that recording it would store with the one that is stored, byte for byte. With a
/// receipt, it is first checked that the hashes lead from its event to its checkpoint, and with --key who signed that;
/// then its event is held against the log's.
///
/// Exit code 1 means that the decision would be another one today, or that the receipt does not hold.
///
///   assent replay-decision --position 42
///   assent replay-decision receipt.tlog-proof --key example.com/ledger+0a1b2c3d+AX…
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = NEXT)]
pub(crate) struct ReplayDecision {
    /// The receipt of the decision.
    #[arg(required_unless_present = "position", conflicts_with = "position")]
    receipt: Option<PathBuf>,
    /// The position of the decision in the log.
    #[arg(long)]
    position: Option<u64>,
    /// The ledger's public key, as it came another way than the receipt; several where it was rotated. Without it, who
    /// signed the receipt is not checked.
    #[arg(long, value_name = "VKEY")]
    key: Vec<VerifierKey>,
    #[command(flatten)]
    database: DatabaseFlags,
}

/// What was found.
enum Found {
    Same(Box<Repeated>, u64),
    Not(String),
}

/// What a receipt holds, once the hashes lead from it to the checkpoint.
struct Given {
    entry: StoredEntry,
    /// The log's name, as the checkpoint says.
    origin: Origin,
    /// The size of the log that the checkpoint is of.
    size: u64,
    is_signed_by_trusted: bool,
}

impl ReplayDecision {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let receipt = self.receipt.as_ref().map(|path| read(path)).transpose()?;
        let given = match receipt {
            None => None,
            Some(bytes) => match verified(&bytes, &self.key) {
                Ok(given) => Some(given),
                Err(found) => return found_not(context, &found),
            },
        };
        let url = self.database.url_or_default()?;
        let log = EventLog::open_read_only(&url).await.map_err(|it| failed("open the ledger", it))?;
        let found = self.repeat(&log, given.as_ref().map(|it| &it.entry)).await;
        log.close().await;
        match found? {
            Found::Same(repeated, position) => same(context, &repeated, position, given.as_ref()),
            Found::Not(what) => found_not(context, &what),
        }
    }

    async fn repeat(&self, log: &EventLog, given: Option<&StoredEntry>) -> Result<Found, Failure> {
        let position = given.map_or(self.position.unwrap_or_default(), |it| it.position);
        let stored = log.entry(position).await.map_err(|it| failed("read the log", it))?;
        let entry = match (stored, given) {
            (None, _) => return Ok(Found::Not(format!("the log has no position {position}"))),
            (Some(stored), Some(given)) if stored.entry != given.entry => {
                return Ok(Found::Not(format!("the log has another event at position {position}")));
            }
            (Some(stored), _) => stored,
        };
        let bar = ProgressBar::new(0).with_style(bar_style());
        let progress = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let repeated = repeat_decision(log, &entry, progress).await;
        bar.finish_and_clear();
        Ok(match repeated {
            Ok(repeated) if repeated.entry == entry.entry => Found::Same(Box::new(repeated), position),
            Ok(repeated) => Found::Not(format!(
                "the decision at position {position} would be {} today, with other bytes than are stored",
                name(repeated.decision.outcome)
            )),
            Err(error @ RepeatError::NoDecision { .. }) => return Err(Failure::Usage(error.to_string())),
            Err(error) => return Err(failed("make the decision again", error)),
        })
    }
}

/// What a receipt that holds says; or why it does not hold. Without keys, all but who signed it is checked.
fn verified(bytes: &[u8], keys: &[VerifierKey]) -> Result<Given, String> {
    let receipt = Receipt::parse(bytes).map_err(|it| format!("this is no receipt: {}", chain(&it)))?;
    let (entry, proof) = (Bytes::copy_from_slice(receipt.entry()), receipt.proof());
    let leaf_hash = leaf_hash(&entry);
    let checked = match keys.is_empty() {
        true => proof.verify_way(&leaf_hash),
        false => proof.verify(&leaf_hash, keys),
    };
    let checkpoint = checked.map_err(|it| format!("the receipt does not hold: {}", chain(&it)))?;
    let event = Event::decode(entry.clone()).map_err(|it| format!("the receipt holds no event: {it}"))?;
    let position = proof.index + 1;
    if event.position != position {
        return Err(format!(
            "the receipt does not hold: it is of position {position}, and its event of {}",
            event.position
        ));
    }
    Ok(Given {
        entry: StoredEntry { position, leaf_hash, entry },
        origin: checkpoint.origin.clone(),
        size: checkpoint.size,
        is_signed_by_trusted: !keys.is_empty(),
    })
}

fn same(
    context: &Context,
    repeated: &Repeated,
    position: u64,
    given: Option<&Given>,
) -> Result<Exit, Failure> {
    let outcome = name(repeated.decision.outcome);
    print(&match context.output {
        Output::Text => {
            let same = context.style.good("SAME");
            let bytes = repeated.entry.len();
            let unsigned = given.filter(|it| !it.is_signed_by_trusted);
            let unsigned = unsigned.map(|it| not_checked(context, it)).unwrap_or_default();
            format!(
                "{same} the decision at position {position} is {outcome} again, with the same {bytes} bytes\n{unsigned}"
            )
        }
        Output::Json => {
            let found = serde_json::json!({
                "same": true,
                "position": position,
                "decision": outcome,
                "origin": given.map(|it| it.origin.as_str()),
                "isSignedByTrusted": given.map(|it| it.is_signed_by_trusted),
            });
            format!("{}\n", json::own(&found))
        }
    })?;
    Ok(Exit::Done)
}

fn not_checked(context: &Context, Given { origin, size, .. }: &Given) -> String {
    format!(
        "  {} who signed the receipt: no --key was given. Its checkpoint says that it is of {size} events of {origin}, which \
         anybody can write\n",
        context.style.bad("not checked")
    )
}

const fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "ALLOWED",
        Outcome::Denied => "DENIED",
    }
}

fn found_not(context: &Context, what: &str) -> Result<Exit, Failure> {
    print(&match context.output {
        Output::Text => format!("{} {what}\n", context.style.bad("NOT THE SAME")),
        Output::Json => format!("{}\n", json::own(&serde_json::json!({ "same": false, "finding": what }))),
    })?;
    Ok(Exit::Found)
}

fn failed(doing: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Doing { doing, source: source.into() }
}
