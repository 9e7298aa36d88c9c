//! A connection's stream, encrypted or not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use assent_identity::Authority;
use assent_witness::{Enough, Taking};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::network::Network;
use super::peer::Peer;

/// How long a peer may take nothing at all of what is to be written. Without it a client that was let in once, and never reads,
/// would keep its connection for ever: whoever speaks HTTP/2 reads nothing more while its answers to pings do not get out, not
/// even that there are none to its own.
const TAKES_NOTHING_MAX: Duration = Duration::from_secs(60);

const fn taking(stream: TcpStream) -> Taking<TcpStream> {
    Taking::new(stream, Enough::Something, TAKES_NOTHING_MAX)
}

/// What is spoken on.
pub(crate) enum Stream {
    Plain(Taking<TcpStream>),
    Encrypted(Box<TlsStream<Taking<TcpStream>>>),
}

impl Stream {
    pub(crate) const fn plain(stream: TcpStream) -> Self {
        Self::Plain(taking(stream))
    }
}

/// Shakes hands, and looks who is there. How long that may take is the caller's business.
pub(crate) async fn encrypted(
    config: Arc<ServerConfig>,
    stream: TcpStream,
    authority: Option<&Authority>,
    from: Network,
) -> io::Result<(Stream, Peer)> {
    let stream = TlsAcceptor::from(config).accept(taking(stream)).await?;
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
