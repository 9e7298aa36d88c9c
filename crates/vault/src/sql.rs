//! Every statement of the vault. Rows are inserted by the log, in the append's own transaction.

use std::sync::{Arc, LazyLock};

/// How many rows one statement looks up: few for a call, many for a batch.
pub(crate) const IDS: [usize; 2] = [16, 256];

pub(crate) const KEY: &str = "
    SELECT master_key_id, check_value, wrapped
    FROM vault_keys
    WHERE name = $1";

/// Another process may have been first: then its key is the one.
pub(crate) const INSERT_KEY: &str = "
    INSERT INTO vault_keys (name, master_key_id, check_value, wrapped)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING";

/// By key id, so that a page can go on where the one before it ended.
pub(crate) const OF_EMAIL: &str = "
    SELECT id
    FROM vault
    WHERE email_index = $1 AND id > $2
    ORDER BY id
    LIMIT $3";

/// One for each of [`IDS`]. A shorter list is filled up with an id that it holds already.
pub(crate) static ROWS: LazyLock<[Arc<str>; 2]> = LazyLock::new(|| {
    IDS.map(|ids| {
        let placeholders: Vec<String> = (1..=ids).map(|number| format!("${number}")).collect();
        format!(
            "
    SELECT id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint
    FROM vault
    WHERE id IN ({})",
            placeholders.join(", ")
        )
        .into()
    })
});
