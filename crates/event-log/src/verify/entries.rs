//! Entries, commits and tiles, in one walk from the first position to the last.

use std::collections::VecDeque;

use assent_evidence::{Hash, Tile, TileBuilder, leaf_hash};
use tokio::sync::mpsc;

use super::pages::Pages;
use super::signed::Signed;
use super::tiles;
use super::{Finding, Verdict, Verified};
use crate::batch::StoredEntry;
use crate::database::Database;
use crate::error::ReadError;
use crate::load::{Commit, CommitColumns, from_column, to_column};
use crate::read::Row;
use crate::stamp::Stamp;
use crate::{again_if_broken, sql};

const COMMITS_AT_ONCE: i64 = 1_024;

/// Read in one statement, so that it is one state of the log.
const EDGE: &str = "
    SELECT COALESCE((SELECT MAX(position) FROM events), 0),
           COALESCE((SELECT size FROM commits ORDER BY start DESC LIMIT 1), 0)";

/// The walk, at some position.
struct Walk<'a> {
    database: &'a Database,
    pages: Pages,
    tree: TileBuilder,
    commits: VecDeque<Commit>,
    last_commit: Option<Commit>,
    commit_count: u64,
    tile_count: u64,
    signed: Signed<'a>,
    /// Who takes the entries that hold, as long as somebody does.
    passed_on: Option<mpsc::Sender<Vec<StoredEntry>>>,
}

pub(super) async fn check(
    database: &Database,
    passed_on: Option<mpsc::Sender<Vec<StoredEntry>>>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verdict, ReadError> {
    let edge: sqlx::Result<(i64, i64)> = again_if_broken!(database, readers => {
        sqlx::query_as(EDGE).fetch_one(readers).await
    });
    let (last, size) = edge.map_err(unreachable)?;
    let (last, size) = (from_column(last), from_column(size));
    let mut walk = Walk {
        database,
        pages: Pages::begin(database, size),
        tree: TileBuilder::new(),
        commits: VecDeque::new(),
        last_commit: None,
        commit_count: 0,
        tile_count: 0,
        signed: Signed::new(database),
        passed_on,
    };
    while walk.tree.size() < size {
        progress(walk.tree.size(), size);
        if let Some(finding) = walk.step().await? {
            return Ok(Verdict::Broken(finding));
        }
    }
    progress(size, size);
    // No more of them come.
    walk.passed_on = None;
    if let Some(finding) = walk.signed.behind().await? {
        return Ok(Verdict::Broken(finding));
    }
    if last > size {
        let what = "an entry that no commit stores stands behind the log's end";
        return Ok(Verdict::Broken(Finding::at(size + 1, what)));
    }
    Ok(Verdict::Whole(Verified {
        size,
        root: walk.tree.root(),
        commits: walk.commit_count,
        tiles: walk.tile_count,
        documents: 0,
        checkpoints: walk.signed.count(),
        other_origin_at: walk.signed.other_origin_at(),
    }))
}

impl Walk<'_> {
    /// Checks the next entries.
    async fn step(&mut self) -> Result<Option<Finding>, ReadError> {
        let next = self.tree.size() + 1;
        let rows = self.pages.next().await?;
        if rows.is_empty() {
            return Ok(Some(missing(next)));
        }
        let mut completed = Vec::new();
        let mut held = Vec::with_capacity(rows.len());
        for row in rows {
            if self.commits.is_empty() {
                self.read_commits().await?;
            }
            match self.entry(&row, &mut completed) {
                Ok(leaf_hash) => {
                    held.push(StoredEntry { position: self.tree.size(), entry: row.entry, leaf_hash });
                }
                Err(finding) => return Ok(Some(finding)),
            }
            if !self.signed.may_be_at(self.tree.size()) {
                continue;
            }
            if let Some(finding) = self.signed.compare(self.tree.size(), || self.tree.root()).await? {
                return Ok(Some(finding));
            }
        }
        self.tile_count += completed.len() as u64;
        let found = tiles::compare(self.database, &completed).await?;
        if let Some(taker) = self.passed_on.take_if(|_| found.is_none())
            && taker.send(held).await.is_ok()
        {
            self.passed_on = Some(taker);
        }
        Ok(found)
    }

    /// The leaf hash of the next entry; or what is wrong with it.
    fn entry(
        &mut self,
        Row { position, entry, leaf_hash: leaf }: &Row,
        completed: &mut Vec<Tile>,
    ) -> Result<Hash, Finding> {
        let next = self.tree.size() + 1;
        let finding = |what| Err(Finding::at(next, what));
        if from_column(*position) != next {
            return Err(missing(next));
        }
        let hash = leaf_hash(entry);
        if hash[..] != leaf[..] {
            return finding("the entry does not match the leaf hash that is stored beside it");
        }
        let Some(commit) = self.commits.front().copied() else {
            return finding("no commit stores the entry");
        };
        if commit.start != self.last_commit.map_or(0, |it| it.size) {
            return finding("the commit that stores the entry does not begin where the one before it ends");
        }
        match Stamp::read(entry) {
            Some((stamped, _)) if stamped != next => {
                return finding("the entry says that it stands elsewhere");
            }
            Some((_, recorded_at)) if recorded_at != Some(commit.at) => {
                return finding("the entry was recorded at another instant than its commit");
            }
            Some(_) => {}
            None => return finding("the entry has no stamp"),
        }
        self.tree.push(hash, completed);
        if self.tree.size() < commit.size {
            return Ok(hash);
        }
        if self.tree.root() != commit.root {
            return finding("the entries up to here have another root than the commit that ends here");
        }
        self.commits.pop_front();
        self.last_commit = Some(commit);
        self.commit_count += 1;
        Ok(hash)
    }

    async fn read_commits(&mut self) -> Result<(), ReadError> {
        let from = self.last_commit.map_or(0, |it| it.start + 1);
        let rows: sqlx::Result<Vec<CommitColumns>> = again_if_broken!(self.database, readers => {
            let query = sqlx::query_as(sql::COMMITS).bind(to_column(from)).bind(COMMITS_AT_ONCE);
            query.fetch_all(readers).await
        });
        for row in rows.map_err(unreachable)? {
            self.commits.push_back(Commit::from_columns(row)?);
        }
        Ok(())
    }
}

fn missing(position: u64) -> Finding {
    Finding::at(position, "the entry is missing")
}

pub(super) fn unreachable(source: sqlx::Error) -> ReadError {
    ReadError::Unreachable { doing: "check the log", source }
}
