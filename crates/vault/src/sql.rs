//! Every statement of the vault. Rows are inserted by the log, in the append's own transaction.

use std::sync::{Arc, LazyLock};

/// How many rows one statement looks up.
pub(crate) const IDS_MAX: usize = 32;

pub(crate) const KEY: &str = "
    SELECT master_key_id, check_value, wrapped
    FROM vault_keys
    WHERE name = $1";

/// Another process may have been first: then its key is the one.
pub(crate) const INSERT_KEY: &str = "
    INSERT INTO vault_keys (name, master_key_id, check_value, wrapped)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING";

/// A list shorter than [`IDS_MAX`] is filled up with an id that it holds already.
pub(crate) static ROWS: LazyLock<Arc<str>> = LazyLock::new(|| {
    let placeholders: Vec<String> = (1..=IDS_MAX).map(|number| format!("${number}")).collect();
    format!(
        "
    SELECT id, master_key_id, wrapped_key, email_index, contact_fingerprint, request_fingerprint
    FROM vault
    WHERE id IN ({})",
        placeholders.join(", ")
    )
    .into()
});
