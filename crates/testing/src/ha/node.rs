//! One node: where it is, and what it is told.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use crate::ports::free_port;
use crate::postgres::url::Url;

const PASSWORD: &str = "postgres";

#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) postgres: SocketAddr,
    /// Where Patroni answers questions.
    pub(super) patroni: SocketAddr,
}

impl Node {
    /// Chooses ports, and writes what `deploy/patroni/node.env` is an example of.
    pub(super) fn make(number: usize, folder: &Path, programs: &Path, etcd: SocketAddr) -> Self {
        let address = || SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let (name, postgres, patroni) = (format!("node{number}"), address(), address());
        let own = folder.join(&name);
        // Owned by whom the servers run as, once the supervisor starts one.
        fs::create_dir(&own).expect("the supervisor's folder can be written to");
        let variables = [
            ("NAME", name.clone()),
            ("ETCD3_HOSTS", etcd.to_string()),
            ("POSTGRESQL_LISTEN", postgres.to_string()),
            ("POSTGRESQL_CONNECT_ADDRESS", postgres.to_string()),
            ("POSTGRESQL_DATA_DIR", own.join("data").display().to_string()),
            ("POSTGRESQL_BIN_DIR", programs.display().to_string()),
            ("POSTGRESQL_PGPASS", own.join("pgpass").display().to_string()),
            ("RESTAPI_LISTEN", patroni.to_string()),
            ("RESTAPI_CONNECT_ADDRESS", patroni.to_string()),
            ("SUPERUSER_USERNAME", "postgres".to_owned()),
            ("SUPERUSER_PASSWORD", PASSWORD.to_owned()),
            ("REPLICATION_USERNAME", "replicator".to_owned()),
            ("REPLICATION_PASSWORD", PASSWORD.to_owned()),
        ];
        let lines: String =
            variables.iter().map(|(name, value)| format!("PATRONI_{name}='{value}'\n")).collect();
        fs::write(folder.join(format!("{name}.env")), lines)
            .expect("the supervisor's folder can be written to");
        Self { name, postgres, patroni }
    }

    /// The administrator's URL of the database `postgres`.
    pub(super) fn admin(&self) -> Url {
        Url::at_socket(Path::new("/"), 0).at(&[self.postgres]).user("postgres", PASSWORD)
    }
}
