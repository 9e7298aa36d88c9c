//! Starting, serving and stopping.

mod accept;
mod config;
mod connection;
mod files;
mod gathering;
mod handshake;
mod keeping;
mod master_key;
mod network;
mod open;
mod peer;
mod places;
mod protocol;
mod serving;
mod signing;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tonic::service::Routes;
use tracing::{info, warn};

pub(crate) use accept::MESSAGE_BYTES_MAX;
pub use config::{Config, ConnectionLimits, StartError, WitnessConfig};
pub(crate) use network::Network;
pub(crate) use peer::Peer;
pub(crate) use stream::{Stream, encrypted};

use crate::app::App;
use crate::clock::SystemClock;
use crate::evidence::serve_monitors;
use crate::handlers::Handlers;
use crate::identity::{Identity, hangups, keep as keep_identity};
use crate::permission::CallerLimits;
use crate::telemetry::{self, Figures, Readiness, watch_file};
use accept::{Workers, accept};
use open::{Opened, open};
use places::Places;

/// How long calls that are under way may take after the server was asked to stop.
const DRAIN_MAX: Duration = Duration::from_secs(20);

/// Threads of storage: a batch is decided on one while another hands the batch before it to the database.
const STORAGE_THREADS: usize = 2;

/// Serves until `shutdown` resolves, then finishes what is under way. `ready` is told the address once calls are
/// accepted.
///
/// One runtime of one thread for each worker: a connection stays with its worker, and nothing that workers share is
/// locked for longer than one decision. Storage has a runtime of its own.
pub fn serve(
    config: Config,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    serve_with(config, Routes::default(), ready, shutdown)
}

/// The same, with more services beside the ledger's own, on the same port and under the same limits: what a benchmark
/// measures the ledger's against.
pub fn serve_with(
    config: Config,
    extra: Routes,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    config.check()?;
    files::allow(config.connections.max);
    let storage = runtime::Builder::new_multi_thread()
        .worker_threads(STORAGE_THREADS)
        .thread_name("assent-storage")
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    storage.block_on(run(config, extra, ready, shutdown))
}

async fn run(
    config: Config,
    extra: Routes,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    // Before anything that takes its time: whoever changes a key while the server starts must not end it.
    let hangups = hangups().map_err(StartError::Runtime)?;
    let identity = Identity::open(config.identity.as_ref(), config.dev).await?;
    let (listener, address) = bind(config.listen).await?;
    let monitors = match config.tiles_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let figures = Arc::new(Figures::new(config.workers));
    let operations = Operations::start(&config, &figures).await?;
    let (stop, stopping) = watch::channel(false);
    let opened = open(&config, figures, stopping).await?;
    let Opened { app, observed, appending, maintaining, keeping, signing, stop_maintaining } = opened;
    let log = app.log.clone();
    let app = Arc::new(app);
    let (leave, leaving) = watch::channel(false);
    let readiness = Readiness { trust: app.trust.clone(), file: watch_file(&log, leaving.clone()), leaving };
    operations.shown.opened(observed, readiness.clone());
    let monitors = monitors.map(|(listener, address)| {
        info!(%address, "serving tiles to monitors");
        tokio::spawn(serve_monitors(listener, app.clone(), identity.clone(), app.stopping.clone()))
    });
    tokio::spawn(keep_identity(identity.clone(), hangups, app.stopping.clone()));
    let limits = Arc::new(CallerLimits::new(&config.limits));
    let workers = Workers::start(&config, &Handlers { app }, &identity, &limits, &readiness, &extra)?;
    let places = Places::new(config.connections);
    info!(%address, workers = config.workers, "serving");
    // Polled before anybody is told the address: whoever asks the server to stop from then on is heard.
    let mut shutdown = std::pin::pin!(shutdown);
    let asked_already = futures::poll!(shutdown.as_mut()).is_ready();
    ready(address);
    let left = async {
        if !asked_already {
            shutdown.await;
        }
        // Whoever sends calls here is told first, and has time to send them elsewhere.
        leave.send_replace(true);
        if !config.drain_delay.is_zero() {
            info!(seconds = config.drain_delay.as_secs(), "was asked to stop, and still accepts calls");
        }
        sleep(config.drain_delay).await;
    };
    accept(&listener, &places, &workers, left).await;
    drop(listener);
    info!("stopping: calls that are under way are finished");
    stop.send_replace(true);
    if tokio::task::spawn_blocking(move || workers.finish()).await.is_err() {
        warn!("a worker ended badly");
    }
    if let Some(mut monitors) = monitors
        && timeout(DRAIN_MAX, &mut monitors).await.is_err()
    {
        warn!("monitors were still being served when the time to finish was over");
        monitors.abort();
    }
    // Every handler is gone, and with them the last that could ask for a write.
    if appending.await.is_err() {
        warn!("the append task ended badly");
    }
    stop_maintaining.send_replace(true);
    if maintaining.await.is_err() {
        warn!("the read models' task ended badly");
    }
    if let Some(signing) = signing
        && signing.await.is_err()
    {
        warn!("the task that signs ended badly");
    }
    // Last of all: whoever has no time left loses an image, which the next start does without.
    match keeping.await {
        Ok(keeping) => keeping.end().await,
        Err(_) => warn!("the task that checks the index ended badly"),
    }
    log.close().await;
    operations.end().await;
    info!("stopped");
    Ok(())
}

/// The port for whoever runs the server.
struct Operations {
    shown: telemetry::Operations,
    /// Where it is configured; ends when it is told to.
    serving: Option<(JoinHandle<()>, watch::Sender<bool>)>,
}

impl Operations {
    /// Serves where that is configured, already while the ledger is being opened.
    async fn start(config: &Config, figures: &Arc<Figures>) -> Result<Self, StartError> {
        const MICROS_PER_SECOND: f64 = 1_000_000.0;
        let started_at = SystemClock.now().micros() as f64 / MICROS_PER_SECOND;
        let shown = telemetry::Operations::new(Arc::clone(figures), started_at);
        let Some(address) = config.metrics_listen else { return Ok(Self { shown, serving: None }) };
        let (listener, address) = bind(address).await?;
        info!(%address, "serving metrics and health over HTTP");
        let (stop, mut stopping) = watch::channel(false);
        let stopped = async move {
            // A closed channel means that the server is gone.
            let _ = stopping.wait_for(|it| *it).await;
        };
        let serving = tokio::spawn(telemetry::serve(listener, shown.clone(), stopped));
        Ok(Self { shown, serving: Some((serving, stop)) })
    }

    async fn end(self) {
        let Some((serving, stop)) = self.serving else { return };
        stop.send_replace(true);
        if serving.await.is_err() {
            warn!("the port for metrics ended badly");
        }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

impl App {
    /// The names of the services that health is told of.
    pub(crate) const SERVICES: [&'static str; 6] = [
        "assent.v1.AuthorizationService",
        "assent.v1.AcceptanceService",
        "assent.v1.CatalogService",
        "assent.v1.DirectoryService",
        "assent.v1.AuditService",
        "assent.v1.PrivacyService",
    ];
}
