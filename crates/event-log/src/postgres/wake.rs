//! Wake-ups: each commit says that it happened. They are never the data, and may be lost.

use sqlx::postgres::PgListener;

use super::Postgres;

/// The channel that appends notify. Channels belong to a database.
pub(super) const CHANNEL: &str = "assent_log";

/// Hears of commits, whichever process made them.
#[derive(Debug)]
pub struct Wakes(PgListener);

impl Wakes {
    pub(crate) async fn listen(postgres: &Postgres) -> Result<Self, sqlx::Error> {
        let mut listener = PgListener::connect_with(&postgres.pools().readers).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// Waits for the next commit, and takes all that are there. An error: listen anew.
    pub async fn next(&mut self) -> Result<(), sqlx::Error> {
        self.0.recv().await?;
        while self.0.next_buffered().is_some() {}
        Ok(())
    }
}
