//! How a server is set up, and the files that say so.

use std::fs;
use std::path::Path;

use super::tls::Certificates;

/// How a server is started.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Whether what is acknowledged survives a crash of the machine. Assent refuses a server where it does not.
    pub durable: bool,
    /// Whether it also listens on a port of loopback, which it keeps over restarts.
    pub tcp: bool,
    /// Whether it takes only TLS on that port, with a certificate for `localhost` and `127.0.0.1`. Implies `tcp`.
    pub tls: bool,
    /// More lines of `postgresql.conf`; they win over all others.
    pub settings: Vec<String>,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { durable: true, tcp: false, tls: false, settings: Vec::new() }
    }
}

/// More than all tests of a binary hold at once.
const CONNECTIONS_MAX: u32 = 200;

impl ClusterOptions {
    /// Writes what `supervisors/postgres.sh` starts the server with.
    pub(super) fn write(&self, folder: &Path, port: u16, certificates: Option<&Certificates>) {
        let durable = if self.durable { "on" } else { "off" };
        let addresses = if self.tcp || self.tls { "127.0.0.1" } else { "" };
        let mut lines = vec![
            "include 'data/postgresql.conf'".to_owned(),
            format!("listen_addresses = '{addresses}'"),
            format!("port = {port}"),
            format!("unix_socket_directories = '{}'", folder.display()),
            format!("max_connections = {CONNECTIONS_MAX}"),
            format!("fsync = {durable}"),
            format!("synchronous_commit = {durable}"),
            format!("full_page_writes = {durable}"),
            // In the folder, so that a killed server leaves nothing elsewhere.
            "dynamic_shared_memory_type = mmap".to_owned(),
            "log_line_prefix = '%m [%p] %u@%d '".to_owned(),
        ];
        lines.extend(certificates.into_iter().flat_map(Certificates::settings));
        lines.extend(self.settings.iter().cloned());
        let over_tcp = if self.tls { "hostssl" } else { "host" };
        let access = format!("local all all trust\n{over_tcp} all all 127.0.0.1/32 trust");
        for (file, text) in [("server.conf", lines.join("\n")), ("hba.conf", access)] {
            fs::write(folder.join(file), text + "\n").expect("the supervisor's folder can be written to");
        }
    }
}
