//! Where the replicas of a seed live: a database that is emptied for each, and a network for each replica.

use std::sync::Arc;
use std::time::Duration;

use assent_domain::Event;
use assent_domain::command::Command;
use assent_domain::scenario as words;
use assent_domain::values::{Environment, Instant, Program};
use assent_event_log::EventLog;
use assent_projections::{Views, start};
use assent_proto::stored;
use assent_testing::Proxy;
use assent_testing::postgres::{Cluster, ClusterOptions, TestDatabase};
use bytes::Bytes;
use tokio::sync::{OnceCell, oneshot};
use tokio::time::timeout;

use super::jobs::{CUSTOMERS, PARTNERS};
use super::plan::{Plan, document};

/// How long anything may take.
pub(crate) const SOON: Duration = Duration::from_secs(60);
/// How many replicas a seed has at most.
pub(crate) const REPLICAS_MAX: usize = 3;
/// What nothing sends.
const NEVER: &[u8] = b"nothing sends this";

/// The session that holds the lease of the fourth edition; the key of the lock is 0x4153_4e54_1004.
const LEASE_SESSION: &str = "
    SELECT count(pg_terminate_backend(pid)) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 16723 AND objid = 1314131972 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// What cuts a connection on which it passes.
#[derive(Clone, Debug)]
pub(crate) enum Trap {
    /// The server never gets what is asked.
    Request(Vec<u8>),
    /// It is done, and the replica does not hear of it.
    Answer(Vec<u8>),
}

/// Takes away what the last seed has left, in the log all behind its first commit. A new database for each seed, even a
/// copy of one that is ready, costs ten times as much.
const RENEW: &str = "
    DO $$ BEGIN
        WHILE (
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND usename LIKE 'r_'
        ) > 0 LOOP
            PERFORM pg_stat_clear_snapshot(), pg_sleep(0.0005);
        END LOOP;
    END $$;
    -- No trigger refuses it.
    SET session_replication_role = replica;
    SET synchronous_commit = off;
    DELETE FROM events WHERE position > (SELECT size FROM commits WHERE start = 0);
    DELETE FROM commits WHERE start > 0;
    DELETE FROM requests;
    DELETE FROM vault;
    DELETE FROM tiles;
    DO $$
    DECLARE
        emptied RECORD;
    BEGIN
        FOR emptied IN
            SELECT schemaname, tablename FROM pg_tables, read_models
            WHERE schemaname = 'assent_views_4_' || generation
        LOOP
            EXECUTE format('DELETE FROM %I.%I', emptied.schemaname, emptied.tablename);
        END LOOP;
    END $$";

/// The server of this test binary.
static SERVER: OnceCell<Cluster> = OnceCell::const_new();

/// A database with a proxy for each replica.
#[derive(Debug)]
pub(crate) struct Ground {
    database: TestDatabase,
    proxies: Vec<Proxy>,
}

impl Ground {
    /// To be used for one seed after the other.
    pub(crate) async fn new() -> Self {
        let cluster = SERVER.get_or_init(server).await;
        let mut proxies = Vec::new();
        for _ in 0..REPLICAS_MAX {
            proxies.push(Proxy::to(cluster.address()).await);
        }
        let database = cluster.database().await;
        begin(&database.url()).await;
        Self { database, proxies }
    }

    /// The ledger as every seed begins with it.
    pub(crate) async fn renew(&self) {
        self.database.run(RENEW).await;
        for proxy in &self.proxies {
            proxy.cut().await;
        }
    }

    /// Where nothing fails.
    pub(crate) fn url(&self) -> String {
        format!("{}?sslmode=disable", self.database.url_at(self.database.cluster().address()))
    }

    /// Where a replica finds the ledger: as a user of its own, so that the server can tell whose a session is.
    pub(crate) fn url_of(&self, replica: usize) -> String {
        let url = self.database.url_at(self.proxies[replica].address());
        let url = url.replacen("postgres://postgres@", &format!("postgres://r{replica}@"), 1);
        format!("{url}?sslmode=disable")
    }

    /// Cuts a replica's connections.
    pub(crate) async fn cut(&self, replica: usize) {
        self.proxies[replica].cut().await;
    }

    /// Waits until the server has noticed whatever was cut: what it was told before is done, but for what waits at the
    /// gate.
    pub(crate) async fn until_noticed(&self, replica: usize) {
        let open = self.proxies[replica].open();
        let backends = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
             AND usename = 'r{replica}' AND wait_event_type IS DISTINCT FROM 'Lock'"
        );
        self.until(&format!("({backends}) <= {open}")).await;
    }

    /// Waits until nothing is carried out any more that a replica is not waiting for.
    pub(crate) async fn until_idle(&self) {
        let active = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                      AND state = 'active' AND usename LIKE 'r_'";
        self.until(&format!("NOT EXISTS ({active})")).await;
    }

    /// Waits until an append waits at the gate.
    pub(crate) async fn until_held_up(&self) {
        let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                     AND wait_event_type = 'Lock' AND usename LIKE 'r_'";
        self.until(&format!("EXISTS ({waits})")).await;
    }

    /// One look of psql, in which the server looks again and again.
    async fn until(&self, condition: &str) {
        let wait = format!(
            "DO $$ BEGIN WHILE NOT ({condition}) LOOP
                PERFORM pg_stat_clear_snapshot(), pg_sleep(0.0005);
            END LOOP; END $$"
        );
        let waited = timeout(SOON, self.database.run(&wait)).await;
        assert!(waited.is_ok(), "never: {condition}");
    }

    /// Ends the session that holds the lease, where one does.
    pub(crate) async fn end_lease(&self) {
        self.until(&format!("({LEASE_SESSION}) = 0")).await;
    }

    /// Moves the read models' position, as a maintainer would that does not mind the fence.
    pub(crate) async fn move_fence(&self, position: u64) {
        let generation = self.database.run("SELECT generation FROM read_models").await;
        let table = format!("assent_views_4_{generation}.projections");
        self.database.run(&format!("UPDATE {table} SET position = {position}")).await;
    }

    /// Sets a trap on a replica's connections; one that was set before and did not spring is gone.
    pub(crate) fn set(&self, replica: usize, trap: &Trap) -> oneshot::Receiver<()> {
        let proxy = &self.proxies[replica];
        match trap {
            Trap::Request(bytes) => proxy.cut_at_request(bytes),
            Trap::Answer(bytes) => proxy.cut_at_answer(bytes),
        }
    }

    /// Takes a trap away. Where it has sprung, waits until the server has noticed.
    pub(crate) async fn disarm(&self, replica: usize, mut sprung: oneshot::Receiver<()>) -> bool {
        let unset = self.set(replica, &Trap::Request(NEVER.to_vec()));
        drop(unset);
        let sprang = sprung.try_recv().is_ok();
        if sprang {
            self.until_noticed(replica).await;
        }
        sprang
    }
}

async fn server() -> Cluster {
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..ClusterOptions::default() }).await;
    for replica in 0..REPLICAS_MAX {
        cluster.psql(&format!("CREATE ROLE r{replica} LOGIN SUPERUSER")).await;
    }
    cluster
}

/// The instant of the last event that every seed begins with.
pub(crate) fn begun_at() -> Instant {
    words::instant("2024-06-01T00:00:00.123457Z")
}

/// A ledger with the built-in policy and a few parties, and its read models.
async fn begin(url: &str) {
    let log = EventLog::open(url).await.expect("the server is up");
    let pack = assent_policy_file::built_in();
    let mut plan = Plan::first(begun_at());
    let environment = Environment::Production;
    plan.event(None, Event::LedgerFormatted { format: 1, tag: super::plan::TAG, environment }, None);
    plan.event(None, Event::RulesActivated { edition: 1 }, None);
    for (agreement, published) in &pack.document.agreements {
        let (agreement, published) = (agreement.clone(), published.clone());
        plan.event(None, Event::AgreementVersionPublished { agreement, published }, None);
    }
    let file = document(stored::POLICY_DOCUMENT, Bytes::from_static(pack.bytes));
    let (document, sha256) = (Arc::new(pack.document), file.sha256);
    plan.event(None, Event::PolicyPublished { version: 1, document, sha256 }, Some(file));
    for command in parties() {
        plan.command(None, &command).expect("nothing speaks against it");
    }
    log.append(plan.finish().0).await.expect("nobody else appends");
    let views = Views::open(&log).await.expect("the tables can be made");
    drop(start(&log, views, |_, _| {}).await.expect("the log can be folded"));
    log.close().await;
}

fn parties() -> Vec<Command> {
    let mut commands = Vec::new();
    for id in PARTNERS {
        let facts = words::partner_facts(id, Program::DirectBill);
        commands.push(Command::RegisterPartner { partner: words::partner(id), facts });
    }
    for id in CUSTOMERS {
        let facts = words::customer_facts();
        commands.push(Command::RegisterCustomer { customer: words::customer(id), facts });
    }
    let pairs = PARTNERS.iter().flat_map(|partner| CUSTOMERS.iter().map(move |it| (partner, it)));
    commands.extend(pairs.map(|(p, c)| Command::EstablishRelationship { parties: words::parties(p, c) }));
    commands
}
