//! What was made again from the entries, against what lies in the bag.

use super::compare::Compare;
use super::findings::Findings;
use super::inputs::Inputs;
use super::manifests::Files;
use super::{VerifyError, failed};
use crate::bag::manifest::{BAG_INFO, BagInfo};
use crate::payload::{Payload, WriteError};

/// What the second pass saw.
#[derive(Debug, Default)]
pub(super) struct LookedAt {
    pub(super) events: u64,
    pub(super) context: u64,
    pub(super) sealed: u64,
    pub(super) disclosed: u64,
    pub(super) erased: u64,
    /// Those of the erased items whose erasure is itself among the events.
    pub(super) erased_by_event: u64,
    pub(super) purpose_is_proven: bool,
    /// Whether everything derived was made again and compared.
    pub(super) is_compared: bool,
    /// Files of prose that another release wrote in other words.
    pub(super) other_words: Vec<String>,
    pub(super) other_writers: u64,
}

/// What was made again, against what is there.
pub(super) fn compared(
    payload: Payload<Compare>,
    inputs: &Inputs,
    files: &Files,
    looked_at: &mut LookedAt,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let (compare, inquiry, contents) = payload.finish().map_err(unread)?;
    let is_other_release = inputs.written_by != crate::AGENT;
    for (path, what) in compare.differences {
        if is_other_release && is_prose(&path) {
            looked_at.other_words.push(path);
        } else {
            findings.file(path, what);
        }
    }
    looked_at.other_writers = compare.other_writers;
    for path in files.paths.difference(&compare.seen) {
        findings.file(path, "no file of this export is called so: it was added");
    }
    let info = BagInfo::new(&inquiry, files.bytes, files.count).to_string();
    if !is_other_release && info.as_bytes() != files.info {
        findings.file(BAG_INFO, "it is not what the export gives");
    }
    if contents != inputs.contents {
        findings.file("data/inquiry.json", "its contents are not what the export holds");
    }
    Ok(())
}

/// Files whose words are a release's own: another release may say the same otherwise.
fn is_prose(path: &str) -> bool {
    let names =
        ["data/README.txt", "data/README.html", "data/verify.py", "data/columns.csv", "data/inquiry.json"];
    names.contains(&path) || path.starts_with("data/history/")
}

pub(super) fn unread(error: WriteError) -> VerifyError {
    match error {
        WriteError::Sink { path, source } => failed(&path, source),
        other @ (WriteError::Event { .. } | WriteError::Document { .. }) => {
            failed("data", std::io::Error::other(other))
        }
    }
}
