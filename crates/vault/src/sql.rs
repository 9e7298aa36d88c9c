//! Every statement of the vault. Rows are inserted by the log, in the append's own transaction.

use std::sync::{Arc, LazyLock};

use assent_event_log::Dialect;

/// How many rows one statement looks up: few for a call, many for a batch.
pub(crate) const IDS: [usize; 2] = [16, 256];

pub(crate) const KEYS: &str = "
    SELECT name, master_key_id, check_value, wrapped
    FROM vault_keys
    ORDER BY name";

/// Another process may have been first: then its key is the one.
pub(crate) const INSERT_KEY: &str = "
    INSERT INTO vault_keys (name, master_key_id, check_value, wrapped)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING";

pub(crate) const REWRAP_KEY: &str = "
    UPDATE vault_keys
    SET master_key_id = $1, check_value = $2, wrapped = $3
    WHERE name = $4 AND master_key_id = $5";

pub(crate) const DELETE_KEY: &str = "DELETE FROM vault_keys WHERE name = $1";

/// Rows that a master key has wrapped, by id.
pub(crate) const WRAPPED_BY: &str = "
    SELECT id, wrapped_key
    FROM vault
    WHERE id > $1 AND master_key_id = $2 AND wrapped_key IS NOT NULL
    ORDER BY id
    LIMIT $3";

/// Only what the old key still wraps: a row that was erased meanwhile stays erased.
pub(crate) const REWRAP: &str = "
    UPDATE vault
    SET master_key_id = $1, wrapped_key = $2
    WHERE id = $3 AND master_key_id = $4";

pub(crate) const COUNTS: &str = "
    SELECT master_key_id, COUNT(*)
    FROM vault
    WHERE wrapped_key IS NOT NULL
    GROUP BY master_key_id
    ORDER BY master_key_id";

/// Which master keys the rows need. A row that names none needs none of its own.
pub(crate) const WRAPPING: &str = "
    SELECT DISTINCT master_key_id
    FROM vault
    WHERE wrapped_key IS NOT NULL AND master_key_id IS NOT NULL
    ORDER BY master_key_id";

/// By key id, so that a page can go on where the one before it ended.
pub(crate) const OF_EMAIL: &str = "
    SELECT id
    FROM vault
    WHERE email_index = $1 AND id > $2
    ORDER BY id
    LIMIT $3";

/// One for each of [`IDS`]. A shorter list is filled up with an id that it holds already.
pub(crate) fn rows(dialect: Dialect) -> &'static [Arc<str>; 2] {
    static SQLITE: LazyLock<[Arc<str>; 2]> = LazyLock::new(|| lengths(Dialect::Sqlite));
    static POSTGRES: LazyLock<[Arc<str>; 2]> = LazyLock::new(|| lengths(Dialect::Postgres));
    match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
    }
}

fn lengths(dialect: Dialect) -> [Arc<str>; 2] {
    IDS.map(|ids| {
        format!(
            "
    SELECT id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint
    FROM vault
    WHERE id IN ({})",
            dialect.placeholders(ids)
        )
        .into()
    })
}
