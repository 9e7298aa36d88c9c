//! The program under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `assent` program of the profile that the calling test was built in, built anew where it is stale.
///
/// Runs `cargo build` once a process. A test of the program's own package knows its path from Cargo and passes it in
/// [`crate::ServerOptions::binary`].
pub fn assent_binary() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build).clone()
}

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    // <target>/<profile>/deps/<test>, with a triple in between where one was asked for.
    let profile_folder = test.ancestors().nth(2).expect("Cargo puts tests two folders deep");
    let target_folder = target_folder(profile_folder);
    let profile = match profile_folder.file_name().and_then(|it| it.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let built = Command::new(option_env!("CARGO").unwrap_or("cargo"))
        .args(["build", "--quiet", "--package", "assent-cli", "--bin", "assent", "--profile", profile])
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target_folder)
        .status()
        .expect("Cargo can be started");
    assert!(built.success(), "the program under test does not build");
    target_folder.join(profile_folder.file_name().unwrap_or_default()).join("assent")
}

/// The folder that Cargo was given: above the profile, and above the triple where there is one.
fn target_folder(profile_folder: &Path) -> &Path {
    let above = profile_folder.parent().expect("Cargo's folders have a parent");
    let is_target = above.join("CACHEDIR.TAG").exists() || above.join(".rustc_info.json").exists();
    if is_target { above } else { above.parent().unwrap_or(above) }
}
