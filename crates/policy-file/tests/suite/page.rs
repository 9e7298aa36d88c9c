//! `docs/POLICY.md` is what the rules and the pack print. `UPDATE=1 cargo test -p assent-policy-file` rewrites it.

use std::path::Path;
use std::{env, fs};

#[test]
fn the_printed_policy_is_current() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/POLICY.md");
    let fresh = assent_policy_file::page();
    if env::var_os("UPDATE").is_some() {
        fs::write(&committed, &fresh).unwrap();
    }
    let current = fs::read_to_string(&committed).unwrap_or_default();
    assert!(current == fresh, "docs/POLICY.md is stale: UPDATE=1 cargo test -p assent-policy-file");
}
