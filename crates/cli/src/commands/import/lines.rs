//! Lines of a file, of which no more than one row's size is ever in memory.

use std::collections::VecDeque;
use std::io::{self, BufRead};

/// The largest row, in bytes: what the server decodes.
pub(super) const ROW_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its first [`ROW_BYTES_MAX`] bytes.
    pub(super) bytes: Vec<u8>,
    /// There was more, which is gone.
    pub(super) is_cut: bool,
}

/// The lines of a file.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    again: VecDeque<Line>,
    /// How many bytes were read.
    pub(super) bytes_read: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, again: VecDeque::new(), bytes_read: 0 }
    }

    /// The next line, ended by LF, CRLF or the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.again.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Line { bytes: Vec::new(), is_cut: false };
        let mut is_empty = true;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            is_empty = false;
            let end = buffer.iter().position(|it| *it == b'\n');
            line.extend(&buffer[..end.unwrap_or(buffer.len())]);
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(taken);
            self.bytes_read += taken as u64;
            if end.is_some() {
                break;
            }
        }
        if line.bytes.last() == Some(&b'\r') && !line.is_cut {
            line.bytes.pop();
        }
        Ok((!is_empty).then_some(line))
    }

    /// Lines to be read again, before all others.
    pub(super) fn push_back(&mut self, lines: impl DoubleEndedIterator<Item = Line>) {
        for line in lines.rev() {
            self.again.push_front(line);
        }
    }
}

impl Line {
    fn extend(&mut self, bytes: &[u8]) {
        let room = ROW_BYTES_MAX - self.bytes.len();
        self.is_cut |= bytes.len() > room;
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<(usize, bool)> {
        let mut lines = Lines::new(io::BufReader::with_capacity(7, text));
        std::iter::from_fn(|| lines.next().unwrap()).map(|it| (it.bytes.len(), it.is_cut)).collect()
    }

    #[test]
    fn lines_end_with_lf_or_crlf_or_the_file() {
        assert_eq!(
            lines(b"one\r\n\nthree, and more\nlast"),
            [(3, false), (0, false), (15, false), (4, false)]
        );
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn what_is_longer_than_a_row_may_be_is_cut_and_the_next_line_is_whole() {
        let mut text = vec![b'x'; ROW_BYTES_MAX + 1];
        text.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&text), [(ROW_BYTES_MAX, true), (4, false)]);
    }
}
