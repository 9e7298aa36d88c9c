//! A witness on the network: one call, over HTTP/1.1.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tracing::{error, info, warn};

use crate::http::{READ_TIMEOUT, serve_connections};
use crate::request::MAX_REQUEST_BYTES;
use crate::witness::{Cosigned, Refusal, Witness};
use crate::{ADD_CHECKPOINT, SIZE_TYPE};

/// How old a connection may be whose next request is awaited; the answer to one that comes later ends it. A witness asks nobody
/// for a credential, so that whoever keeps asking for nothing would otherwise keep its place for ever.
const CONNECTION_AGE_MAX: Duration = Duration::from_secs(60);

/// Serves a witness until `stop`. `now` is the second since 1970.
pub async fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    now: fn() -> u64,
    stop: impl Future<Output = ()>,
) {
    serve_to_age(CONNECTION_AGE_MAX, listener, witness, now, stop).await;
}

async fn serve_to_age(
    age_max: Duration,
    listener: TcpListener,
    witness: Arc<Witness>,
    now: fn() -> u64,
    stop: impl Future<Output = ()>,
) {
    let connect = move |stream: TcpStream| {
        let (witness, ends) = (Arc::clone(&witness), Instant::now() + age_max);
        let answer = service_fn(move |request| {
            let answer = answer(Arc::clone(&witness), now, request);
            async move {
                let mut answer = answer.await?;
                if Instant::now() >= ends {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer)
            }
        });
        async move { Ok((stream, answer)) }
    };
    serve_connections(listener, connect, stop).await;
}

async fn answer(
    witness: Arc<Witness>,
    now: fn() -> u64,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() != ADD_CHECKPOINT {
        return Ok(text(StatusCode::NOT_FOUND, "there is nothing here but /add-checkpoint\n"));
    }
    if request.method() != Method::POST {
        return Ok(text(StatusCode::METHOD_NOT_ALLOWED, "checkpoints are added by POST\n"));
    }
    let body =
        match timeout(READ_TIMEOUT, Limited::new(request.into_body(), MAX_REQUEST_BYTES).collect()).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(_)) => return Ok(text(StatusCode::BAD_REQUEST, "the body is too long or not complete\n")),
            Err(_) => return Ok(text(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time\n")),
        };
    // Apart from this task, because a caller who goes away drops it: what is being written is then still finished.
    let added = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body, now())).await;
    Ok(match added {
        Ok(Ok(Cosigned { origin, size, lines })) => {
            info!(%origin, size, "cosigned a checkpoint");
            text(StatusCode::OK, &lines)
        }
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => refused(&Refusal::Storage(io::Error::other(error))),
    })
}

fn refused(refusal: &Refusal) -> Response<Full<Bytes>> {
    let status = match refusal {
        Refusal::Malformed(_) | Refusal::OldSize => StatusCode::BAD_REQUEST,
        Refusal::UnknownLog => StatusCode::NOT_FOUND,
        Refusal::Unsigned(_) => StatusCode::FORBIDDEN,
        Refusal::Conflict { size } => {
            let mut conflict = text(StatusCode::CONFLICT, &format!("{size}\n"));
            conflict.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(SIZE_TYPE));
            return conflict;
        }
        Refusal::Fork { origin, size } => {
            error!(%origin, size, "a log has signed two trees of one size");
            StatusCode::CONFLICT
        }
        Refusal::Proof { origin, size, source } => {
            warn!(%origin, size, %source, "a log did not prove that it only grew");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Refusal::Storage(source) => {
            error!(%source, "{refusal}");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    text(status, &format!("{refusal}\n"))
}

fn text(status: StatusCode, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

#[cfg(test)]
mod tests {
    use assent_evidence::{KeyName, KeyPurpose, SigningKey};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use zeroize::Zeroizing;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(60);
    const NEVER: Duration = Duration::from_secs(3_600);

    /// The head of the answer on a connection that has reached this age.
    async fn head(age_max: Duration) -> String {
        let folder = tempfile::tempdir().unwrap();
        let name = KeyName::parse("witness.example/w1").unwrap();
        let key = SigningKey::generate(name, KeyPurpose::Witness, Zeroizing::new([7; 32]));
        let witness = Arc::new(Witness::open(key, vec![], &folder.path().join("state")).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut connection = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(serve_to_age(age_max, listener, witness, || 0, std::future::pending()));
        connection.write_all(b"GET / HTTP/1.1\r\nHost: witness\r\n\r\n").await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(DEADLINE, connection.read_u8()).await.unwrap().unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    #[tokio::test]
    async fn a_connection_that_has_grown_old_ends_with_its_next_answer_and_no_other_does() {
        let (old, new) = (head(Duration::ZERO).await, head(NEVER).await);
        assert!(old.contains(" 404 ") && old.contains("connection: close"), "{old}");
        assert!(new.contains(" 404 ") && !new.contains("connection: close"), "{new}");
    }
}
