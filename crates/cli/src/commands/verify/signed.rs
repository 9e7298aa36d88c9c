//! The log against what was signed of it: the anchor, and the keys of stored checkpoints.

use std::collections::HashMap;
use std::path::Path;

use assent_event_log::{EventLog, Finding, Verified};
use assent_evidence::{Anchor, Checkpoint, Hash, Standing, VerifierKey};

use crate::context::read;
use crate::failure::Failure;

const CHECKPOINTS_AT_ONCE: u32 = 1_024;

/// The first thing found. Without keys nobody can tell a log that was begun anew under another origin from checkpoints of
/// another log: all have one origin then.
pub(super) async fn check(
    url: &str,
    verified: &Verified,
    anchor: Option<&Path>,
    keys: &[VerifierKey],
) -> Result<Option<Finding>, Failure> {
    if let (Some(position), []) = (verified.other_origin_at, keys) {
        let what = "the stored checkpoint has another origin than the first one; where the log was begun anew under another \
                    name, give the keys of both (--key)";
        return Ok(Some(Finding { position, what: what.to_owned() }));
    }
    if anchor.is_none() && keys.is_empty() {
        return Ok(None);
    }
    let log = EventLog::open_read_only(url).await.map_err(|it| failed(it.into()))?;
    let mut found = unsigned(&log, keys).await?;
    if let (None, Some(path)) = (&found, anchor) {
        found = parted(&log, path, keys).await?;
    }
    log.close().await;
    Ok(found)
}

/// The first stored checkpoint that none of the keys has signed.
async fn unsigned(log: &EventLog, keys: &[VerifierKey]) -> Result<Option<Finding>, Failure> {
    if keys.is_empty() {
        return Ok(None);
    }
    let mut after = 0;
    loop {
        let stored = log.checkpoints(after, CHECKPOINTS_AT_ONCE).await.map_err(|it| failed(it.into()))?;
        let Some(last) = stored.last() else { return Ok(None) };
        after = last.size;
        if let Some(unsigned) = stored.iter().find(|it| Checkpoint::open(&it.note, keys).is_err()) {
            let what = "the stored checkpoint is not signed by any of the given keys".to_owned();
            return Ok(Some(Finding { position: unsigned.size, what }));
        }
    }
}

/// Where the log and what the anchor remembers part.
async fn parted(log: &EventLog, path: &Path, keys: &[VerifierKey]) -> Result<Option<Finding>, Failure> {
    let anchor = Anchor::parse(read(path)?)
        .map_err(|error| Failure::Usage(format!("`{}` is no anchor that holds: {error}", path.display())))?;
    if !keys.is_empty() && anchor.last().verify(keys).is_err() {
        let what = "the anchor's last checkpoint is not signed by any of the given keys".to_owned();
        return Ok(Some(Finding { position: anchor.last().checkpoint().size, what }));
    }
    let size = log.head().size;
    let mut roots: HashMap<u64, Hash> = HashMap::new();
    for remembered in anchor.sizes().filter(|it| *it <= size) {
        roots.insert(remembered, log.root(remembered).await.map_err(|it| failed(it.into()))?);
    }
    let signed = anchor.last().checkpoint().size;
    Ok(match anchor.compare(|size| roots.get(&size).copied()) {
        Standing::Extends => None,
        Standing::Fork { agree_at, differ_at } => Some(Finding {
            position: agree_at + 1,
            what: format!(
                "the histories part here or behind: up to position {agree_at} the log is what was signed, and at \
                 {differ_at} it has another root; {signed} positions were signed"
            ),
        }),
        Standing::LogShorter { agree_at, missing_at } => Some(Finding {
            position: size + 1,
            what: format!(
                "the log ends before what was signed: up to position {agree_at} it is the same, and the histories part \
                 before {missing_at}; {signed} positions were signed"
            ),
        }),
    })
}

fn failed(source: assent_event_log::VerifyError) -> Failure {
    Failure::Doing { doing: "compare the log with what was signed", source: source.into() }
}
