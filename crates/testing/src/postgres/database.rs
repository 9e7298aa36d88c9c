//! A database of a test's own.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::cluster::Cluster;
use super::sql;
use super::url::Url;

/// An empty database that no other test sees. On a shared server it is dropped with this value, as far as that is up.
#[derive(Debug)]
pub struct TestDatabase {
    cluster: Cluster,
    name: String,
    url: Url,
    /// To be dropped with it.
    roles: Mutex<Vec<String>>,
}

/// A role that may log in, and nothing else but what it is granted.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its name in SQL; it needs no quotes.
    pub name: String,
    /// Its URL of the database that it was made for.
    pub url: String,
}

impl Cluster {
    /// Makes a database with a name that nobody else has.
    pub async fn database(&self) -> TestDatabase {
        let name = format!("assent_{:016x}", random());
        self.psql(&format!("CREATE DATABASE {name}")).await;
        let url = self.admin().database(&name);
        TestDatabase { cluster: self.clone(), name, url, roles: Mutex::default() }
    }
}

impl TestDatabase {
    /// Its name in SQL; it needs no quotes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The administrator's URL.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// The same through an address: the server's own, or a [`Proxy`](crate::Proxy)'s.
    pub fn url_at(&self, address: SocketAddr) -> String {
        self.url.at(&[address]).to_string()
    }

    /// The same through the server's own address, with TLS and its certificate verified.
    pub fn tls_url(&self) -> String {
        let url = self.url.at(&[self.cluster.address()]).option("sslmode", "verify-full");
        url.option("sslrootcert", &self.cluster.authority_file().display().to_string()).to_string()
    }

    /// Its server.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Runs SQL as the administrator, and answers its rows as psql writes them: a line each, `|` between columns.
    pub async fn run(&self, sql: &str) -> String {
        let ran = self.try_run(sql).await;
        ran.unwrap_or_else(|failed| panic!("{failed}\n{sql}"))
    }

    /// The same where it may fail, with what psql says.
    pub async fn try_run(&self, sql: &str) -> Result<String, String> {
        self.try_run_at(&self.url(), sql).await
    }

    /// The same through another URL: a role's, or that of a proxy.
    pub async fn try_run_at(&self, url: &str, sql: &str) -> Result<String, String> {
        sql::run(self.cluster.programs(), url, sql).await
    }

    /// Ends all connections to it, and answers how many there were.
    pub async fn terminate_backends(&self) -> usize {
        self.cluster.terminate_backends(&self.name).await
    }

    /// Makes a role that may log in. Roles are the server's: so its name is longer than the one that is asked for.
    pub async fn role(&self, name: &str) -> Role {
        let (id, password) = (random(), format!("{:016x}", random()));
        let name = format!("{name}_{id:016x}");
        self.run(&format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'")).await;
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
        Role { url: self.url.user(&name, &password).to_string(), name }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if !self.cluster.is_shared() {
            // It goes with its server, which may be in any state.
            return;
        }
        let mut statements = vec![format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)];
        let roles = self.roles.get_mut().unwrap_or_else(PoisonError::into_inner);
        statements.extend(roles.iter().map(|it| format!("DROP ROLE IF EXISTS {it}")));
        let dropping = sql::leave(self.cluster.programs(), &self.cluster.url(), &statements);
        // A runtime must not wait for it; but its end has to be fetched.
        thread::spawn(move || dropping.map(|mut it| it.wait()));
    }
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    u64::from_le_bytes(bytes)
}
