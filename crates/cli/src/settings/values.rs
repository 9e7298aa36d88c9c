//! What some settings are.

use std::fmt;

use assent_evidence::VerifierKey;
use serde::Deserialize;

use super::redacted::without_password;

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        pub(crate) enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// What is written for each.
            pub(super) const NAMES: &[&str] = &[$($text),*];
        }
    )*};
}

choices! {
    /// What a ledger is for.
    EnvironmentName {
        /// Real orders.
        Production = "production",
        /// Trying out.
        Sandbox = "sandbox",
    }
    /// Where a write must be durable before it is acknowledged.
    Durability {
        /// On the database's own disk.
        Local = "local",
        /// On a standby's as well: PostgreSQL with synchronous replication.
        Replicated = "replicated",
    }
    /// How log lines are written.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

/// The URL of a database, which may hold a password.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct DatabaseUrl(pub(crate) String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&without_password(&self.0))
    }
}

/// The public key of a log or a witness.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct PublicKey(pub(crate) VerifierKey);

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error| format!("`{text}` is no public key: {error}"))
    }
}
