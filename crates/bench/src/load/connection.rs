//! An HTTP/2 connection (RFC 9113) of a client that only ever sends the same headers, and does not read those of
//! answers: a gRPC call that fails has no message, which is how it is told.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use crate::Outcome;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEADER_BYTES: usize = 9;
/// The largest frame that every server takes (RFC 9113, section 4.2).
const FRAME_BYTES_MAX: usize = 16 << 10;
const READ_BYTES: usize = 256 << 10;
/// How much of an answer may be under way before it is taken note of: more than there ever is.
const WINDOW_BYTES: u32 = 1 << 30;
/// After so many bytes the server is told that there is room for as many more.
const GIVE_BACK_BYTES: u32 = 1 << 20;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const INITIAL_WINDOW_SIZE: u16 = 4;

/// The headers of every request but the first, as the server's table has them since (RFC 7541): the method and the scheme
/// are of the table that every connection has, and four or five more were added to it.
const SAME_HEADERS: [u8; 7] = [0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe];
/// The same where no token is shown.
const SAME_WITHOUT_TOKEN: [u8; 6] = [0x83, 0x86, 0xc1, 0xc0, 0xbf, 0xbe];

/// A connection. What is sent is kept until [`Connection::receive`].
#[derive(Debug)]
pub(super) struct Connection {
    socket: TcpStream,
    input: Vec<u8>,
    filled: usize,
    output: Vec<u8>,
    headers: Vec<u8>,
    /// What takes their place once they were sent.
    same_headers: &'static [u8],
    last_stream: u32,
    not_given_back: u32,
}

/// A part of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    pub(super) stream: u32,
    pub(super) is_last: bool,
    pub(super) payload: &'a [u8],
}

impl Connection {
    pub(super) fn open(address: SocketAddr, path: &str, token: Option<&str>) -> Outcome<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let mut connection = Self {
            socket,
            input: vec![0; READ_BYTES],
            filled: 0,
            output: PREFACE.to_vec(),
            headers: first_headers(address, path, token),
            same_headers: if token.is_some() { &SAME_HEADERS } else { &SAME_WITHOUT_TOKEN },
            last_stream: 0,
            not_given_back: 0,
        };
        let mut settings = INITIAL_WINDOW_SIZE.to_be_bytes().to_vec();
        settings.extend(WINDOW_BYTES.to_be_bytes());
        connection.frame(SETTINGS, 0, 0, &settings);
        connection.frame(WINDOW_UPDATE, 0, 0, &WINDOW_BYTES.to_be_bytes());
        Ok(connection)
    }

    /// Begins a call, and gives its stream.
    pub(super) fn begin(&mut self) -> u32 {
        self.last_stream = if self.last_stream == 0 { 1 } else { self.last_stream + 2 };
        let headers = std::mem::replace(&mut self.headers, self.same_headers.to_vec());
        self.frame(HEADERS, END_HEADERS, self.last_stream, &headers);
        self.last_stream
    }

    /// Sends messages of a call. The server's window is not counted: what is unanswered at a time is far below it.
    pub(super) fn send(&mut self, stream: u32, messages: &[u8], is_last: bool) {
        let mut parts = messages.chunks(FRAME_BYTES_MAX).peekable();
        while let Some(part) = parts.next() {
            let ends = is_last && parts.peek().is_none();
            self.frame(DATA, if ends { END_STREAM } else { 0 }, stream, part);
        }
    }

    /// From now on [`Connection::receive`] waits for nothing.
    pub(super) fn wait_for_nothing(&mut self) -> Outcome<()> {
        self.write()?;
        Ok(self.socket.set_nonblocking(true)?)
    }

    /// Writes what was sent, waits for answers, and hands over each part of them that has arrived.
    pub(super) fn receive(&mut self, mut each: impl FnMut(Frame<'_>) -> Outcome<()>) -> Outcome<()> {
        self.write()?;
        let read = match self.socket.read(&mut self.input[self.filled..]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            read => read?,
        };
        if read == 0 {
            return Err("the server closed a connection".into());
        }
        self.filled += read;
        let mut at = 0;
        let input = std::mem::take(&mut self.input);
        while let Some((flags, frame)) = frame_at(&input[at..self.filled]) {
            at += FRAME_HEADER_BYTES + frame.payload.len();
            match frame.kind {
                DATA => {
                    self.give_back(frame);
                    each(frame)?;
                }
                HEADERS => each(frame)?,
                SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, &[]),
                PING if flags & ACK == 0 => self.frame(PING, ACK, 0, frame.payload),
                RST_STREAM | GOAWAY => return Err(format!("the server gave up: {frame:?}").into()),
                _ => {}
            }
        }
        self.input = input;
        self.input.copy_within(at..self.filled, 0);
        self.filled -= at;
        Ok(())
    }

    fn write(&mut self) -> Outcome<()> {
        let mut written = 0;
        while written < self.output.len() {
            match self.socket.write(&self.output[written..]) {
                // The server reads slower than is sent: what comes of it is in the time to the answers.
                Err(error) if error.kind() == ErrorKind::WouldBlock => std::hint::spin_loop(),
                wrote => written += wrote?,
            }
        }
        self.output.clear();
        Ok(())
    }

    fn give_back(&mut self, data: Frame<'_>) {
        self.not_given_back += data.payload.len() as u32;
        if self.not_given_back >= GIVE_BACK_BYTES {
            let room = std::mem::take(&mut self.not_given_back).to_be_bytes();
            self.frame(WINDOW_UPDATE, 0, 0, &room);
            // A stream of orders goes on for long; the stream of a single call does not get this far.
            if !data.is_last {
                self.frame(WINDOW_UPDATE, 0, data.stream, &room);
            }
        }
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.output.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
        self.output.extend_from_slice(&[kind, flags]);
        self.output.extend_from_slice(&stream.to_be_bytes());
        self.output.extend_from_slice(payload);
    }
}

/// To wait for.
impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The frame at the beginning, with its flags, where it has arrived whole.
fn frame_at(input: &[u8]) -> Option<(u8, Frame<'_>)> {
    let (header, rest) = input.split_first_chunk::<FRAME_HEADER_BYTES>()?;
    let [long, middle, short, kind, flags, id @ ..] = *header;
    let payload = rest.get(..u32::from_be_bytes([0, long, middle, short]) as usize)?;
    let is_last = matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0;
    Some((flags, Frame { kind, stream: u32::from_be_bytes(id), is_last, payload }))
}

/// The headers of the first request: the table of either side has them from then on.
fn first_headers(address: SocketAddr, path: &str, token: Option<&str>) -> Vec<u8> {
    let post_http = vec![0x83, 0x86];
    let path = [vec![0x44], text(path)].concat();
    let authority = [vec![0x41], text(&address.to_string())].concat();
    let te = [vec![0x40], text("te"), text("trailers")].concat();
    let content_type = [vec![0x5f], text("application/grpc")].concat();
    let token = token.map(|it| [vec![0x57], text(&format!("Bearer {it}"))].concat());
    [post_http, path, authority, te, content_type, token.unwrap_or_default()].concat()
}

/// A text as it stands, without Huffman's code, after its length (RFC 7541, sections 5.1 and 5.2).
fn text(text: &str) -> Vec<u8> {
    const PREFIX_MAX: usize = 0x7f;
    let mut length = vec![text.len().min(PREFIX_MAX) as u8];
    if let Some(mut rest) = text.len().checked_sub(PREFIX_MAX) {
        while rest > PREFIX_MAX {
            length.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        length.push(rest as u8);
    }
    [&length, text.as_bytes()].concat()
}
