//! A file of the bag that grows line by line, handed on in pieces.

use crate::payload::WriteError;
use crate::sink::Sink;

/// How much of a file is kept before it is handed on.
const PIECE_BYTES: usize = 64 * 1024;

/// A file that is being written. What is in `buffer` is not handed on yet.
pub(crate) struct Stream {
    path: String,
    pub(crate) buffer: Vec<u8>,
}

impl Stream {
    /// The file at this path below `data/`.
    pub(crate) fn new(path: impl std::fmt::Display) -> Self {
        Self { path: format!("data/{path}"), buffer: Vec::new() }
    }

    /// Hands on what is there, where it is worth it.
    pub(crate) fn spill(&mut self, sink: &mut impl Sink) -> Result<(), WriteError> {
        if self.buffer.len() < PIECE_BYTES {
            return Ok(());
        }
        sink.write(&self.path, &self.buffer).map_err(|it| WriteError::sink(&self.path, it))?;
        self.buffer.clear();
        Ok(())
    }

    /// Hands on the rest. A file without content is made, too.
    pub(crate) fn close(self, sink: &mut impl Sink) -> Result<(), WriteError> {
        let Self { path, buffer } = self;
        let written = sink.write(&path, &buffer).and_then(|()| sink.close(&path));
        written.map_err(|it| WriteError::sink(&path, it))
    }
}

/// Writes a whole file at once.
pub(crate) fn whole(
    sink: &mut impl Sink,
    path: impl std::fmt::Display,
    bytes: &[u8],
) -> Result<(), WriteError> {
    let mut stream = Stream::new(path);
    stream.buffer.extend_from_slice(bytes);
    stream.close(sink)
}
