//! What was counted before, and what that depends on.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::Outcome;

/// How many more instructions a part may take, in hundredths: a change of that size can be another inlining.
const MORE_PERCENT_MAX: u64 = 3;
const HOW_TO_ACCEPT: &str = "where that is meant, accept it as the new baseline and commit it: \
                             cargo run --profile counts --locked -p assent-counts -- --accept";

/// Counts, and where they were counted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Baseline {
    pub(crate) setting: Setting,
    /// The instructions that each part takes once.
    pub(crate) instructions: BTreeMap<String, u64>,
}

/// What counts depend on beside the program.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// The compiler, as `rustc --version` tells.
    rustc: String,
    /// What counts, as `valgrind --version` tells: which instructions it has, and what it puts into the place of functions.
    valgrind: String,
    /// The library of C, as `getconf GNU_LIBC_VERSION` tells: its functions are counted with those that call them.
    libc: String,
    /// What of the processor libraries choose their code by, as valgrind shows it.
    processor: Vec<String>,
}

impl Setting {
    /// The compiler of this folder, what else is installed here, and a processor as [`processor`] names it.
    pub(crate) fn on(processor: Vec<String>) -> Outcome<Self> {
        Ok(Self {
            rustc: told_by("rustc", "--version")?,
            valgrind: told_by("valgrind", "--version")?,
            libc: told_by("getconf", "GNU_LIBC_VERSION")?,
            processor,
        })
    }

    /// # Errors
    ///
    /// Says what is another one than the baseline's: [`OtherMachine`], unless it is the compiler, which the project chooses.
    pub(crate) fn check(&self, here: &Self) -> Outcome<()> {
        if self == here {
            return Ok(());
        }
        let (before, now) = (self.named(), here.named());
        let what =
            format!("the baseline was counted by {before}, and this is {now}: counts cannot be compared");
        match self.rustc == here.rustc {
            true => Err(OtherMachine(what).into()),
            false => Err(format!("{what}; {HOW_TO_ACCEPT}").into()),
        }
    }

    fn named(&self) -> String {
        let Self { rustc, valgrind, libc, processor } = self;
        format!("{rustc} with {valgrind} and {libc} on {}", processor.join(" "))
    }
}

/// Another library of C, another valgrind or another kind of processor than the baseline's: nothing is known here, which
/// is no finding about the program.
#[derive(Debug)]
pub(crate) struct OtherMachine(String);

impl fmt::Display for OtherMachine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for OtherMachine {}

/// What a program says of itself.
fn told_by(program: &str, argument: &str) -> Outcome<String> {
    let output = Command::new(program).arg(argument).output().map_err(|it| format!("{program}: {it}"))?;
    if !output.status.success() {
        return Err(format!("{program} {argument}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// What this process sees of its processor.
#[cfg(target_arch = "x86_64")]
pub(crate) fn processor() -> Vec<String> {
    let has = [
        ("ssse3", is_x86_feature_detected!("ssse3")),
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("bmi2", is_x86_feature_detected!("bmi2")),
        ("sha", is_x86_feature_detected!("sha")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ];
    let named = has.iter().filter(|(_, it)| *it).map(|(name, _)| (*name).to_owned());
    std::iter::once("x86-64".to_owned()).chain(named).collect()
}

/// What this process sees of its processor.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn processor() -> Vec<String> {
    vec![std::env::consts::ARCH.to_owned()]
}

impl Baseline {
    pub(crate) fn read() -> Outcome<Self> {
        let file = file();
        let text = std::fs::read(&file).map_err(|it| format!("{}: {it}", file.display()))?;
        Ok(serde_json::from_slice(&text)?)
    }

    pub(crate) fn write(&self) -> Outcome<()> {
        let file = file();
        std::fs::write(&file, serde_json::to_string_pretty(self)? + "\n")?;
        println!("written to {}: commit it", file.display());
        Ok(())
    }

    /// Shows every count beside what it was.
    pub(crate) fn show(&self, counted: &BTreeMap<String, u64>) {
        for (name, now) in counted {
            match self.instructions.get(name) {
                Some(before) => println!("{name:<44} {now:>9} {:>+7.2} %", percent_more(*before, *now)),
                None => println!("{name:<44} {now:>9}     new"),
            }
        }
    }

    /// # Errors
    ///
    /// Names each part that takes more than it did, or that nothing is known of.
    pub(crate) fn compare(&self, counted: &BTreeMap<String, u64>) -> Outcome<()> {
        self.show(counted);
        let failed = findings(&self.instructions, counted);
        if failed.is_empty() {
            return Ok(());
        }
        Err(format!("{}; {HOW_TO_ACCEPT}", failed.join("; ")).into())
    }
}

fn findings(before: &BTreeMap<String, u64>, counted: &BTreeMap<String, u64>) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, now) in counted {
        match before.get(name) {
            None => findings.push(format!("{name}: the baseline does not know it")),
            Some(before) if now * 100 > before * (100 + MORE_PERCENT_MAX) => {
                findings.push(format!("{name}: {now} instructions instead of {before}"));
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|it| !counted.contains_key(*it));
    findings.extend(gone.map(|it| format!("{it}: is in the baseline, and nothing counts it")));
    findings
}

fn percent_more(before: u64, now: u64) -> f64 {
    (now as f64 / before as f64 - 1.0) * 100.0
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn three_percent_more_are_let_through_and_more_are_found() {
        let before = counts(&[("a fold", 1_000)]);
        assert_eq!(findings(&before, &counts(&[("a fold", 1_030)])), Vec::<String>::new());
        assert_eq!(findings(&before, &counts(&[("a fold", 900)])), Vec::<String>::new());
        assert_eq!(
            findings(&before, &counts(&[("a fold", 1_031)])),
            ["a fold: 1031 instructions instead of 1000"]
        );
    }

    #[test]
    fn a_part_that_only_one_side_has_is_found() {
        let (one, two) = (counts(&[("a fold", 1)]), counts(&[("a proof", 1)]));
        assert_eq!(
            findings(&one, &two),
            ["a proof: the baseline does not know it", "a fold: is in the baseline, and nothing counts it"]
        );
    }

    #[test]
    fn counts_of_another_compiler_library_or_counter_are_not_compared() {
        let setting = |[rustc, valgrind, libc]: [&str; 3]| Setting {
            rustc: rustc.to_owned(),
            valgrind: valgrind.to_owned(),
            libc: libc.to_owned(),
            processor: Vec::new(),
        };
        let baseline = ["rustc 1.95.0", "valgrind-3.19.0", "glibc 2.36"];
        assert!(setting(baseline).check(&setting(baseline)).is_ok());
        for (at, other) in ["rustc 1.96.0", "valgrind-3.24.0", "glibc 2.41"].into_iter().enumerate() {
            let mut here = baseline;
            here[at] = other;
            let refused = setting(baseline).check(&setting(here)).unwrap_err();
            assert_eq!(refused.is::<OtherMachine>(), at > 0);
            assert!(refused.to_string().contains(other), "{refused}");
        }
    }
}
