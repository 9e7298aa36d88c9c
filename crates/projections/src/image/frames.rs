//! Bytes of a file in frames, each behind its checksum: nothing is read of one that is not as it was written.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};

use twox_hash::XxHash3_64;

/// How many bytes are checked and read at once: they stay in the processor's cache meanwhile.
const FRAME_BYTES: usize = 256 << 10;
const CHECKSUM_BYTES: usize = size_of::<u64>();
/// How much is written at most before it is synced: a commit of the log does not wait behind all of the image.
const SYNC_BYTES: u64 = 32 << 20;

/// A checksum of what stands at the place of this number.
pub(super) fn checksum(number: u64, bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    XxHash3_64::oneshot_with_seed(number, bytes).to_le_bytes()
}

/// How many bytes of a file so many bytes take.
pub(super) const fn framed(bytes: u64) -> Option<u64> {
    let frames = bytes.div_ceil(FRAME_BYTES as u64);
    bytes.checked_add(frames * CHECKSUM_BYTES as u64)
}

/// Writes frames.
#[derive(Debug)]
pub(super) struct FrameWriter {
    file: File,
    /// What stands in all of these frames' checksums: no frame is taken for one of another image.
    seed: u64,
    frames: u64,
    /// Room for the checksum, and what of the frame there is.
    frame: Vec<u8>,
    written: u64,
}

impl FrameWriter {
    pub(super) fn new(file: File, seed: u64) -> Self {
        let mut frame = Vec::with_capacity(CHECKSUM_BYTES + FRAME_BYTES);
        frame.resize(CHECKSUM_BYTES, 0);
        Self { file, seed, frames: 0, frame, written: 0 }
    }

    /// Writes what is left; gives the file, and how many bytes are in its frames.
    pub(super) fn finish(mut self) -> io::Result<(File, u64)> {
        if self.frame.len() > CHECKSUM_BYTES {
            self.write_frame()?;
        }
        Ok((self.file, self.written))
    }

    fn write_frame(&mut self) -> io::Result<()> {
        let sum = checksum(self.seed.wrapping_add(self.frames), &self.frame[CHECKSUM_BYTES..]);
        self.frame[..CHECKSUM_BYTES].copy_from_slice(&sum);
        self.file.write_all(&self.frame)?;
        let before = self.written / SYNC_BYTES;
        self.written += (self.frame.len() - CHECKSUM_BYTES) as u64;
        self.frame.truncate(CHECKSUM_BYTES);
        self.frames += 1;
        if self.written / SYNC_BYTES > before { self.file.sync_data() } else { Ok(()) }
    }
}

impl Write for FrameWriter {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.frame.len() == CHECKSUM_BYTES + FRAME_BYTES {
            self.write_frame()?;
        }
        let count = bytes.len().min(CHECKSUM_BYTES + FRAME_BYTES - self.frame.len());
        self.frame.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads frames.
#[derive(Debug)]
pub(super) struct FrameReader {
    file: File,
    seed: u64,
    frames: u64,
    frame: Vec<u8>,
    at: usize,
    /// How many bytes are in the frames that are still to be read.
    left: u64,
}

impl FrameReader {
    /// The frames from where the file is, with so many bytes in them.
    pub(super) fn new(file: File, seed: u64, bytes: u64) -> Self {
        Self { file, seed, frames: 0, frame: Vec::new(), at: 0, left: bytes }
    }

    /// Whether everything was read.
    pub(super) const fn is_at_end(&self) -> bool {
        self.left == 0 && self.at == self.frame.len()
    }

    #[cold]
    fn next_frame(&mut self) -> io::Result<()> {
        let bytes = self.left.min(FRAME_BYTES as u64) as usize;
        self.left -= bytes as u64;
        self.frame.resize(CHECKSUM_BYTES + bytes, 0);
        self.file.read_exact(&mut self.frame)?;
        let (sum, content) = self.frame.split_at(CHECKSUM_BYTES);
        if sum != checksum(self.seed.wrapping_add(self.frames), content) {
            return Err(io::Error::new(ErrorKind::InvalidData, "a checksum does not hold"));
        }
        self.frames += 1;
        self.at = CHECKSUM_BYTES;
        Ok(())
    }
}

impl Read for FrameReader {
    #[inline]
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.at == self.frame.len() && self.left > 0 {
            self.next_frame()?;
        }
        let count = bytes.len().min(self.frame.len() - self.at);
        bytes[..count].copy_from_slice(&self.frame[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
