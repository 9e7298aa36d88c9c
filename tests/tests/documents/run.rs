//! A page's commands as one script, and running it.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use assent_testing::assent_binary;
use assent_testing::postgres::{Cluster, ClusterOptions};
use tokio::process::Command;

use crate::page::{Block, Page, root};

const PRELUDE: &str = include_str!("prelude.sh");
/// Its own network, with nothing but a loopback; its own processes, which all end with the first.
const ALONE: [&str; 4] = ["--net", "--pid", "--fork", "--kill-child"];
/// Where the pages' database is.
const POSTGRES: &str = "@127.0.0.1/assent";
const WITH_LOOPBACK: &str = "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && exec bash script.sh";
/// Where the script says which command is under way.
const UNDER_WAY: &str = ".under-way";
/// How long one command may take, and the script to begin. Not the page: it has as many commands as it needs, and the
/// machine may be busy.
const COMMAND_MAX: Duration = Duration::from_secs(300);
/// How often is looked which command is under way.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Runs a page's blocks, and says what failed.
pub(crate) async fn run(page: &Page) -> Result<(), String> {
    run_within(page, COMMAND_MAX).await
}

/// The same, where a command may take this long.
pub(crate) async fn run_within(page: &Page, command_max: Duration) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    prepare(folder.path());
    let mut script = script(page);
    let mut command = Command::new("unshare");
    // A page that needs a PostgreSQL finds one, as its administrator. It listens on a socket, which can be reached from
    // another network.
    let cluster = match script.contains(POSTGRES) {
        true => Some(Cluster::spawn(ClusterOptions::default()).await),
        false => None,
    };
    if let Some(cluster) = &cluster {
        let url = cluster.url();
        let (_, place) = url.split_once('?').expect("it listens on a socket");
        let (place, _) = place.split_once("&user=").expect("it names its administrator");
        let (_, port) = place.split_once("port=").expect("it says on which");
        // A URL without a host has no place for a user before it.
        for user in ["assent", "assent_owner"] {
            let url = format!("postgres:///assent?{place}&user={user}");
            script = script.replace(&format!("postgres://{user}{POSTGRES}"), &url);
        }
        command.env("PGHOST", cluster.folder()).env("PGPORT", port).env("PGUSER", "postgres");
    }
    fs::write(folder.path().join("script.sh"), script).expect("the folder can be written to");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let python = root().join("target/python/bin");
    command.args(ALONE);
    // Who is root may do that as it is, and keeps reaching files of others.
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--", "sh", "-c", WITH_LOOPBACK]).current_dir(folder.path());
    let path = format!("{}/bin:{}:{}", folder.path().display(), python.display(), path.display());
    command.env("PATH", path);
    command.env_remove("ASSENT_SERVER").stdin(Stdio::null()).kill_on_drop(true);
    let under_way = folder.path().join(UNDER_WAY);
    let ran = tokio::select! {
        ran = command.output() => ran.expect("util-linux has unshare"),
        endless = endless(&under_way, command_max) => {
            return Err(format!("{}: it does not end: {endless}", page.path));
        }
    };
    let said = String::from_utf8_lossy(&ran.stderr);
    if ran.status.success() { Ok(()) } else { Err(format!("{}: {}\n{said}", page.path, ran.status)) }
}

/// The command that has been under way for so long, once there is one.
async fn endless(under_way: &Path, command_max: Duration) -> String {
    let mut last = String::new();
    let mut since = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        // While it is written it can be empty, and before the first one it is not there.
        let now = fs::read_to_string(under_way).unwrap_or_default();
        if !now.is_empty() && now != last {
            (last, since) = (now, Instant::now());
        }
        let max = if last.is_empty() { COMMAND_MAX } else { command_max };
        if since.elapsed() > max {
            return last;
        }
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

/// Whether a block is proper shell.
pub(crate) fn parse(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("block.sh");
    fs::write(&file, text).expect("the folder can be written to");
    let ran = std::process::Command::new("bash").arg("-n").arg(file).output().expect("there is bash");
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into_owned()) }
}

/// What a reader has: the program in the path, the repository's files, and its tools.
fn prepare(folder: &Path) {
    fs::create_dir(folder.join("bin")).expect("the folder can be written to");
    symlink(assent_binary(), folder.join("bin/assent")).expect("the folder is new");
    for name in ["node_modules", "package.json", "proto", "policies", "deploy", "tests"] {
        symlink(root().join(name), folder.join(name)).expect("the folder is new");
    }
}

fn script(page: &Page) -> String {
    let mut script = format!("page={}\n{PRELUDE}\n", page.path);
    for block in page.blocks.iter().filter(|it| it.mark.is_none()) {
        let Block { line, is_console, text, .. } = block;
        writeln!(script, "where=$page:{line}").expect("a string takes everything");
        if *is_console {
            console(&mut script, text);
        } else {
            // A function of its own would hide variables; what fails ends the page.
            let trap = "trap 'failed \"failed: $BASH_COMMAND\"' ERR";
            write!(script, "{trap}\nset -eE\n{text}\nset +eE\ntrap - ERR\n")
                .expect("a string takes everything");
        }
    }
    script
}

/// `$ ` begins a command, which goes on after a backslash; what follows is the beginning of its answer.
fn console(script: &mut String, text: &str) {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else { continue };
        let mut command = first.to_owned();
        while command.ends_with('\\') {
            command.push('\n');
            command.push_str(lines.next().unwrap_or_default());
        }
        let shown = lines.peek().filter(|it| !it.starts_with("$ "));
        let word = shown.and_then(|it| it.split_whitespace().next()).unwrap_or_default();
        writeln!(script, "check {} {}", quoted(word), quoted(&command)).expect("a string takes everything");
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
