//! The log for monitors: C2SP `tlog-tiles` over HTTP, read-only. What is not signed yet is not shown.

use std::sync::Arc;

use assent_evidence::{BundleId, TILE_WIDTH, TileId, push_entry};
use assent_witness::serve_connections;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::app::App;
use crate::error::Error;
use crate::identity::{Door, Identity};
use crate::permission::permit_monitor;
use crate::serve::{Network, Peer, Stream, encrypted};

/// A tile of one size never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Serves until the server stops.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    identity: Identity,
    mut stopping: watch::Receiver<bool>,
) {
    let door = Arc::new(identity.door());
    let router = Router::new()
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .layer(from_fn_with_state(door, permitted))
        .with_state(app);
    let stopped = async move {
        // A closed channel means that the server is gone.
        let _ = stopping.wait_for(|it| *it).await;
    };
    let connect = move |stream: TcpStream| {
        let (identity, router) = (identity.clone(), router.clone());
        async move {
            let from = Network::of(stream.peer_addr()?.ip());
            let (stream, peer) = match &identity.tls {
                Some(tls) => encrypted(tls.monitors(), stream, identity.authority.as_deref(), from).await?,
                None => (Stream::plain(stream), Peer::new(from, None)),
            };
            Ok((stream, TowerToHyperService::new(router.layer(Extension(peer)))))
        }
    };
    serve_connections(listener, connect, stopped).await;
}

/// Lets those pass whom the table of permissions lets in. Where no credential holds the connection ends with its answer: whoever asks on, and
/// is refused, would keep a place from monitors at the same address.
async fn permitted(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let (shown, connection) = (request.headers(), request.extensions());
    let looked = match door.look(shown, connection) {
        Ok(Ok(caller)) => Ok(caller),
        Ok(Err(issuer)) => door.look_again(issuer, shown, connection).await,
        Err(error) => Err(error),
    };
    let refused = |error: &Error| (headers(TEXT, NOT_KEPT), format!("{}: {error}\n", error.reason().name()));
    let ((status, text), told) = match looked.map(permit_monitor) {
        Ok(Ok(())) => return next.run(request).await,
        Ok(Err(error)) => return (StatusCode::FORBIDDEN, refused(&error)).into_response(),
        Err(error @ Error::RateLimited { limit: _, retry_after }) => {
            let again = (header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs() + 1));
            ((StatusCode::TOO_MANY_REQUESTS, refused(&error)), again)
        }
        Err(error) => {
            let bearer = (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            ((StatusCode::UNAUTHORIZED, refused(&error)), bearer)
        }
    };
    (status, [told, (header::CONNECTION, CLOSE)], text).into_response()
}

async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Refused> {
    app.check_trusted()?;
    let note = app.evidence.newest().await?.note;
    Ok((headers(TEXT, NOT_KEPT), note).into_response())
}

async fn tile(State(app): State<Arc<App>>, Path(path): Path<String>) -> Result<Response, Refused> {
    app.check_trusted()?;
    let signed = app.evidence.newest().await?.size;
    let path = format!("tile/{path}");
    let bytes = if let Ok(bundle) = BundleId::parse_path(&path) {
        let there = BundleId::of(bundle.index, signed).is_some_and(|it| it.width >= bundle.width);
        if !there {
            return Err(Refused::NotThere);
        }
        entries(&app, bundle).await?
    } else {
        let tile = TileId::parse_path(&path).map_err(|_| Refused::NotThere)?;
        let whole = TileId::of(tile.level, tile.index, signed);
        let whole = whole.filter(|it| it.width >= tile.width).ok_or(Refused::NotThere)?;
        let row = app.evidence.tree.tile(whole).await?;
        // The tile may have grown since: its narrower forms are its beginning.
        row.bottom_row()[..usize::from(tile.width) * size_of::<assent_evidence::Hash>()].to_vec()
    };
    Ok((headers(BYTES, FOR_EVER), bytes).into_response())
}

async fn entries(app: &App, BundleId { index, width }: BundleId) -> Result<Vec<u8>, Refused> {
    let first = index * TILE_WIDTH + 1;
    let last = first + u64::from(width) - 1;
    let entries = app.log.read(first, last, usize::from(width)).await.map_err(Error::from)?;
    if entries.len() != usize::from(width) {
        return Err(Refused::NotThere);
    }
    let mut bundle = Vec::new();
    for entry in entries {
        entry.check().map_err(Error::from)?;
        push_entry(&mut bundle, &entry.entry).map_err(|it| Error::corrupt(None, it))?;
    }
    Ok(bundle)
}

const fn headers(kind: HeaderValue, kept: HeaderValue) -> [(HeaderName, HeaderValue); 2] {
    [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)]
}

/// Why nothing is shown.
enum Refused {
    NotThere,
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotThere | Self::Failed(Error::NotFound(_)) => {
                (StatusCode::NOT_FOUND, "there is no such tile, or it is not signed yet\n".to_owned())
            }
            Self::Failed(error) => {
                let text = format!("{}: {error}\n", error.reason().name());
                // Logged as any other failure is.
                let _ = tonic::Status::from(error);
                (StatusCode::SERVICE_UNAVAILABLE, text)
            }
        };
        (status, headers(TEXT, NOT_KEPT), text).into_response()
    }
}
