//! The file of an image: written beside its place and then put there, so that what lies there is always whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use assent_index::Index;

use super::body;
use super::frames::{FrameReader, FrameWriter, framed};
use super::header::{HEADER_BYTES, Header, MAGIC};
use crate::state::LedgerState;

/// Writes an image and puts it in the place of the one before. `header` says whose it is.
pub(super) fn write(path: &Path, header: Header, index: &Index, catalogue_events: &[u64]) -> io::Result<()> {
    let new = new_file(path);
    is_ours(path)?;
    // One that a process left behind that ended while it wrote.
    remove(&new)?;
    let written = write_new(&new, header, index, catalogue_events).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // Its room on the disk may be what others lack.
        let _ = remove(&new);
    }
    written?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

fn write_new(new: &Path, mut header: Header, index: &Index, catalogue_events: &[u64]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(new)?;
    // Until the header is there, it is none.
    file.write_all(&[0; HEADER_BYTES])?;
    let mut frames = FrameWriter::new(file, header.seed());
    body::write(index, catalogue_events, &mut frames)?;
    let (mut file, bytes) = frames.finish()?;
    header.bytes = bytes;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header.encode())?;
    file.sync_all()
}

/// Opens an image and reads whose it is.
pub(super) fn open(path: &Path) -> io::Result<(File, Header)> {
    if !fs::metadata(path)?.is_file() {
        return Err(another());
    }
    let mut file = File::open(path)?;
    let mut bytes = [0; HEADER_BYTES];
    file.read_exact(&mut bytes)?;
    let torn = || io::Error::new(ErrorKind::InvalidData, "its header is not as it was written");
    let header = Header::decode(&bytes).ok_or_else(torn)?;
    let whole = framed(header.bytes).and_then(|it| it.checked_add(HEADER_BYTES as u64));
    if whole != Some(file.metadata()?.len()) {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "it is not as long as it was"));
    }
    Ok((file, header))
}

/// Reads what is behind the header.
pub(super) fn read(file: File, header: &Header) -> io::Result<(Index, LedgerState)> {
    let mut frames = FrameReader::new(file, header.seed(), header.bytes);
    let read = body::read(&mut frames, header.bytes)?;
    if frames.is_at_end() { Ok(read) } else { Err(body::malformed()) }
}

/// Removes an image that may be there, or what there is of one.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    is_ours(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether nothing is there but an image, or what there is of one: a path that was named by mistake, the ledger's own or that of a
/// key, must not be lost to it.
fn is_ours(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        kind => kind?.file_type(),
    };
    if kind.is_symlink() {
        // It is replaced or removed itself, and not what it leads to.
        return Ok(());
    }
    if !kind.is_file() {
        return Err(another());
    }
    let mut begins = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut begins)?;
    let is_begun = begins.iter().all(|it| *it == 0);
    if is_begun || begins == MAGIC { Ok(()) } else { Err(another()) }
}

fn another() -> io::Error {
    io::Error::new(ErrorKind::AlreadyExists, "what lies there is no index image")
}

fn new_file(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".new");
    name.into()
}
