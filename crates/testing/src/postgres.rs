//! Throw-away PostgreSQL servers, from the programs that are installed here.
//!
//! * [`shared`] is one server for all tests of a test binary; [`Cluster::database`] makes a database on it.
//! * [`Cluster::spawn`] starts a server of one's own, which can be killed, stopped, paused and started again.
//! * `TEST_POSTGRES_URL`, the URL of an administrator, has [`shared`] use a server that already runs.
//!
//! A server's folder lies in the temporary folder. Server and folder are gone when their last user is, or the process,
//! however it ends: `supervisors/` says how.

mod cluster;
mod database;
mod options;
mod shared;
pub(crate) mod sql;
mod tls;
pub(crate) mod url;

pub use cluster::{Cluster, StopMode};
pub use database::{Role, TestDatabase};
pub use options::ClusterOptions;
pub use shared::shared;
