//! What can go wrong with read models. None of it concerns the log.

use std::path::PathBuf;

/// Why read models could not be read or written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the sentences name")]
pub enum ViewsError {
    /// There are none yet, and a reader makes none.
    #[error("there are no read models yet: start the server once")]
    Missing,
    /// They were to be written by a process that does not maintain them.
    #[error("this process does not maintain the read models")]
    NoLease,
    /// Another process makes new ones to take their place.
    #[error("another rebuild of the read models is under way")]
    Rebuilding,
    /// The database took too long.
    #[error("writing the read models took too long")]
    TimedOut,
    /// The events that the rows are made of could not be read.
    #[error("could not read the events behind the read models")]
    Log(#[from] crate::DecodeError),
    /// They are far behind, and could not be brought to the log's end.
    #[error("could not make up for what the read models lack")]
    MakeUp(#[source] Box<crate::StartError>),
    /// The file could not be opened.
    #[error("could not open the read models in {path}")]
    Open {
        path: PathBuf,
        #[source]
        source: sqlx::Error,
    },
    /// The file could not be removed.
    #[error("could not remove the read models in {path}")]
    Remove {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The tables could not be made.
    #[error("could not bring the read models' tables up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Rows could not be read.
    #[error("could not read {what}")]
    Read {
        what: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// Rows could not be written.
    #[error("could not write {what}")]
    Write {
        what: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// Somebody else wrote these rows meanwhile.
    #[error("the read models are no longer at position {expected}: another process maintains them")]
    Fenced { expected: u64 },
}

impl From<crate::StartError> for ViewsError {
    fn from(error: crate::StartError) -> Self {
        match error {
            crate::StartError::Views(error) => error,
            error => Self::MakeUp(Box::new(error)),
        }
    }
}
