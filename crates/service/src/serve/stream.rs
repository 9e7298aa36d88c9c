//! A connection's stream, encrypted or not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use assent_identity::Authority;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::network::Network;
use super::peer::Peer;
use super::taking::Taking;

/// What is spoken on.
pub(crate) enum Stream {
    Plain(Taking<TcpStream>),
    Encrypted(Box<TlsStream<Taking<TcpStream>>>),
}

impl Stream {
    pub(crate) const fn plain(stream: TcpStream) -> Self {
        Self::Plain(Taking::new(stream))
    }
}

/// Shakes hands, and looks who is there. How long that may take is the caller's business.
pub(crate) async fn encrypted(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    authority: Option<&Authority>,
    from: Network,
) -> io::Result<(Stream, Peer)> {
    let stream = TlsAcceptor::from(config).accept(Taking::new(stream)).await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let certificate = shown.zip(authority).map(|(it, authority)| authority.peer(it));
    Ok((Stream::Encrypted(Box::new(stream)), Peer::new(from, certificate)))
}

/// Calls a method of the stream, whichever it is.
macro_rules! either {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        match &mut *$self {
            Stream::Plain(it) => Pin::new(it).$method($($argument),*),
            Stream::Encrypted(it) => Pin::new(it.as_mut()).$method($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self.poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self.poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(it) => it.is_write_vectored(),
            Self::Encrypted(it) => it.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self.poll_shutdown(cx))
    }
}
