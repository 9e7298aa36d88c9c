//! Open files: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// What the database, the log and the process itself have open beside connections.
const OTHERS: u64 = 256;

/// Has the process open as many files as the system lets it, and says where that is too few for its connections: a flood
/// must find the limit of connections before it finds this one.
pub(super) fn allow(connections: usize) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let files = if raised.is_ok() { maximum } else { current };
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    if let Some(files) = files.filter(|it| *it < wanted) {
        warn!(files, wanted, "the process may open fewer files than `connections` allows: raise LimitNOFILE");
    }
}
