//! What stands between: a connection pooler may give a statement any connection it has.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};
use uuid::Uuid;

use super::place;
use crate::error::OpenError;

/// Refuses a pooler in transaction mode: prepared statements, session settings, wake-ups (LISTEN) and the read
/// models' lease belong to a session, and there a session is nobody's. In session mode all of it works.
///
/// One session leaves a mark. Where a second one finds it, the pooler has given both the same connection.
pub(super) async fn refuse_transaction_pooling(options: &PgConnectOptions) -> Result<(), OpenError> {
    let shared = is_shared(options).await;
    let shared = shared
        .map_err(|source| OpenError::Unreachable { place: place(std::slice::from_ref(options)), source })?;
    match shared {
        true => Err(OpenError::TransactionPooling { place: place(std::slice::from_ref(options)) }),
        false => Ok(()),
    }
}

async fn is_shared(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    // Nothing is prepared: in transaction mode that fails in ways of its own.
    let mark = Uuid::new_v4().to_string();
    let mut one = options.connect().await?;
    let mut other = options.connect().await?;
    let set = format!("SELECT set_config('assent.session', '{mark}', false)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut one).await?;
    let row = sqlx::raw_sql("SELECT current_setting('assent.session', true)").fetch_one(&mut other).await?;
    let found: Option<String> = row.try_get(0)?;
    one.close().await?;
    other.close().await?;
    Ok(found.is_some_and(|it| it == mark))
}
