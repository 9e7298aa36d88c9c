//! Servers on one ledger.

use assent_proto::v1::Program;
use assent_testing::postgres::{self, Cluster, TestDatabase};
use assent_testing::{Server, ServerOptions, master_key_file, requests};
use futures::future::join_all;
use tempfile::TempDir;

use crate::support::within;

/// The customers that writers confirm for.
pub(crate) const CUSTOMERS: u64 = 12;

/// Servers on one ledger, each a process.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) servers: Vec<Server>,
    /// None: a file of the only server.
    pub(crate) database: Option<TestDatabase>,
    /// The URL of a database that others run.
    elsewhere: Option<String>,
    folder: TempDir,
}

impl Fleet {
    /// So many replicas on a database of the shared PostgreSQL server.
    pub(crate) async fn of(replicas: usize) -> Self {
        Self::on(&postgres::shared().await, replicas, &[]).await
    }

    /// So many replicas on a database of this server, with more arguments.
    pub(crate) async fn on(cluster: &Cluster, replicas: usize, arguments: &[&str]) -> Self {
        let database = within(cluster.database()).await;
        let mut fleet = Self::none(Some(database));
        fleet.add(replicas, arguments).await;
        fleet
    }

    /// So many replicas on a database that others run.
    #[cfg(feature = "ha")]
    pub(crate) async fn at(url: String, replicas: usize, arguments: &[&str]) -> Self {
        let mut fleet = Self { elsewhere: Some(url.clone()), ..Self::none(None) };
        fleet.spawn(url, replicas, arguments).await;
        fleet
    }

    /// One server on a file.
    pub(crate) async fn on_file() -> Self {
        let mut fleet = Self::none(None);
        fleet.servers.push(within(Server::spawn(ServerOptions::default())).await);
        fleet
    }

    /// No server yet.
    pub(crate) fn none(database: Option<TestDatabase>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        master_key_file(folder.path());
        Self { servers: Vec::new(), database, elsewhere: None, folder }
    }

    /// So many more replicas on the database, with more arguments.
    pub(crate) async fn add(&mut self, replicas: usize, arguments: &[&str]) {
        let url = self.database.as_ref().expect("replicas share a database").url();
        self.spawn(url, replicas, arguments).await;
    }

    async fn spawn(&mut self, url: String, replicas: usize, arguments: &[&str]) {
        // All at once: one of them makes the tables and begins the ledger.
        let starting = (0..replicas).map(|_| Server::spawn(self.options(url.clone(), arguments)));
        self.servers.extend(within(join_all(starting)).await);
    }

    /// One more replica, which reaches the database at another URL.
    pub(crate) async fn add_at(&mut self, url: String, arguments: &[&str]) {
        let server = within(Server::spawn(self.options(url, arguments))).await;
        self.servers.push(server);
    }

    fn options(&self, url: String, arguments: &[&str]) -> ServerOptions {
        ServerOptions {
            database: Some(url),
            master_key_file: Some(self.folder.path().join("master.key")),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            ..ServerOptions::default()
        }
    }

    /// Where the ledger is.
    pub(crate) fn url(&self) -> String {
        let own = || self.database.as_ref().map_or_else(|| self.servers[0].database_url(), TestDatabase::url);
        self.elsewhere.clone().unwrap_or_else(own)
    }

    /// A partner with customers, so that writers have something to confirm.
    pub(crate) async fn registered(self) -> Self {
        let server = &self.servers[0];
        within(server.register_partner("contoso", Program::DirectBill)).await;
        for number in 0..CUSTOMERS {
            within(server.register_customer(&customer(number))).await;
            within(server.establish("contoso", &customer(number))).await;
        }
        self
    }

    /// The last position, as any of the servers knows it; each has applied that much afterwards.
    pub(crate) async fn settled(&self) -> u64 {
        let mut head = 0;
        for server in &self.servers {
            head = head.max(crate::support::head(server).await);
        }
        for server in &self.servers {
            let order = requests::order("nobody", "nobody");
            let order = assent_proto::v1::AuthorizeOrderRequest { min_position: Some(head), ..order };
            within(server.decide(order)).await;
        }
        head
    }
}

/// One of the customers.
pub(crate) fn customer(number: u64) -> String {
    format!("customer-{}", number % CUSTOMERS)
}
