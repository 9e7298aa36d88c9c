//! Serving HTTP/1.1 to strangers: few connections at a time, none that idles or does not take its answers, and none left when
//! it ends.

use std::error::Error;
use std::io;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tracing::warn;

use crate::places::Places;
use crate::taking::{Enough, Taking};

/// How long a caller may take for a request's head, and to send the next one over the same connection.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what is under way may go on after `stop`.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller may take to take an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The connections that are served at a time; more are hung up on: to wait would be the flood's aim.
const MAX_CONNECTIONS: usize = 256;
/// How many of them may come from one address.
const MAX_OF_ADDRESS: usize = 64;
/// How often refused connections are spoken of.
const SPOKEN_EVERY: Duration = Duration::from_secs(10);
/// How long to wait where the system has no more connections to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`. What is under way then has a few seconds; afterwards no connection and no clone of the service
/// is left.
pub async fn serve_http<S, B>(listener: TcpListener, service: S, stop: impl Future<Output = ()>)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let connect = move |stream: TcpStream| {
        let service = service.clone();
        async move { Ok((stream, service)) }
    };
    serve_connections(listener, connect, stop).await;
}

/// The same, where `connect` makes of each connection what is spoken on, and the service that answers there. It may take
/// as long as a request's head.
pub async fn serve_connections<C, F, T, S, B>(
    listener: TcpListener,
    connect: C,
    stop: impl Future<Output = ()>,
) where
    C: Fn(TcpStream) -> F,
    F: Future<Output = io::Result<(T, S)>> + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    serve_within(Limits::DEFAULT, listener, connect, stop).await;
}

/// What a caller may take of a server.
#[derive(Clone, Copy)]
struct Limits {
    connections: usize,
    of_address: usize,
    read: Duration,
    write: Duration,
}

impl Limits {
    const DEFAULT: Self = Self {
        connections: MAX_CONNECTIONS,
        of_address: MAX_OF_ADDRESS,
        read: READ_TIMEOUT,
        write: WRITE_TIMEOUT,
    };
}

async fn serve_within<C, F, T, S, B>(
    limits: Limits,
    listener: TcpListener,
    connect: C,
    stop: impl Future<Output = ()>,
) where
    C: Fn(TcpStream) -> F,
    F: Future<Output = io::Result<(T, S)>> + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let places = Places::new(limits.connections, limits.of_address);
    let mut spoken: Option<Instant> = None;
    let connections = GracefulShutdown::new();
    // Dropped with this: what is still open then is cut off.
    let mut tasks = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        while tasks.try_join_next().is_some() {}
        let (stream, from) = match accepted {
            Ok((stream, from)) => (stream, from.ip()),
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = places.take(from) else {
            if spoken.is_none_or(|it| it.elapsed() >= SPOKEN_EVERY) {
                warn!(%from, "connections were refused: there are too many, of one address or in all");
                spoken = Some(Instant::now());
            }
            continue;
        };
        let (connecting, watcher) = (connect(stream), connections.watcher());
        tasks.spawn(async move {
            // Who goes away or sends no HTTP gets no answer, and nobody has to act on it.
            if let Ok(Ok((stream, service))) = timeout(limits.read, connecting).await {
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(limits.read)
                    .serve_connection(
                        TokioIo::new(Taking::new(stream, Enough::Everything, limits.write)),
                        service,
                    );
                let _ = watcher.watch(connection).await;
            }
            drop(place);
        });
    }
    // What is not done by then has answered nobody, and its caller asks again.
    let _ = timeout(DRAIN_TIMEOUT, connections.shutdown()).await;
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::SocketAddr;

    use bytes::Bytes;
    use http_body_util::Full;
    use hyper::service::service_fn;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// More than the system keeps of what nobody reads.
    const ANSWER_BYTES: usize = 64 << 20;
    const DEADLINE: Duration = Duration::from_secs(60);
    const NEVER: Duration = Duration::from_secs(3_600);

    /// A server with these limits, which answers at length.
    async fn served(limits: Limits) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Bytes::from(vec![b'x'; ANSWER_BYTES]);
        let connect = move |stream: TcpStream| {
            let answer = answer.clone();
            let answered = move |_| {
                let answer = answer.clone();
                async move { Ok::<_, Infallible>(Response::new(Full::new(answer))) }
            };
            async move { Ok((stream, service_fn(answered))) }
        };
        tokio::spawn(serve_within(limits, listener, connect, std::future::pending()));
        address
    }

    async fn asking(address: SocketAddr) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: log\r\n\r\n").await.unwrap();
        stream
    }

    /// Resolves when the server has ended the connection, of which nothing is read.
    async fn is_ended(stream: &mut TcpStream) {
        let ended = async { while stream.write_all(b"\r\n").await.is_ok() {} };
        timeout(DEADLINE, ended).await.expect("it ends");
    }

    #[tokio::test]
    async fn a_caller_who_does_not_take_its_answer_loses_its_place() {
        let limits =
            Limits { connections: 1, read: NEVER, write: Duration::from_millis(100), ..Limits::DEFAULT };
        let address = served(limits).await;
        let mut unread = asking(address).await;
        is_ended(&mut unread).await;
        let mut next = asking(address).await;
        assert_eq!(timeout(DEADLINE, next.read(&mut [0; 8])).await.unwrap().unwrap(), 8);
    }

    #[tokio::test]
    async fn a_caller_who_takes_its_answer_slowly_but_takes_it_is_served() {
        let limits = Limits { read: NEVER, ..Limits::DEFAULT };
        let mut reading = asking(served(limits).await).await;
        let mut taken = 0;
        while taken < ANSWER_BYTES {
            tokio::task::yield_now().await;
            let read = timeout(DEADLINE, reading.read(&mut [0; 64 << 10])).await.unwrap().unwrap();
            assert!(read > 0, "it ended after {taken} bytes");
            taken += read;
        }
    }

    #[tokio::test]
    async fn a_caller_who_says_nothing_loses_its_place() {
        let limits = Limits { connections: 1, read: Duration::from_millis(100), ..Limits::DEFAULT };
        let address = served(limits).await;
        for said in ["", "GET / HTTP/1.1\r\nHost: l"] {
            let mut silent = TcpStream::connect(address).await.unwrap();
            silent.write_all(said.as_bytes()).await.unwrap();
            let ended = async { while silent.read(&mut [0; 64]).await.is_ok_and(|it| it > 0) {} };
            timeout(DEADLINE, ended).await.expect("it ends");
        }
    }

    #[tokio::test]
    async fn an_address_that_has_all_its_places_is_hung_up_on() {
        let limits = Limits { of_address: 2, read: NEVER, write: NEVER, ..Limits::DEFAULT };
        let address = served(limits).await;
        let mut held = [asking(address).await, asking(address).await];
        for stream in &mut held {
            assert!(timeout(DEADLINE, stream.read(&mut [0; 8])).await.unwrap().is_ok_and(|it| it > 0));
        }
        let mut one_more = TcpStream::connect(address).await.unwrap();
        assert!(timeout(DEADLINE, one_more.read(&mut [0; 8])).await.unwrap().is_ok_and(|it| it == 0));
    }
}
