//! Counting: each part in a process of its own under callgrind, which counts while one function runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::baseline::{Setting, processor};
use crate::work::{PARTS, Part, TIMES};

/// Does one part, as often as it is counted.
pub(crate) fn run_part(name: &str) -> Outcome<()> {
    let part = PARTS.iter().find(|it| it.function == name).ok_or("there is no such part")?;
    (part.run)();
    Ok(())
}

/// The instructions that each part takes once.
pub(crate) fn all() -> Outcome<BTreeMap<String, u64>> {
    PARTS.iter().map(|it| Ok((it.name.to_owned(), counted(it)?))).collect()
}

fn counted(part: &Part) -> Outcome<u64> {
    let out = out_file(part.function)?;
    let mut valgrind = valgrind();
    valgrind.args(["--tool=callgrind", "--collect-atstart=no"]);
    valgrind.arg(format!("--toggle-collect=assent_counts::work::{}", part.function));
    valgrind.arg(format!("--callgrind-out-file={}", out.display()));
    let ran = valgrind.arg(std::env::current_exe()?).args(["part", part.function]).output()?;
    if !ran.status.success() {
        return Err(format!("{}: {}", part.name, String::from_utf8_lossy(&ran.stderr)).into());
    }
    let report = std::fs::read_to_string(&out)?;
    std::fs::remove_file(&out)?;
    let total = report.lines().find_map(|it| it.strip_prefix("totals: ")).ok_or("callgrind tells totals")?;
    match total.trim().parse::<u64>()? {
        0 => Err(format!("{}: the program has no function `{}`", part.name, part.function).into()),
        total => Ok(total / TIMES),
    }
}

/// What counts depend on beside the program: what is installed, and the processor as the parts see it.
pub(crate) fn setting() -> Outcome<Setting> {
    let shown = valgrind().arg("--tool=none").arg(std::env::current_exe()?).arg("processor").output()?;
    Setting::on(serde_json::from_slice(&shown.stdout)?)
}

/// Prints what this process sees of its processor, for the one that compares.
pub(crate) fn show_processor() -> Outcome<()> {
    println!("{}", serde_json::to_string(&processor())?);
    Ok(())
}

fn valgrind() -> Command {
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--quiet").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // The same environment each time: it stands on the stack, and moves what stands below it.
    valgrind.env_clear();
    valgrind.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    valgrind
}

fn out_file(function: &str) -> Outcome<PathBuf> {
    let folder = std::env::current_exe()?;
    let folder = folder.parent().ok_or("a program lies in a folder")?;
    Ok(folder.join(format!("callgrind.{function}.{}", std::process::id())))
}
