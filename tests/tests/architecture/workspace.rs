//! The workspace as cargo and the file system tell it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::source::Source;

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the package lies in the repository")
}

/// A package of the workspace.
pub(crate) struct Package {
    /// Without `assent-`.
    pub(crate) name: String,
    pub(crate) manifest: Source,
    pub(crate) dependencies: Vec<Dependency>,
    /// The first file of each library, binary and test.
    pub(crate) roots: Vec<PathBuf>,
}

/// What a package names in its manifest.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) is_dev: bool,
}

/// Every package of the workspace.
pub(crate) fn packages() -> Vec<Package> {
    let manifest = root().join("Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    list(&metadata["packages"]).iter().map(package).collect()
}

/// Every file of our own with this ending, in `crates` and `tests`; generated code is left out.
pub(crate) fn sources(ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["crates", "tests"] {
        walk(&root().join(folder), &mut |path| {
            if path.extension().is_some_and(|it| it == ending) {
                found.push(Source::read(path));
            }
        });
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 100, "only {} sources were found: the checks look in the wrong place", found.len());
    found
}

fn package(package: &Value) -> Package {
    let name = text(&package["name"]);
    let dependency = |it: &Value| Dependency { name: text(&it["name"]), is_dev: it["kind"] == "dev" };
    Package {
        name: name.strip_prefix("assent-").unwrap_or(&name).to_owned(),
        manifest: Source::read(Path::new(&text(&package["manifest_path"]))),
        dependencies: list(&package["dependencies"]).iter().map(dependency).collect(),
        roots: list(&package["targets"]).iter().map(|it| text(&it["src_path"]).into()).collect(),
    }
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder's entry can be read").path();
        let is_generated = path.ends_with("src/gen");
        if path.is_dir() && !is_generated {
            walk(&path, visit);
        } else if path.is_file() {
            visit(&path);
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
