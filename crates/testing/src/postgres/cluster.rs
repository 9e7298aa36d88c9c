//! One server, and what may befall it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::options::ClusterOptions;
use super::sql;
use super::tls::Certificates;
use super::url::Url;
use crate::ports::free_port;
use crate::supervisor::{Supervisor, beside};

/// A PostgreSQL server. Clones are the same server, which ends with the last of them.
#[derive(Clone, Debug)]
pub struct Cluster {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// The folder of PostgreSQL's programs.
    programs: PathBuf,
    admin: Url,
    /// Whether it outlives the tests that use it.
    is_shared: bool,
    /// None for a server that others run.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    supervisor: Supervisor,
    folder: PathBuf,
    address: Option<SocketAddr>,
    certificates: Option<Certificates>,
}

/// How a server is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopMode {
    /// Rolls back what is under way, and writes what it must to start again without recovery.
    Fast,
    /// At once, without writing anything: the next start recovers, as after a crash.
    Immediate,
}

impl Cluster {
    /// Starts a server of one's own, and waits until it takes connections.
    pub async fn spawn(options: ClusterOptions) -> Self {
        beside(move || Self::start_new(&options, false)).await
    }

    pub(super) fn start_new(options: &ClusterOptions, is_shared: bool) -> Self {
        /// What names the socket; there is no such port.
        const SOCKET_ONLY: u16 = 5432;
        let supervisor = Supervisor::start("postgres.sh");
        let (folder, programs) = (supervisor.folder(), supervisor.programs());
        let certificates = options.tls.then(|| Certificates::make(&folder));
        let port = if options.tcp || options.tls { free_port() } else { SOCKET_ONLY };
        supervisor.tell("initialise");
        options.write(&folder, port, certificates.as_ref());
        supervisor.tell("start");
        let admin = Url::at_socket(&folder, port);
        let address = (port != SOCKET_ONLY).then(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let own = Own { supervisor, folder, address, certificates };
        Self { inner: Arc::new(Inner { programs, admin, is_shared, own: Some(own) }) }
    }

    /// A server that others run.
    pub(super) fn elsewhere(programs: PathBuf, admin: Url) -> Self {
        Self { inner: Arc::new(Inner { programs, admin, is_shared: true, own: None }) }
    }

    /// The administrator's URL of the database `postgres`.
    pub fn url(&self) -> String {
        self.inner.admin.to_string()
    }

    /// Where it listens on loopback: for a server that was started with `tcp` or `tls`.
    pub fn address(&self) -> SocketAddr {
        self.own().address.expect("the server was started without a port: set `tcp` or `tls`")
    }

    /// The certificate authority of a server that was started with `tls`, for `sslrootcert`.
    pub fn authority_file(&self) -> PathBuf {
        self.own().certificates.as_ref().expect("the server was started without `tls`").authority()
    }

    /// The folder of its data, its socket and its log.
    pub fn folder(&self) -> &Path {
        &self.own().folder
    }

    /// What the server has logged, over all its starts.
    pub fn log(&self) -> String {
        let written = fs::read(self.folder().join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&written).into_owned()
    }

    /// Runs SQL as the administrator in the database `postgres`, and answers its rows as psql writes them: a line
    /// each, `|` between columns.
    pub async fn psql(&self, sql: &str) -> String {
        let ran = self.try_psql(sql).await;
        ran.unwrap_or_else(|failed| panic!("{failed}\n{sql}"))
    }

    /// The same where it may fail, with what psql says.
    pub async fn try_psql(&self, sql: &str) -> Result<String, String> {
        sql::run(self.programs(), &self.url(), sql).await
    }

    /// Waits until SQL answers this, or panics with what it answers.
    pub async fn until(&self, sql: &str, expected: &str) {
        sql::until(self.programs(), &self.url(), sql, expected).await;
    }

    /// Ends all connections to a database, and answers how many there were.
    pub async fn terminate_backends(&self, database: &str) -> usize {
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = ";
        let ended = self.psql(&format!("{sql}'{database}' AND pid <> pg_backend_pid()")).await;
        ended.parse().expect("a count is a number")
    }

    /// Ends the server and all its processes in the middle of whatever they do, as a failure of the power does:
    /// SIGKILL. Waits until they are gone.
    pub async fn kill(&self) {
        self.tell("kill").await;
    }

    /// Asks the server to end, and waits until it has.
    pub async fn stop(&self, mode: StopMode) {
        let command = match mode {
            StopMode::Fast => "stop fast",
            StopMode::Immediate => "stop immediate",
        };
        self.tell(command).await;
    }

    /// Starts a server that was killed or stopped, on the same data, socket and port, and waits until it takes
    /// connections.
    pub async fn start(&self) {
        self.tell("start").await;
    }

    /// Stops all of the server's processes where they are: SIGSTOP. The kernel goes on to take connections for it,
    /// and nobody answers.
    pub async fn pause(&self) {
        self.tell("pause").await;
    }

    /// Lets a paused server go on.
    pub async fn resume(&self) {
        self.tell("resume").await;
    }

    pub(super) fn admin(&self) -> &Url {
        &self.inner.admin
    }

    pub(super) fn is_shared(&self) -> bool {
        self.inner.is_shared
    }

    pub(super) fn programs(&self) -> &Path {
        &self.inner.programs
    }

    async fn tell(&self, command: &'static str) {
        let cluster = self.clone();
        let answer = beside(move || cluster.own().supervisor.ask(command)).await;
        answer.unwrap_or_else(|failed| panic!("{failed}"));
    }

    fn own(&self) -> &Own {
        self.inner
            .own
            .as_ref()
            .expect("TEST_POSTGRES_URL names a server that others run: spawn one of your own")
    }
}
