//! The file of a private key: its text, in one line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use assent_evidence::{KeyError, SigningKey};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Only the owner reads and writes it.
const MODE: u32 = 0o600;

/// Reads a private key.
pub(crate) fn read(path: &Path) -> Result<SigningKey, Failure> {
    let bytes = fs::read(path).map(Zeroizing::new);
    let bytes = bytes.map_err(|source| Failure::File { doing: "read", path: path.to_owned(), source })?;
    let key = std::str::from_utf8(&bytes).map_err(|_| KeyError::Layout).and_then(SigningKey::parse);
    key.map_err(|error| Failure::Usage(format!("`{}` is no private key: {error}", path.display())))
}

/// Writes a private key into a new file. One that is there stays as it is: it may be the only copy of a key.
pub(crate) fn write(path: &Path, key: &SigningKey) -> Result<(), Failure> {
    let failed = |source| Failure::File { doing: "write", path: path.to_owned(), source };
    let file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
    let file = file.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::Usage(format!("`{}` exists already, and is left as it is", path.display()))
        }
        _ => failed(error),
    })?;
    fill(file, path, key).map_err(failed)
}

fn fill(mut file: File, path: &Path, key: &SigningKey) -> io::Result<()> {
    file.write_all(key.to_text().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
