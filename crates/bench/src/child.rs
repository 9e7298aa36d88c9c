//! This program as a child of itself.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child as Process, ChildStdout, Command, Stdio};
use std::time::Duration;

use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

use crate::Outcome;

/// A core that a child is pinned to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Core(pub(crate) usize);

/// A running part. It ends when its standard input does.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
    output: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(core: Option<Core>, arguments: &[&str]) -> Outcome<Self> {
        let program = std::env::current_exe()?;
        let mut command = match core {
            Some(Core(number)) => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", &number.to_string()]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let mut process = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().ok_or("a child's standard output is piped")?;
        Ok(Self { process, output: BufReader::new(output) })
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// What it prints until it ends, which it must do well.
    pub(crate) fn finish(mut self) -> Outcome<String> {
        drop(self.process.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest)?;
        let status = self.process.wait()?;
        if status.success() {
            Ok(rest)
        } else {
            Err(format!("a part of the benchmark failed: {status}").into())
        }
    }

    /// The processor time that it has used so far, in its own code and in the kernel, to the nanosecond.
    pub(crate) fn cpu_seconds(&self) -> Outcome<f64> {
        let clock = clock_getcpuclockid(Pid::from_raw(self.process.id().try_into()?))?;
        Ok(Duration::from(clock.now()?).as_secs_f64())
    }

    /// A line of `/proc/<pid>/status` about its memory, in MB.
    pub(crate) fn memory_mb(&self, line: &str) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let value = status.lines().find_map(|it| it.strip_prefix(line)?.strip_prefix(':'));
        let kilobytes: f64 = value.ok_or("Linux tells it")?.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1_024.0 / 1e6)
    }

    /// Its peak is what it has now.
    pub(crate) fn forget_peak(&self) -> Outcome<()> {
        /// proc(5), `clear_refs`: resets the peak resident set size.
        const RESET_PEAK: &str = "5";
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), RESET_PEAK)?)
    }
}

/// Whether the children of a process that have ended count as its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WithEnded {
    Yes,
    No,
}

/// The processor time that a process of another program has used so far, in its own code and in the kernel.
pub(crate) fn cpu_seconds(process: u32, ended: WithEnded) -> Outcome<f64> {
    /// Linux shows times in this unit to every program, whatever its own clock is.
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').ok_or("/proc/<pid>/stat has a name in brackets")?;
    let counted = if ended == WithEnded::Yes { 4 } else { 2 };
    let ticks = after_name.split_whitespace().skip(11).take(counted).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS_A_SECOND)
}

/// Whether children can be pinned here.
pub(crate) fn can_pin() -> bool {
    let found = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|it| it.success())
}
