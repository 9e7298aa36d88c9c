//! The transaction of an append.

use sqlx::Executor;

use super::script::Script;
use crate::database::Sqlite;
use crate::plan::Plan;
use crate::write::{WriteError, Written};

/// SQLite's code for a value that is missing and must not be: of all that is written, only the guard's can be.
const SQLITE_CONSTRAINT_NOTNULL: &str = "1299";

/// Writes a plan in one transaction, which is one text: each statement of its own would be a hop to SQLite's thread and
/// back, and so would its beginning and its end.
pub(crate) async fn write(sqlite: &Sqlite, plan: &Plan) -> Result<Written, WriteError> {
    let script = Script::of(plan)?;
    let mut connection = sqlite.writer.acquire().await?;
    let Err(source) = connection.execute(script.query()).await else { return Ok(Written::Committed) };
    let code = source.as_database_error().and_then(|it| it.code());
    let is_lost = code.is_some_and(|it| it == SQLITE_CONSTRAINT_NOTNULL);
    // It may be in the middle of the transaction, of which neither sqlx nor its pool knows: closing it rolls back. Where that
    // fails, too, the connection is gone all the same. Nobody cancels this: it runs in a task of its own.
    let _ = connection.close().await;
    if is_lost { Ok(Written::Lost) } else { Err(WriteError::AtCommit(source)) }
}

#[cfg(test)]
mod tests {
    use assent_evidence::TileBuilder;

    use super::*;
    use crate::batch::{Batch, Draft, Head};
    use crate::database::Database;
    use crate::ids::LedgerTag;
    use crate::log::EventLog;
    use crate::stamp::Links;

    #[tokio::test]
    async fn a_log_of_another_size_takes_nothing_and_the_next_append_all() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("assent.db").display());
        let log = EventLog::open(&url).await.unwrap();
        let Database::Sqlite(sqlite) = log.database() else { panic!("it is a file") };
        let (tree, empty) = (TileBuilder::new(), log.head());
        log.append(batch(0)).await.unwrap();

        // What another process would have decided on the log as it was: its start is taken, and one that never was.
        let taken = Plan::new(batch(0), &tree, empty).unwrap();
        assert_eq!(write(sqlite, &taken).await.unwrap(), Written::Lost);
        let ahead = Plan::new(batch(7), &tree, Head { size: 7, ..empty }).unwrap();
        assert_eq!(write(sqlite, &ahead).await.unwrap(), Written::Lost);

        let appended = log.append(batch(1)).await.unwrap();
        assert_eq!(appended.head.size, 2);
        let stored = log.read(1, 9, 9).await.unwrap();
        assert_eq!(stored.iter().map(|it| it.position).collect::<Vec<_>>(), [1, 2]);
    }

    fn batch(start: u64) -> Batch {
        let draft = Draft { body: "a body".into(), revision: 0, links: Links::default() };
        let (requests, vault, erase, documents) = (vec![], vec![], vec![], vec![]);
        let tag = LedgerTag::from_random(1);
        Batch { start, at: 1, tag, drafts: vec![draft], requests, vault, erase, documents }
    }
}
