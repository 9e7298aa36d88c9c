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

    /// Waits for the next commit, takes all that are there, and gives the size of the log that the last one said. An
    /// error: listen anew.
    pub async fn next(&mut self) -> Result<u64, sqlx::Error> {
        let mut last = self.0.recv().await?;
        while let Some(later) = self.0.next_buffered() {
            last = later;
        }
        // Whatever somebody else may have said on this channel: it is a wake-up.
        Ok(last.payload().parse().unwrap_or(u64::MAX))
    }
}
