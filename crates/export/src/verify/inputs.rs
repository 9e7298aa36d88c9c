//! What a bag says about itself: the inquiry, the checkpoint, the keys.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use assent_domain::values::Instant;
use assent_evidence::{SignedCheckpoint, VerifierKey};

use super::findings::Findings;
use super::{VerifyError, failed};
use crate::inquiry::{Contents, Inquiry, InquiryFile};

/// The most that is read of a file that is read in whole.
const WHOLE_BYTES_MAX: u64 = 1 << 20;
const INQUIRY: &str = "data/inquiry.json";
const CHECKPOINT: &str = "data/proofs/checkpoint";
const KEYS: &str = "data/keys";
/// More keys than this no bag has.
const KEYS_MAX: usize = 64;

/// What stands in `inquiry.json`, with what it rests on.
pub(super) struct Inputs {
    pub(super) layout: u32,
    pub(super) written_by: String,
    pub(super) contents: Contents,
    pub(super) inquiry: Inquiry,
}

/// Reads them; none where one of them is not what it has to be, which is a finding then.
pub(super) fn read(folder: &Path, findings: &mut Findings) -> Result<Option<Inputs>, VerifyError> {
    let mut of = |path: &str| {
        let content = whole(folder, path)?;
        if content.is_none() {
            findings.file(path, "it is missing, or longer than it can be");
        }
        Ok::<_, VerifyError>(content)
    };
    let (Some(json), Some(note)) = (of(INQUIRY)?, of(CHECKPOINT)?) else { return Ok(None) };
    let file = serde_json::from_slice::<InquiryFile>(&json);
    let checkpoint = SignedCheckpoint::parse(&note);
    if let Err(error) = &file {
        findings.file(INQUIRY, format!("it does not say what was asked: {error}"));
    }
    if let Err(error) = &checkpoint {
        findings.file(CHECKPOINT, format!("it is no checkpoint: {error}"));
    }
    let (Ok(file), Ok(checkpoint)) = (file, checkpoint) else { return Ok(None) };
    let keys = keys(folder, findings)?;
    let scope = file.scope.scope();
    let requested_at = Instant::parse(&file.requested_at).ok();
    let (Some(scope), Some(requested_at)) = (scope, requested_at) else {
        findings.file(INQUIRY, "its scope or its instant is none that this program knows");
        return Ok(None);
    };
    let InquiryFile {
        layout,
        written_by,
        with_contacts,
        purpose,
        requested_by,
        position,
        segment_events,
        ..
    } = file;
    let inquiry = Inquiry {
        scope,
        with_contacts,
        purpose,
        requested_by,
        requested_at,
        position,
        checkpoint,
        keys,
        segment_events,
    };
    Ok(Some(Inputs { layout, written_by, contents: file.contents, inquiry }))
}

fn keys(folder: &Path, findings: &mut Findings) -> Result<Vec<VerifierKey>, VerifyError> {
    let mut keys = Vec::new();
    for path in names_in(folder, KEYS)?.into_iter().filter(|it| it.ends_with(".vkey")).take(KEYS_MAX) {
        let text = whole(folder, &path)?.unwrap_or_default();
        match String::from_utf8_lossy(&text).trim_end().parse::<VerifierKey>() {
            Ok(key) => keys.push(key),
            Err(error) => findings.file(path, format!("it is no key: {error}")),
        }
    }
    Ok(keys)
}

/// The files of a folder, by their paths in the bag; nothing where there is no such folder.
pub(super) fn names_in(folder: &Path, below: &str) -> Result<Vec<String>, VerifyError> {
    let entries = match fs::read_dir(folder.join(below)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(below, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|it| failed(below, it))?.file_name();
        names.extend(name.to_str().map(|it| format!("{below}/{it}")));
    }
    names.sort();
    Ok(names)
}

/// A file in whole; none where it is not there, or longer than any of its kind.
pub(super) fn whole(folder: &Path, path: &str) -> Result<Option<Vec<u8>>, VerifyError> {
    let file = match File::open(folder.join(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let mut content = Vec::new();
    file.take(WHOLE_BYTES_MAX + 1).read_to_end(&mut content).map_err(|it| failed(path, it))?;
    Ok((content.len() as u64 <= WHOLE_BYTES_MAX).then_some(content))
}
