//! A throw-away connection pooler before a throw-away server.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assent_testing::postgres::{Cluster, TestDatabase};
use tempfile::TempDir;
use tokio::time::{interval, timeout};

/// How long it may take to listen, and how often that is looked at.
const START_MAX: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// It ends with this value, or with the thread of the test.
#[derive(Debug)]
pub(crate) struct Pooler {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Pooler {
    /// Starts it in a mode: `session` or `transaction`.
    pub(crate) async fn start(cluster: &Cluster, mode: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        // It does not run as root, and must read its settings all the same.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("the folder is ours");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|it| it.local_addr());
        let address = free.expect("there is a free port");
        let file = folder.path().join("pgbouncer.ini");
        let settings = settings(cluster, mode, address);
        fs::write(&file, settings).expect("the folder is ours");
        let server = fs::metadata(cluster.folder().join("data")).expect("the server has a folder");
        let mut command = Command::new("setpriv");
        if server.uid() != fs::metadata(&file).expect("it was written").uid() {
            command.args([format!("--reuid={}", server.uid()), format!("--regid={}", server.gid())]);
            command.arg("--clear-groups");
        }
        let program = if fs::exists("/usr/sbin/pgbouncer").unwrap_or(false) {
            "/usr/sbin/pgbouncer"
        } else {
            "pgbouncer"
        };
        let process = command
            .args(["--pdeathsig=KILL", program, "--quiet"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("setpriv can be started");
        let pooler = Self { process, address, _folder: folder };
        let mut looks = interval(LOOK_EVERY);
        let listening = timeout(START_MAX, async {
            while TcpStream::connect(address).is_err() {
                looks.tick().await;
            }
        });
        listening.await.expect("pgbouncer listens: is it installed (apt-get install pgbouncer)?");
        pooler
    }

    /// The URL of a database through it.
    pub(crate) fn url(&self, database: &TestDatabase) -> String {
        format!("postgres://postgres@{}/{}?sslmode=disable", self.address, database.name())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn settings(cluster: &Cluster, mode: &str, address: SocketAddr) -> String {
    let (socket, port) = (cluster.folder().display(), address.port());
    format!(
        "[databases]
* = host={socket} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 50
ignore_startup_parameters = extra_float_digits
"
    )
}
