//! Small ledgers, and exports of them.

mod export;
mod ledger;
mod seal;
mod story;

pub(crate) use export::{Choice, Export, Selected, altered, key, other_key};
pub(crate) use ledger::Ledger;
pub(crate) use story::{CUSTOMERS, PARTNERS, long, orders, random, scopes, steps, whole};

use std::path::Path;

use assent_export::{Report, verify};

use tempfile::TempDir;

/// Verifies a bag with the key of its log.
pub(crate) fn verified(bag: &Path) -> Report {
    verify(bag, &[key().verifier().clone()], &mut |_| {}).expect("the folder is a bag")
}

/// A bag on disk.
pub(crate) fn bag(export: &Export) -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    export.write(folder.path()).expect("the ledger can be exported");
    folder
}
