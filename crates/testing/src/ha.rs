//! PostgreSQL that survives the loss of a node: three of them under Patroni, with one etcd, on loopback.
//!
//! They run with `deploy/patroni/patroni.yml`, the file that a real installation starts from, and with shorter times.
//! Needs the Debian packages `patroni` and `etcd-server`: `tests/ha` installs them.

mod health;
mod node;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{interval, timeout};

use self::health::answers;
use self::node::Node;
use crate::ports::free_port;
use crate::postgres::sql;
use crate::postgres::url::Url;
use crate::supervisor::{Supervisor, beside};

const NODES: usize = 3;
/// How long anything may take: a node is made from a copy of another.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How often the nodes are asked.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// What is changed of the file that is shipped. Times, in seconds: Patroni asks of them only that `ttl` is not less than
/// `loop_wait` and twice `retry_timeout`, and etcd that it is more than one. And nothing may be left outside the folder.
const CHANGES: [(&str, &str); 5] = [
    ("ttl: 30", "ttl: 6"),
    ("loop_wait: 10", "loop_wait: 1"),
    ("retry_timeout: 10", "retry_timeout: 2"),
    ("/var/run/postgresql", "$FOLDER/run"),
    ("max_connections: 200", "max_connections: 200\n        dynamic_shared_memory_type: mmap"),
];
const IS_PRIMARY: &str = "SELECT NOT pg_is_in_recovery()";
const IS_SYNCHRONOUS: &str =
    "SELECT NOT pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync')";

/// Three nodes, of which one is the primary, and a commit waits for a second. Clones are the same nodes, which end with
/// the last of them, or with this process, however it ends.
#[derive(Clone, Debug)]
pub struct HaCluster {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    supervisor: Supervisor,
    folder: PathBuf,
    programs: PathBuf,
    nodes: [Node; NODES],
}

impl HaCluster {
    /// Starts all nodes, makes a database `assent` for a role `assent`, and waits until a second node has it.
    pub async fn spawn() -> Self {
        let cluster = beside(|| {
            let supervisor = Supervisor::start("ha.sh");
            let (folder, programs) = (supervisor.folder(), supervisor.programs());
            write_configuration(&folder);
            let etcd = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let nodes = [1, 2, 3].map(|number| Node::make(number, &folder, &programs, etcd));
            supervisor.tell(&format!("etcd {} {}", etcd.port(), free_port()));
            Self { inner: Arc::new(Inner { supervisor, folder, programs, nodes }) }
        });
        let cluster = cluster.await;
        // The others then find a primary to copy from, and the times that it was given.
        cluster.tell("start", 0).await;
        cluster.primary().await;
        for node in 1..NODES {
            cluster.tell("start", node).await;
        }
        cluster.until_healthy().await;
        cluster.psql("CREATE ROLE assent LOGIN PASSWORD 'assent'; CREATE DATABASE assent OWNER assent").await;
        cluster
    }

    /// Where the nodes listen.
    pub fn hosts(&self) -> [SocketAddr; NODES] {
        self.inner.nodes.each_ref().map(|it| it.postgres)
    }

    /// The URL of the database `assent`, with all nodes and its owner, who is nothing else.
    pub fn url(&self) -> String {
        self.url_at(&self.hosts())
    }

    /// The same at other addresses: at [`Proxy`](crate::Proxy)s before the nodes.
    pub fn url_at(&self, hosts: &[SocketAddr]) -> String {
        let url = Url::at_socket(Path::new("/"), 0).at(hosts);
        url.database("assent").user("assent", "assent").to_string()
    }

    /// The folder of the nodes' data and logs.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Waits until a node is the primary, and answers which.
    pub async fn primary(&self) -> usize {
        // Patroni names a primary before PostgreSQL is one.
        self.until("no node becomes the primary", async || {
            self.first_that(async |node| {
                answers(self.inner.nodes[node].patroni, "/primary").await && self.says(node, IS_PRIMARY).await
            })
            .await
        })
        .await
    }

    /// Waits until a second node has what the primary commits: only then does a commit come to an end.
    pub async fn until_synchronous(&self) {
        self.until("no second node becomes the synchronous one", async || {
            self.first_that(async |node| self.says(node, IS_SYNCHRONOUS).await).await
        })
        .await;
    }

    /// Waits until all nodes take part.
    pub async fn until_healthy(&self) {
        self.until_synchronous().await;
        for node in 0..NODES {
            self.until_part(node).await;
        }
    }

    /// Ends a node in the middle of whatever it does, Patroni and PostgreSQL: SIGKILL.
    pub async fn kill(&self, node: usize) {
        self.tell("kill", node).await;
    }

    /// The same for the primary; answers which it was.
    pub async fn kill_primary(&self) -> usize {
        let primary = self.primary().await;
        self.kill(primary).await;
        primary
    }

    /// Starts a killed node again on what it has, and waits until it takes part.
    pub async fn revive(&self, node: usize) {
        self.tell("start", node).await;
        self.until_part(node).await;
    }

    /// Stops a node where it is: SIGSTOP. It holds its connections, answers nobody, and may believe to be the primary
    /// when it is resumed.
    pub async fn pause(&self, node: usize) {
        self.tell("pause", node).await;
    }

    /// Lets a paused node go on.
    pub async fn resume(&self, node: usize) {
        self.tell("resume", node).await;
    }

    /// Runs SQL on the primary as the administrator, in the database `postgres`, and answers its rows as psql writes
    /// them: a line each, `|` between columns.
    pub async fn psql(&self, sql: &str) -> String {
        let primary = self.primary().await;
        let ran = self.try_psql(primary, sql).await;
        ran.unwrap_or_else(|failed| panic!("{failed}\n{sql}\n{}", self.log(primary)))
    }

    /// The same on a node of choice, where it may fail, with what psql says.
    pub async fn try_psql(&self, node: usize, sql: &str) -> Result<String, String> {
        sql::run(&self.inner.programs, &self.inner.nodes[node].admin().to_string(), sql).await
    }

    /// What a node's Patroni and its PostgreSQL have logged, over all its starts.
    pub fn log(&self, node: usize) -> String {
        let written = fs::read(self.inner.folder.join(format!("{}.log", self.inner.nodes[node].name)));
        String::from_utf8_lossy(&written.unwrap_or_default()).into_owned()
    }

    /// Whether a node is the primary or follows it.
    async fn until_part(&self, node: usize) {
        let address = self.inner.nodes[node].patroni;
        self.until("a node does not take part", async || {
            let takes_part = answers(address, "/replica").await || answers(address, "/primary").await;
            takes_part.then_some(node)
        })
        .await;
    }

    async fn first_that(&self, holds: impl AsyncFn(usize) -> bool) -> Option<usize> {
        for node in 0..NODES {
            if holds(node).await {
                return Some(node);
            }
        }
        None
    }

    async fn says(&self, node: usize, question: &str) -> bool {
        self.try_psql(node, question).await.as_deref() == Ok("t")
    }

    async fn until(&self, failed: &str, ask: impl AsyncFn() -> Option<usize>) -> usize {
        let mut asks = interval(ASK_EVERY);
        let answered = timeout(TIMEOUT, async {
            loop {
                asks.tick().await;
                if let Some(answer) = ask().await {
                    return answer;
                }
            }
        });
        let logs = || (0..NODES).map(|it| self.log(it)).collect::<Vec<_>>().join("\n----\n");
        answered.await.unwrap_or_else(|_| panic!("{failed}\n{}", logs()))
    }

    async fn tell(&self, command: &str, node: usize) {
        let (cluster, command) = (self.clone(), format!("{command} {}", self.inner.nodes[node].name));
        beside(move || cluster.inner.supervisor.tell(&command)).await;
    }
}

/// The file that is shipped, with [`CHANGES`].
fn write_configuration(folder: &Path) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/patroni/patroni.yml");
    let mut text = fs::read_to_string(shipped).expect("the file is shipped");
    for (shipped, ours) in CHANGES {
        assert!(text.contains(shipped), "deploy/patroni/patroni.yml has no `{shipped}`");
        text = text.replace(shipped, &ours.replace("$FOLDER", &folder.display().to_string()));
    }
    fs::write(folder.join("patroni.yml"), text).expect("the supervisor's folder can be written to");
}
