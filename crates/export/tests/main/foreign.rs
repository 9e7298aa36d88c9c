//! What others' programs say of our bags: those that README.txt names, run as it says, and libraries that read the forms.
//!
//! tests/run installs the Python packages of tests/requirements.txt into target/python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Choice, Export, altered, bag, long, scopes, whole};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of the programs of the tests' Python environment.
fn python_programs() -> PathBuf {
    let programs = workspace().join("target/python/bin");
    assert!(programs.join("python").exists(), "the Python packages are missing: tests/run installs them");
    programs.canonicalize().expect("the bag and its programs are there")
}

/// The commands of README.txt: the lines that are indented, without that of our own program.
fn commands(folder: &Path) -> Vec<String> {
    let readme =
        fs::read_to_string(folder.join("data/README.txt")).expect("the bag and its programs are there");
    let of_verifying = readme.split("How to verify it").nth(1).expect("the bag and its programs are there");
    let commands =
        of_verifying.split("What that proves").next().expect("the bag and its programs are there").lines();
    let commands = commands.filter_map(|it| it.strip_prefix("    ")).filter(|it| !it.starts_with("assent "));
    commands.map(str::to_owned).collect()
}

fn run(folder: &Path, command: &str) -> Output {
    let with_programs = format!("PATH=\"{}:$PATH\"; {command}", python_programs().display());
    let ran = Command::new("sh").args(["-c", &with_programs]).current_dir(folder).output();
    ran.expect("there is a shell")
}

#[test]
fn the_four_tools_of_the_cover_page_verify_every_kind_of_export() {
    for scope in scopes(&whole()) {
        let choice = Choice { segment_events: 20, with_contacts: true, ..Choice::of(scope) };
        let folder = bag(&Export::new(whole(), &choice));
        let commands = commands(folder.path());
        let programs: Vec<_> = commands.iter().map(|it| it.split(' ').next().unwrap()).collect();
        assert_eq!(programs, ["sha256sum", "sha512sum", "bagit.py", "openssl", "python3"]);
        for command in commands {
            let ran = run(folder.path(), &command);
            assert!(ran.status.success(), "{choice:?}: {command}: {ran:?}");
        }
    }
}

#[test]
fn the_script_in_the_bag_proves_ranges_of_large_logs() {
    for scope in scopes(&long(1_500)) {
        let folder = bag(&Export::new(long(1_500), &Choice { after: 700, ..Choice::of(scope.clone()) }));
        let ran = run(folder.path(), "python3 data/verify.py");
        assert!(ran.status.success(), "{scope:?}: {ran:?}");
        assert!(String::from_utf8_lossy(&ran.stdout).starts_with("PROVEN: "), "{ran:?}");
    }
}

#[test]
fn the_script_in_the_bag_finds_what_a_forger_did() {
    for scope in scopes(&whole()) {
        let mut export = Export::new(whole(), &Choice::of(scope.clone()));
        let refused = |export: &Export, told: &str| {
            let folder = bag(export);
            let ran = run(folder.path(), "python3 data/verify.py");
            assert!(!ran.status.success(), "{scope:?} {told}: {ran:?}");
        };
        let last = export.events.len().saturating_sub(1);
        for index in [0, last / 2, last] {
            if index >= export.events.len() {
                continue;
            }
            let dropped = export.events.remove(index);
            refused(&export, &format!("without {}", dropped.position));
            export.events.insert(index, dropped);
        }
        if let Some(event) = export.events.get_mut(last / 2) {
            event.entry = altered(&event.entry);
            refused(&export, "altered");
        }
    }
}

#[test]
fn foreign_libraries_read_bag_events_and_tables_and_agree_with_each_other() {
    let script = workspace().join("tests/foreign/python/read_bag.py");
    let script = script.canonicalize().unwrap();
    let folders: Vec<_> = scopes(&whole())
        .into_iter()
        .map(|scope| {
            bag(&Export::new(
                whole(),
                &Choice { with_contacts: true, segment_events: 20, ..Choice::of(scope) },
            ))
        })
        .collect();
    let ran = Command::new(python_programs().join("python"))
        .arg(script)
        .args(folders.iter().map(tempfile::TempDir::path))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(String::from_utf8_lossy(&ran.stdout).lines().count(), folders.len());
}
