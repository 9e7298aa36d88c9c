//! Following: what other processes appended, checked against the tree before anybody sees it.

use assent_evidence::TileBuilder;

use crate::batch::{Head, StoredEntry};
use crate::error::ReadError;
use crate::load::{Commit, CommitColumns, Tip, inconsistent, to_column};
use crate::log::EventLog;
use crate::read::READ_ENTRIES_MAX;
use crate::{again_if_broken, sql};

/// How many commits are looked at in one step.
const COMMITS_MAX: i64 = 256;

impl EventLog {
    /// Reads what was appended since, a bounded part of it, and moves the head behind it. Nothing: this handle is at
    /// the log's end.
    ///
    /// Each entry is hashed anew, and the tree that they make must have the root of each commit. A log that no longer
    /// holds what this handle has read is [`ReadError::Diverged`].
    pub async fn follow(&self) -> Result<Vec<StoredEntry>, ReadError> {
        let mut tip = self.inner.tip.lock().await;
        self.follow_from(&mut tip).await
    }

    /// Reads how far the log has got: follows to its end, and keeps nothing of what it reads.
    pub async fn refresh(&self) -> Result<Head, ReadError> {
        let mut tip = self.inner.tip.lock().await;
        while !self.follow_from(&mut tip).await?.is_empty() {}
        Ok(tip.head())
    }

    pub(crate) async fn follow_from(&self, tip: &mut Tip) -> Result<Vec<StoredEntry>, ReadError> {
        let commits = self.commits_after(tip).await?;
        let seen = tip.tree.size();
        let room = |it: &&Commit| it.size - seen <= READ_ENTRIES_MAX as u64;
        // The first one goes in any case: nothing limits what a commit holds.
        let last = commits.iter().take_while(room).last().or(commits.first()).copied();
        let Some(last) = last else { return Ok(Vec::new()) };
        let mut entries = Vec::new();
        while seen + (entries.len() as u64) < last.size {
            let more = self.read(seen + entries.len() as u64 + 1, last.size, READ_ENTRIES_MAX).await?;
            if more.is_empty() {
                return Err(inconsistent(last.size, "an entry before its end is missing"));
            }
            entries.extend(more);
        }
        let tree = grown(&tip.tree, &entries, commits.iter().take_while(|it| it.size <= last.size))?;
        self.advance(tip, Tip { tree, commit: Some(last) });
        Ok(entries)
    }

    /// The commits behind the tip's, which must still be there.
    async fn commits_after(&self, tip: &Tip) -> Result<Vec<Commit>, ReadError> {
        let from = tip.commit.map_or(0, |it| it.start);
        let rows: sqlx::Result<Vec<CommitColumns>> = again_if_broken!(self.database(), readers => {
            sqlx::query_as(sql::COMMITS).bind(to_column(from)).bind(COMMITS_MAX).fetch_all(readers).await
        });
        let rows = rows.map_err(|source| ReadError::Unreachable { doing: "follow the log", source })?;
        let mut commits = rows.into_iter().map(Commit::from_columns).collect::<Result<Vec<_>, _>>()?;
        if let Some(known) = tip.commit {
            if commits.first() != Some(&known) {
                return Err(ReadError::Diverged { size: known.size });
            }
            commits.remove(0);
        }
        Ok(commits)
    }
}

/// The tree behind these entries, which must have the root of each commit on the way.
fn grown<'a>(
    tree: &TileBuilder,
    entries: &[StoredEntry],
    commits: impl Iterator<Item = &'a Commit>,
) -> Result<TileBuilder, ReadError> {
    let mut tree = tree.clone();
    let mut rest = entries.iter();
    let mut completed = Vec::new();
    for commit in commits {
        if commit.start != tree.size() {
            return Err(inconsistent(commit.size, "a commit does not begin where the one before it ends"));
        }
        for entry in rest.by_ref().take((commit.size - commit.start) as usize) {
            entry.check()?;
            tree.push(entry.leaf_hash, &mut completed);
        }
        completed.clear();
        if tree.size() != commit.size || tree.root() != commit.root {
            return Err(inconsistent(commit.size, "the tree has another root than the commit"));
        }
    }
    Ok(tree)
}
