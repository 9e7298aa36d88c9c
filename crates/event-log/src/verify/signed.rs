//! Stored checkpoints, each compared when the walk reaches its size.

use std::collections::VecDeque;

use assent_evidence::{Hash, Origin, SignedCheckpoint};

use super::Finding;
use super::entries::unreachable;
use crate::again_if_broken;
use crate::checkpoints::{StoredCheckpoint, checkpoints};
use crate::database::Database;
use crate::error::ReadError;
use crate::load::from_column;

const AT_ONCE: u32 = 1_024;

/// All of it is one state of the log: checkpoints are stored while this runs.
const BEHIND: &str = "
    SELECT size
    FROM checkpoints
    WHERE size > COALESCE((SELECT size FROM commits ORDER BY start DESC LIMIT 1), 0)
    ORDER BY size
    LIMIT 1";

/// The checkpoints from some size on.
pub(super) struct Signed<'a> {
    database: &'a Database,
    next: VecDeque<StoredCheckpoint>,
    /// The largest size that was read.
    read: u64,
    /// Whether there are none behind those that were read. Those that are stored meanwhile sign what is appended meanwhile.
    all: bool,
    count: u64,
    /// Of the first one.
    origin: Option<Origin>,
    other_origin_at: Option<u64>,
}

impl<'a> Signed<'a> {
    pub(super) fn new(database: &'a Database) -> Self {
        Self {
            database,
            next: VecDeque::new(),
            read: 0,
            all: false,
            count: 0,
            origin: None,
            other_origin_at: None,
        }
    }

    /// How many held.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The size of the first one that has another origin than the first of all.
    pub(super) const fn other_origin_at(&self) -> Option<u64> {
        self.other_origin_at
    }

    /// Whether there may be a checkpoint of this size: most sizes have none, and need not be compared.
    pub(super) fn may_be_at(&self, size: u64) -> bool {
        self.next.front().map_or(!self.all, |it| it.size == size)
    }

    /// Compares the checkpoint of this size, where there is one.
    pub(super) async fn compare(
        &mut self,
        size: u64,
        root: impl FnOnce() -> Hash,
    ) -> Result<Option<Finding>, ReadError> {
        if self.next.is_empty() && !self.all {
            let found = checkpoints(self.database, self.read, AT_ONCE).await?;
            self.all = found.len() < AT_ONCE as usize;
            self.read = found.last().map_or(self.read, |it| it.size);
            self.next = found.into();
        }
        if self.next.front().is_none_or(|it| it.size != size) {
            return Ok(None);
        }
        let Some(stored) = self.next.pop_front() else { return Ok(None) };
        let finding = |what| Ok(Some(Finding::at(size, what)));
        let Ok(signed) = SignedCheckpoint::parse(&stored.note) else {
            return finding("the stored checkpoint is no signed note");
        };
        let said = signed.checkpoint();
        if said.size != size {
            return finding("the stored checkpoint signs another size");
        }
        if said.root != root() {
            return finding("the stored checkpoint signs another root than that of the entries up to here");
        }
        let origin = self.origin.get_or_insert_with(|| said.origin.clone());
        if self.other_origin_at.is_none() && *origin != said.origin {
            self.other_origin_at = Some(size);
        }
        self.count += 1;
        Ok(None)
    }

    /// Whether any of them signs more than there is. Those that are stored meanwhile sign what is appended meanwhile.
    pub(super) async fn behind(&self) -> Result<Option<Finding>, ReadError> {
        let first: sqlx::Result<Option<i64>> = again_if_broken!(self.database, readers => {
            sqlx::query_scalar(BEHIND).fetch_optional(readers).await
        });
        let first = first.map_err(unreachable)?.map(from_column);
        Ok(first.map(|size| Finding::at(size, "a stored checkpoint signs more entries than the log has")))
    }
}
