//! The port for whoever runs the server: `/metrics`, `/livez` and `/readyz`. It is open from before the log is read
//! until after the last call is finished.

use std::sync::{Arc, OnceLock};

use assent_witness::serve_http;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper_util::service::TowerToHyperService;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use super::page::Page;
use super::{Figures, Observed, Readiness};

const PAGE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-store");

/// What the port shows. Clones share it.
#[derive(Clone)]
pub(crate) struct Operations {
    figures: Arc<Figures>,
    started_at: f64,
    running: Arc<OnceLock<Running>>,
}

/// A ledger that is open.
struct Running {
    observed: Observed,
    readiness: Readiness,
}

impl Operations {
    /// Of a server that starts; `started_at` is in seconds since 1970.
    pub(crate) fn new(figures: Arc<Figures>, started_at: f64) -> Self {
        Self { figures, started_at, running: Arc::default() }
    }

    /// The ledger is open.
    pub(crate) fn opened(&self, observed: Observed, readiness: Readiness) {
        // A server opens one ledger, once.
        let _ = self.running.set(Running { observed, readiness });
    }

    fn why_not_ready(&self) -> Option<String> {
        match self.running.get() {
            Some(running) => running.readiness.why_not(),
            None => Some("STARTING: the log is being read".to_owned()),
        }
    }

    fn page(&self) -> Result<String, std::fmt::Error> {
        let page = Page {
            figures: Arc::clone(&self.figures),
            started_at: self.started_at,
            is_ready: self.why_not_ready().is_none(),
            observed: self.running.get().map(|it| it.observed.clone()),
        };
        let mut registry = Registry::default();
        registry.register_collector(Box::new(page));
        let mut text = String::new();
        text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// Serves until told to stop.
pub(crate) async fn serve(listener: TcpListener, operations: Operations, stopped: impl Future<Output = ()>) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(operations);
    serve_http(listener, TowerToHyperService::new(router), stopped).await;
}

async fn metrics(State(operations): State<Operations>) -> Response {
    match operations.page() {
        Ok(page) => ([(header::CONTENT_TYPE, PAGE), (header::CACHE_CONTROL, NOT_KEPT)], page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The process answers, whatever it can say: there is no reason to start it anew.
async fn livez() -> Response {
    told(StatusCode::OK, "live\n".to_owned())
}

async fn readyz(State(operations): State<Operations>) -> Response {
    match operations.why_not_ready() {
        None => told(StatusCode::OK, "ready\n".to_owned()),
        Some(why) => told(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}

fn told(status: StatusCode, text: String) -> Response {
    (status, [(header::CACHE_CONTROL, NOT_KEPT)], text).into_response()
}
