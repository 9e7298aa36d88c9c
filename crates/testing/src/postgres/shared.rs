//! The server that the tests of a binary share.

use std::sync::OnceLock;

use super::cluster::Cluster;
use super::options::ClusterOptions;
use super::url::Url;
use crate::supervisor::{Supervisor, beside};

/// The server for all tests of this process, started at the first call: durable, as Assent wants it, on a socket.
///
/// It ends with the process, and not when nobody happens to use it: between two tests another one would be started.
/// With `TEST_POSTGRES_URL` in the environment it is the server there, and nothing is started.
pub async fn shared() -> Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    beside(|| SHARED.get_or_init(find_or_start).clone()).await
}

fn find_or_start() -> Cluster {
    // The script looks: it is a program of its own, and no library of ours reads the environment.
    let supervisor = Supervisor::start("postgres.sh");
    let running = supervisor.tell("running");
    if running.is_empty() {
        return Cluster::start_new(&ClusterOptions::default(), true);
    }
    let admin =
        Url::parse(&running).expect("TEST_POSTGRES_URL is a URL: postgres://user:password@host/database");
    Cluster::elsewhere(supervisor.programs(), admin)
}
