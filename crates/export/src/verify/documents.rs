//! Documents: each is what its name says, and each that an event names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assent_evidence::{Hash, sha256};
use assent_proto::stored::document_of;

use super::findings::Findings;
use super::inputs::names_in;
use super::{VerifyError, failed};
use crate::entry::Entry;

const FOLDER: &str = "data/documents";

/// The documents that events name. There are as many as versions of agreements and policies.
#[derive(Debug, Default)]
pub(super) struct Documents {
    named: BTreeSet<Hash>,
}

impl Documents {
    pub(super) fn look(&mut self, entry: &Entry) {
        self.named.extend(document_of(&entry.event));
    }

    /// Every document with its hash, in order; what is wrong with one is a finding.
    pub(super) fn check(
        &self,
        folder: &Path,
        findings: &mut Findings,
        mut each: impl FnMut(Hash, &[u8]) -> Result<(), VerifyError>,
    ) -> Result<(), VerifyError> {
        let mut found = BTreeSet::new();
        for path in names_in(folder, FOLDER)? {
            let content = fs::read(folder.join(&path)).map_err(|it| failed(&path, it))?;
            let hash = sha256(&content);
            if path.strip_prefix(FOLDER) != Some(&format!("/{}", hex::encode(hash))) {
                findings.file(&path, "its name is not the SHA-256 of its content");
                continue;
            }
            if !self.named.contains(&hash) {
                findings.file(&path, "no event in the export names it");
            }
            found.insert(hash);
            each(hash, &content)?;
        }
        for missing in self.named.difference(&found) {
            let path = format!("{FOLDER}/{}", hex::encode(missing));
            findings.file(path, "an event names this document, and it is missing");
        }
        Ok(())
    }
}
