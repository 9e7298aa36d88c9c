//! A witness on the network: one call, over HTTP/1.1.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::http::{READ_TIMEOUT, serve_http};
use crate::request::MAX_REQUEST_BYTES;
use crate::witness::{Cosigned, Refusal, Witness};
use crate::{ADD_CHECKPOINT, SIZE_TYPE};

/// Serves a witness until `stop`. `now` is the second since 1970.
pub async fn serve(
    listener: TcpListener,
    witness: Arc<Witness>,
    now: fn() -> u64,
    stop: impl Future<Output = ()>,
) {
    let answer = service_fn(move |request| answer(Arc::clone(&witness), now, request));
    serve_http(listener, answer, stop).await;
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
            conflict.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(SIZE_TYPE));
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
    let plain = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
