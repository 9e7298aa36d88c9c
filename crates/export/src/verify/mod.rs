//! Verification of a bag, offline, from its files alone.
//!
//! Two passes. The first is the bag's own: every file is hashed and held against the manifests, so that whatever was
//! changed since the export is named. The second takes the entries, proves that they stand in the signed log and that
//! none is missing, and makes every other file again from them, to compare it byte for byte: so that a forger who
//! wrote new manifests is found as well.

mod again;
mod chain;
mod compare;
mod documents;
mod entries;
mod erasures;
mod findings;
mod inputs;
mod manifests;
mod neighbours;
mod opening;
mod range;
mod readers;
mod report;
mod rows;
mod signature;

use std::io;
use std::path::{Path, PathBuf};

use assent_evidence::VerifierKey;

pub use findings::Finding;
pub use report::{Report, Statement};

use findings::Findings;

/// How far a verification has come, in bytes that were looked at; each byte is looked at twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// So far.
    pub done: u64,
    /// In the end.
    pub total: u64,
}

/// Why a folder can't be verified at all. That something is wrong with it is no error, but a [`Finding`].
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is no bag.
    #[error("`{0}` is no export: it has neither bagit.txt nor data/inquiry.json")]
    NoBag(PathBuf),
    /// The bag's layout is of another edition.
    #[error("the export is of layout {0}, and this program knows layout {known}", known = crate::LAYOUT)]
    Layout(u32),
    /// A file could not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Verifies the bag in a folder. `trusted` are the keys that the verifier has from elsewhere: of the log, and of
/// witnesses. With none, the bag's own keys are taken, which says nothing about who signed.
///
/// Memory grows with the number of files, and not with that of events.
pub fn verify(
    folder: &Path,
    trusted: &[VerifierKey],
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, VerifyError> {
    if !folder.join("bagit.txt").is_file() && !folder.join("data/inquiry.json").is_file() {
        return Err(VerifyError::NoBag(folder.to_owned()));
    }
    let mut findings = Findings::default();
    manifests::check_kinds(folder, &mut findings)?;
    if !findings.is_empty() {
        return Ok(Report::without_inquiry(findings, 0));
    }
    let files = manifests::check(folder, &mut findings, progress)?;
    let is_as_written = findings.is_empty();
    let Some(inputs) = inputs::read(folder, &mut findings)? else {
        return Ok(Report::without_inquiry(findings, files.count));
    };
    if inputs.layout != crate::LAYOUT && is_as_written {
        return Err(VerifyError::Layout(inputs.layout));
    }
    let signature = signature::check(&inputs.inquiry, trusted, &mut findings);
    let looked_at = entries::check(folder, &inputs, &files, is_as_written, &mut findings, progress)?;
    Ok(report::report(&inputs, &files, is_as_written, &signature, &looked_at, findings))
}

fn failed(path: &str, source: io::Error) -> VerifyError {
    VerifyError::Read { path: path.to_owned(), source }
}
