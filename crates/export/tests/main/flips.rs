//! Whatever single bit of a bag is flipped, the verification fails and names the file.

use std::fs;
use std::path::{Path, PathBuf};

use assent_export::verify;
use proptest::prelude::*;

use crate::support::{Choice, Export, bag, key, random, scopes, steps, verified};

/// All files below a folder, relative to it.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the bag is there") {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|it| Path::new(path.file_name().expect("a file has a name")).join(it)),
            );
        } else {
            found.push(path.file_name().expect("a file has a name").into());
        }
    }
    found.sort();
    found
}

/// Flips a bit, verifies, flips it back; says what is wrong.
fn with_flipped_bit(folder: &Path, file: &Path, bit: usize) -> Option<String> {
    let path = folder.join(file);
    let whole = fs::read(&path).expect("a file can be read");
    let mut flipped = whole.clone();
    flipped[bit / 8] ^= 1 << (bit % 8);
    fs::write(&path, flipped).expect("a file can be written");
    let report = verify(folder, &[key().verifier().clone()], &mut |_| {});
    fs::write(&path, whole).expect("a file can be written");
    let name = file.to_str().expect("names are ASCII");
    match report {
        Ok(report) if report.findings.iter().any(|it| it.file == name) && report.proven.is_empty() => None,
        other => Some(format!("bit {bit} of {name}: {other:#?}")),
    }
}

#[test]
fn any_flipped_bit_is_found_and_its_file_named() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(24));
    let strategy = (random(), any::<(u8, bool)>(), any::<u64>());
    let checked = runner.run(&strategy, |(story, (scope, with_contacts), seed)| {
        let all = scopes(&steps(&story));
        let scope = all[usize::from(scope) % all.len()].clone();
        let choice = Choice { with_contacts, segment_events: 4, ..Choice::of(scope) };
        let folder = bag(&Export::new(steps(&story), &choice));
        let before = verified(folder.path());
        prop_assert!(before.is_proven(), "{:#?}", before.findings);
        // A bit of every file.
        for (number, file) in files(folder.path()).into_iter().enumerate() {
            let bits = fs::metadata(folder.path().join(&file)).unwrap().len() * 8;
            if bits == 0 {
                continue;
            }
            let bit = seed.rotate_left(number as u32 * 7).wrapping_mul(0x9e37_79b9_7f4a_7c15) % bits;
            let missed = with_flipped_bit(folder.path(), &file, bit as usize);
            prop_assert!(missed.is_none(), "{}", missed.unwrap());
        }
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn a_file_that_was_added_removed_or_emptied_is_found() {
    let scope = scopes(&steps(&[])).remove(0);
    let folder = bag(&Export::new(steps(&[]), &Choice::of(scope)));
    for name in ["fetch.txt", "data/extra", "data/events/000002.entries", "data/documents/ff"] {
        fs::write(folder.path().join(name), "x").unwrap();
        let report = verified(folder.path());
        assert!(report.findings.iter().any(|it| it.file == name), "{name}: {:#?}", report.findings);
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    for file in files(folder.path()) {
        let path = folder.path().join(&file);
        let content = fs::read(&path).unwrap();
        let name = file.to_str().unwrap();
        fs::write(&path, "").unwrap();
        let report = verified(folder.path());
        assert!(
            content.is_empty() || report.findings.iter().any(|it| it.file == name),
            "{name}: {:#?}",
            report.findings
        );
        fs::remove_file(&path).unwrap();
        let report = verified(folder.path());
        assert!(report.findings.iter().any(|it| it.file == name), "{name}: {:#?}", report.findings);
        fs::write(&path, content).unwrap();
    }
    assert!(verified(folder.path()).is_proven());
}

#[cfg(unix)]
#[test]
fn a_link_is_no_file_of_an_export() {
    let scope = scopes(&steps(&[])).remove(0);
    let folder = bag(&Export::new(steps(&[]), &Choice::of(scope)));
    std::os::unix::fs::symlink("README.txt", folder.path().join("data/link")).unwrap();
    assert_eq!(verified(folder.path()).findings[0].file, "data/link");
}
