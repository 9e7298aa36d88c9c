//! Fails when `crates/proto/src/gen` no longer matches `proto/`. Run with `UPDATE=1` to rewrite it.

use std::path::Path;
use std::{env, fs};

use prost::Message;

const PROTOS: [&str; 8] = [
    "assent/event/v1/event.proto",
    "assent/v1/acceptance.proto",
    "assent/v1/audit.proto",
    "assent/v1/authorization.proto",
    "assent/v1/catalog.proto",
    "assent/v1/directory.proto",
    "assent/v1/privacy.proto",
    "assent/v1/recorded_event.proto",
];

#[test]
fn generated_code_is_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fresh = tempfile::tempdir().unwrap();
    let descriptors = protox::compile(PROTOS, [root.join("../../../proto")]).unwrap();
    fs::write(fresh.path().join("descriptors.binpb"), descriptors.encode_to_vec()).unwrap();
    tonic_prost_build::configure()
        .out_dir(fresh.path())
        // Entries, hashes and documents are passed on, not copied.
        .bytes(".assent")
        // Hand-written: its encoding is the stored bytes.
        .extern_path(".assent.v1.RecordedEvent", "crate::RecordedEvent")
        .extern_path(".google.rpc.Status", "::tonic_types::pb::Status")
        .boxed(".assent.v1.AuthorizeOrderResult.result.response")
        .compile_fds(descriptors)
        .unwrap();
    for name in ["assent.v1.rs", "assent.event.v1.rs", "descriptors.binpb"] {
        check(&fresh.path().join(name), &root.join("../src/gen").join(name));
    }
}

fn check(fresh: &Path, committed: &Path) {
    let now = fs::read(fresh).expect("the code was just generated");
    if env::var_os("UPDATE").is_some() {
        fs::write(committed, &now).expect("the committed code can be written");
    }
    let current = fs::read(committed).unwrap_or_default();
    assert!(current == now, "{} is stale: UPDATE=1 cargo test -p assent-proto-codegen", committed.display());
}
