//! A sync stands between receiving a write and acknowledging it: seen in the system calls of the processes themselves.

use std::process::Stdio;

use assent_testing::postgres::{Cluster, ClusterOptions};
use assent_testing::{Server, requests};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::fleet::Fleet;
use crate::support::{server, within};

/// The calls that bring bytes in, make them durable, and send bytes out.
const CALLS: &str = "trace=read,readv,recvfrom,recvmsg,fsync,fdatasync,write,writev,sendto,sendmsg";

/// What stands in the request, in the stored entry and in the answer, and nowhere before.
const MARK: &str = "durable-customer-7";

/// The system calls of some processes.
struct Trace {
    strace: Child,
    folder: TempDir,
}

impl Trace {
    /// Attaches to processes with all their threads and children, and waits until that is done.
    async fn of(processes: &[u32]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new("strace");
        command.args(["-f", "-yy", "-s", "4096", "-e", CALLS, "-o"]).arg(folder.path().join("calls"));
        for process in processes {
            command.args(["-p", &process.to_string()]);
        }
        let mut strace =
            command.stderr(Stdio::piped()).kill_on_drop(true).spawn().expect("strace is installed");
        let mut lines = BufReader::new(strace.stderr.take().expect("it is piped")).lines();
        for _ in processes {
            let line = within(lines.next_line()).await.ok().flatten().unwrap_or_default();
            assert!(line.contains("attached"), "strace: {line}");
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { strace, folder }
    }

    /// Detaches, and gives the calls in their order: a line for each that began, and one for each that returned.
    async fn end(mut self) -> Vec<String> {
        let id = self.strace.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-INT", &id]).status();
        within(told).await.expect("a signal can be sent");
        within(self.strace.wait()).await.expect("our own child can be waited for");
        let calls = std::fs::read(self.folder.path().join("calls")).expect("strace has written");
        String::from_utf8_lossy(&calls).lines().map(str::to_owned).collect()
    }
}

/// The process that made a call, its name, and what it was about.
fn call(line: &str) -> (&str, &str, &str) {
    let (process, rest) = line.trim().split_once(char::is_whitespace).unwrap_or_default();
    let rest = rest.trim_start();
    let resumed = rest.strip_prefix("<... ").and_then(|it| it.split_once(' '));
    let (name, about) = resumed.or_else(|| rest.split_once('(')).unwrap_or_default();
    (process, name, about)
}

fn receives(name: &str) -> bool {
    ["read", "readv", "recvfrom", "recvmsg"].contains(&name)
}

fn sends(name: &str) -> bool {
    ["write", "writev", "sendto", "sendmsg"].contains(&name)
}

/// Asserts that after the first call that receives the mark, and before the first that sends it away to a client, a
/// file whose path holds `file` was synced.
fn assert_synced(calls: &[String], file: &str) {
    let marked = |is_it: fn(&str) -> bool| {
        move |line: &String| {
            let (_, name, about) = call(line);
            is_it(name) && about.contains(MARK)
        }
    };
    let received = calls.iter().position(marked(receives)).expect("the request was received");
    let to_client = |line: &String| marked(sends)(line) && line.contains("<TCP:");
    let answered = received + calls[received..].iter().position(to_client).expect("it was answered");
    let between = &calls[received..answered];
    let is_sync = |name: &str| ["fsync", "fdatasync"].contains(&name);
    let mut begun = std::collections::HashSet::new();
    let synced = between.iter().any(|line| {
        let (process, name, about) = call(line);
        if !is_sync(name) {
            return false;
        }
        if about.contains(file) {
            begun.insert(process.to_owned());
        }
        begun.contains(process) && about.trim_end().ends_with("= 0")
    });
    assert!(synced, "nothing was synced in between:\n{}", between.join("\n"));
}

async fn confirm(server: &Server) {
    let confirmation = requests::confirm("contoso", MARK);
    within(server.acceptance().confirm_acceptance(confirmation)).await.expect("it is confirmed");
}

#[tokio::test]
async fn a_file_is_synced_before_a_write_to_it_is_acknowledged() {
    let server = server().await;
    within(server.registered("contoso", MARK)).await;
    let trace = Trace::of(&[server.process_id()]).await;
    confirm(&server).await;
    assert_synced(&trace.end().await, "assent.db-wal");
}

#[tokio::test]
async fn the_database_syncs_its_own_log_before_a_write_is_acknowledged() {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await;
    let fleet = Fleet::on(&cluster, 1, &[]).await;
    let server = &fleet.servers[0];
    within(server.registered("contoso", MARK)).await;
    let backends = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
    let backends = within(cluster.psql(backends)).await;
    let processes = backends.lines().map(|it| it.parse().expect("it is a number"));
    let processes: Vec<u32> = processes.chain([server.process_id()]).collect();
    let trace = Trace::of(&processes).await;
    confirm(server).await;
    assert_synced(&trace.end().await, "pg_wal/");
}
