//! Where an issuer's keys come from: a file, or an address.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::address::Address;

/// The longest set of keys that is read.
pub(crate) const KEY_SET_BYTES_MAX: usize = 512 << 10;

/// Where an issuer's keys come from.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Address(Box<Address>),
}

impl Source {
    /// The set of keys as it stands there now.
    pub(crate) async fn read(&self) -> Result<Vec<u8>, SourceError> {
        match self {
            Self::File(path) => read(path).await,
            Self::Address(address) => address.read().await,
        }
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let length = tokio::fs::metadata(path).await.map_err(SourceError::File)?.len();
    if length > KEY_SET_BYTES_MAX as u64 {
        return Err(SourceError::TooLong);
    }
    tokio::fs::read(path).await.map_err(SourceError::File)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum SourceError {
    #[error("the file could not be read")]
    File(#[source] std::io::Error),
    #[error("it is longer than 512 KiB, or broke off")]
    TooLong,
    #[error("the address could not be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    #[error("the address did not answer in time")]
    Timeout,
    #[error("the address answered {0}")]
    Status(http::StatusCode),
}
