//! Serving HTTP/1.1 to strangers: few connections at a time, none that idles, and none left when it ends.

use std::error::Error;
use std::io;
use std::sync::Arc;
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
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::warn;

/// How long a caller may take for a request's head, and to send the next one over the same connection.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what is under way may go on after `stop`.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// The connections that are served at a time; more wait.
const MAX_CONNECTIONS: usize = 256;
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
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = GracefulShutdown::new();
    // Dropped with this: what is still open then is cut off.
    let mut tasks = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        while tasks.try_join_next().is_some() {}
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (connecting, watcher) = (connect(stream), connections.watcher());
        tasks.spawn(async move {
            // Who goes away or sends no HTTP gets no answer, and nobody has to act on it.
            if let Ok(Ok((stream, service))) = timeout(READ_TIMEOUT, connecting).await {
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(READ_TIMEOUT)
                    .serve_connection(TokioIo::new(stream), service);
                let _ = watcher.watch(connection).await;
            }
            drop(place);
        });
    }
    // What is not done by then has answered nobody, and its caller asks again.
    let _ = timeout(DRAIN_TIMEOUT, connections.shutdown()).await;
}
