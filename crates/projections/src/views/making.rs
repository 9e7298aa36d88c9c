//! Read models in the making: their row of `projections` has an edition that nobody reads, until all rows are there.

use assent_domain::values::Position;
use assent_event_log::Database;

use super::{EDITION, Lease, Rows, Views, ViewsError, sqlite};

/// Whoever looks for rows of this code's edition finds none.
const IN_THE_MAKING: i64 = -EDITION;

/// Read models in the making.
pub(crate) struct Making<'a> {
    views: &'a Views,
    lease: &'a mut Lease,
    /// The last event whose records are there.
    position: Position,
}

impl<'a> Making<'a> {
    /// Begins with empty tables, on a file without their indexes.
    pub(crate) async fn begin(
        views: &'a Views,
        lease: &'a mut Lease,
        ledger: &[u8],
    ) -> Result<Self, ViewsError> {
        views.clear(IN_THE_MAKING, lease, ledger).await?;
        if let Database::Sqlite(sqlite) = &views.database {
            sqlite::drop_indexes(&sqlite.writer).await?;
        }
        Ok(Self { views, lease, position: Position::START })
    }

    /// Adds rows: the records of the events up to theirs, or states.
    pub(crate) async fn add(&mut self, rows: &Rows) -> Result<(), ViewsError> {
        self.views.write_as(IN_THE_MAKING, self.lease, self.position, rows).await?;
        self.position = rows.position;
        Ok(())
    }

    /// All rows are there, and this is what concerns the ledger as a whole: makes the indexes, and from now on the read models
    /// are those of this edition.
    pub(crate) async fn finish(self, ledger: &[u8]) -> Result<(), ViewsError> {
        self.views.make_indexes().await?;
        self.views.finish_as([IN_THE_MAKING, EDITION], self.lease, self.position, ledger).await
    }
}
