//! What others' programs say of our bags: those that README.txt names, run as it says, and libraries that read the forms.
//!
//! tests/run installs the Python packages of tests/requirements.txt into target/python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Choice, Export, altered, bag, key, long, other_key, scopes, whole};

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

pub(crate) fn run(folder: &Path, command: &str) -> Output {
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
fn the_cover_page_names_only_keys_that_signed() {
    let mut export = Export::new(whole(), &Choice::of(scopes(&whole()).remove(1)));
    export.inquiry.keys = vec![other_key().verifier().clone(), key().verifier().clone()];
    let checkpoint = export.inquiry.checkpoint.checkpoint().clone();
    // One key, the other one, and both, as while they are rotated.
    for signing in [vec![key()], vec![other_key()], vec![key(), other_key()]] {
        export.inquiry.checkpoint = checkpoint.sign(&signing).unwrap();
        let folder = bag(&export);
        let commands = commands(folder.path());
        let of_keys: Vec<_> = commands.iter().filter(|it| it.starts_with("openssl ")).collect();
        assert_eq!(of_keys.len(), signing.len(), "{of_keys:?}");
        for command in of_keys {
            let ran = run(folder.path(), command);
            assert!(ran.status.success(), "{command}: {ran:?}");
        }
        for page in ["data/README.txt", "data/README.html"] {
            let page = fs::read_to_string(folder.path().join(page)).unwrap();
            for it in [key(), other_key()] {
                let (id, has_signed) =
                    (it.verifier().id(), signing.iter().any(|by| by.verifier() == it.verifier()));
                assert_eq!(page.contains(&format!("checkpoint.{id:08x}.sig")), has_signed, "{page}");
                assert_eq!(page.contains(&format!("+{id:08x}+")), has_signed, "{page}");
            }
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
