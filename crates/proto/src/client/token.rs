//! A bearer token in a file that somebody else renews.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::SystemTime;

use http::HeaderValue;

use super::connector::ConnectError;

/// More than any token that a server takes, in bytes.
const TOKEN_BYTES_MAX: u64 = 64 * 1024;

/// The token of a file, read again when the file's modification time changes.
pub(super) struct TokenFile {
    path: PathBuf,
    read: Mutex<Read>,
}

struct Read {
    modified_at: Option<SystemTime>,
    header: HeaderValue,
}

impl TokenFile {
    pub(super) fn open(path: PathBuf) -> Result<Self, ConnectError> {
        match read(&path) {
            Ok(read) => Ok(Self { path, read: Mutex::new(read) }),
            Err(source) => Err(ConnectError::Token { path, source }),
        }
    }

    /// The header `authorization`. A file that cannot be read at this moment, because it is being replaced, leaves the
    /// token that was read before: the server says when that has expired.
    pub(super) fn header(&self) -> HeaderValue {
        let mut known = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let modified_at = fs::metadata(&self.path).and_then(|it| it.modified()).ok();
        if modified_at.is_some()
            && modified_at != known.modified_at
            && let Ok(newer) = read(&self.path)
        {
            *known = newer;
        }
        known.header.clone()
    }
}

/// Nothing of the token: it is a secret.
impl std::fmt::Debug for TokenFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TokenFile").field("path", &self.path).finish_non_exhaustive()
    }
}

fn read(path: &PathBuf) -> io::Result<Read> {
    let metadata = fs::metadata(path)?;
    if metadata.len() > TOKEN_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too large for a token"));
    }
    let text = fs::read_to_string(path)?;
    let token = text.trim();
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, "the file does not hold one token");
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(invalid());
    }
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| invalid())?;
    header.set_sensitive(true);
    Ok(Read { modified_at: metadata.modified().ok(), header })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_was_replaced_is_the_next_calls() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let write = |token: &str, seconds| {
            let next = folder.path().join("next");
            fs::write(&next, token).unwrap();
            let file = fs::File::options().write(true).open(&next).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
            fs::rename(next, &path).unwrap();
        };
        write("first\n", 1);
        let token = TokenFile::open(path.clone()).unwrap();
        assert_eq!(token.header(), "Bearer first");
        write("second", 2);
        assert_eq!(token.header(), "Bearer second");
        write("", 3);
        assert_eq!(token.header(), "Bearer second");
        fs::remove_file(&path).unwrap();
        assert_eq!(token.header(), "Bearer second");
        assert!(!format!("{token:?} {:?}", token.header()).contains("second"), "a token is a secret");
    }

    #[test]
    fn a_file_without_one_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for text in ["", " \n", "two tokens", "a\u{7f}b", &"a".repeat(70_000)] {
            fs::write(&path, text).unwrap();
            assert!(TokenFile::open(path.clone()).is_err(), "{} bytes", text.len());
        }
    }
}
