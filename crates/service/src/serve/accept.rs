//! Connections: accepted by one task, served by workers of one thread each.

use std::io;
use std::net::{SocketAddr, TcpStream as StdStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use assent_proto::v1::acceptance_service_server::AcceptanceServiceServer;
use assent_proto::v1::audit_service_server::AuditServiceServer;
use assent_proto::v1::authorization_service_server::AuthorizationServiceServer;
use assent_proto::v1::catalog_service_server::CatalogServiceServer;
use assent_proto::v1::directory_service_server::DirectoryServiceServer;
use assent_proto::v1::privacy_service_server::PrivacyServiceServer;
use futures::FutureExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tonic::body::Body;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::Layer;
use tower::util::MapResponseLayer;
use tracing::{error, warn};

use super::config::{Config, StartError};
use super::places::{Place, Places};
use super::serving::Serving;
use crate::app::App;
use crate::append::tell_here;
use crate::error::transport_response;
use crate::evidence::Standing;
use crate::gate::{Gate, GateLayer, Keeper, Unfinished};
use crate::handlers::Handlers;
use crate::identity::{Identity as Identities, IdentityLayer};
use crate::permission::{CallerLimits, PermissionLayer};
use crate::telemetry::{Readiness, TelemetryLayer, Traces, serve_as};

/// Connections that wait for a worker.
const CONNECTIONS_WAITING_MAX: usize = 64;
/// The largest message that is read (contract: a field limit is an outcome, not a transport error).
pub(crate) const MESSAGE_BYTES_MAX: usize = 2 << 20;
/// How long a call may take to begin to answer, if its caller set no shorter deadline.
const CALL_MAX: Duration = Duration::from_secs(30);

/// What health calls the process itself, beside its services and `""` (whether it is ready).
const LIVE: &str = "live";
/// What is not served where the log is not the one that was signed.
const AUDIT: &str = "assent.v1.AuditService";

/// The threads that serve.
pub(super) struct Workers {
    connections: Vec<mpsc::Sender<(StdStream, Place)>>,
    threads: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

impl Workers {
    pub(super) fn start(
        config: &Config,
        handlers: &Handlers,
        identity: &Identities,
        limits: &Arc<CallerLimits>,
        readiness: &Readiness,
        extra: &Routes,
    ) -> Result<Self, StartError> {
        let (stop, stopping) = watch::channel(false);
        let unfinished = Arc::new(Unfinished::default());
        let mut workers = Self { connections: Vec::new(), threads: Vec::new(), stop };
        for number in 0..config.workers.max(1) {
            let (connections, incoming) = mpsc::channel(CONNECTIONS_WAITING_MAX);
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(StartError::Runtime)?;
            let figures = Arc::clone(&handlers.app.figures);
            let traces = Traces::new(config.trace_ratio);
            let telemetry = match config.counts_calls {
                true => TelemetryLayer::new(&figures, number, traces, CALL_MAX),
                false => TelemetryLayer::none(),
            };
            let keeper = Arc::new(Keeper::new(Arc::clone(&unfinished)));
            let doors = Doors {
                telemetry,
                identity: IdentityLayer::new(identity.door()),
                permission: PermissionLayer::new(Arc::clone(limits), Arc::clone(&keeper)),
            };
            let router = router(doors, handlers.clone(), keeper, readiness.clone(), extra.clone());
            let serving = Serving {
                identity: identity.clone(),
                figures,
                first_call_within: config.connections.first_call_within,
                stopping: stopping.clone(),
            };
            let thread = std::thread::Builder::new()
                .name(format!("assent-worker-{number}"))
                .spawn(move || {
                    serve_as(number);
                    runtime.block_on(async {
                        tell_here();
                        serving.work(router, incoming).await;
                    });
                })
                .map_err(StartError::Runtime)?;
            workers.connections.push(connections);
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Finishes what is under way, at most for [`DRAIN_MAX`]. Handlers are gone afterwards.
    pub(super) fn finish(self) {
        let Self { connections, threads, stop } = self;
        drop(connections);
        stop.send_replace(true);
        for thread in threads {
            if thread.join().is_err() {
                error!("a worker panicked");
            }
        }
    }
}

/// Accepts connections and hands them to the workers in turn, until told to stop.
pub(super) async fn accept(
    listener: &TcpListener,
    places: &Places,
    workers: &Workers,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut turn = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        hand_on(accepted, places, workers, &mut turn).await;
    }
    // Who had connected before the port is closed is told to go away, and not cut off.
    for _ in 0..CONNECTIONS_WAITING_MAX {
        let Some(accepted) = listener.accept().now_or_never() else { return };
        hand_on(accepted, places, workers, &mut turn).await;
    }
}

async fn hand_on(
    accepted: io::Result<(TcpStream, SocketAddr)>,
    places: &Places,
    workers: &Workers,
    turn: &mut usize,
) {
    let stream = accepted.and_then(|(stream, from)| {
        stream.set_nodelay(true)?;
        // Who gets no place is hung up on: a flood must not make others wait.
        Ok(places.take(from.ip()).zip(Some(stream.into_std()?)))
    });
    match stream {
        Ok(None) => {}
        Ok(Some((place, stream))) => {
            *turn = (*turn + 1) % workers.connections.len();
            if workers.connections[*turn].send((stream, place)).await.is_err() {
                error!("a worker is gone");
            }
        }
        // A connection that broke while it was made, or no more file descriptors: neither ends the server.
        Err(error) => {
            warn!(error = %error, "could not accept a connection");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

type FixResponse = fn(http::Response<Body>) -> http::Response<Body>;
type Gated = <GateLayer as Layer<Routes>>::Service;
type Permitted = <PermissionLayer as Layer<Gated>>::Service;
type Identified = <IdentityLayer as Layer<Permitted>>::Service;
type Fixed = <MapResponseLayer<FixResponse> as Layer<Identified>>::Service;
/// Everything that a worker serves, and what every call passes through before.
pub(super) type Layered = <TelemetryLayer as Layer<Fixed>>::Service;

/// What every call of a worker passes through, from the outside to the inside.
struct Doors {
    /// What is counted and named is what is answered.
    telemetry: TelemetryLayer,
    identity: IdentityLayer,
    permission: PermissionLayer,
}

async fn router(
    doors: Doors,
    handlers: Handlers,
    keeper: Arc<Keeper>,
    readiness: Readiness,
    extra: Routes,
) -> Layered {
    let (health, health_service) = tonic_health::server::health_reporter();
    let signing = handlers.app.evidence.standing();
    tokio::spawn(report_health(health, readiness.told(), signing));
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(assent_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // What errors are made of: a client that shows a batch has to know it.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .expect("the committed descriptors are valid: a test regenerates them");
    macro_rules! service {
        ($server:ident) => {
            $server::new(handlers.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
        };
    }
    let gate = Gate::new(Arc::clone(&handlers.app), service!(AuthorizationServiceServer), keeper);
    let routes = extra
        .add_service(service!(AcceptanceServiceServer))
        .add_service(service!(CatalogServiceServer))
        .add_service(service!(DirectoryServiceServer))
        .add_service(service!(AuditServiceServer))
        .add_service(service!(PrivacyServiceServer))
        .add_service(health_service)
        .add_service(reflection);
    let permitted = doors.permission.layer(GateLayer(gate).layer(routes.prepare()));
    let fixed =
        MapResponseLayer::new(transport_response as FixResponse).layer(doors.identity.layer(permitted));
    doors.telemetry.layer(fixed)
}

/// Tells health what answers can be had; ends with the runtime. A log that is not the one that was signed is no evidence
/// any more, and still decides orders.
async fn report_health(
    health: HealthReporter,
    mut ready: watch::Receiver<bool>,
    mut signing: Option<watch::Receiver<Standing>>,
) {
    // Also while the server is not ready: starting it anew would help nobody.
    health.set_service_status(LIVE, ServingStatus::Serving).await;
    loop {
        let is_ready = *ready.borrow_and_update();
        let forked = signing.as_mut().is_some_and(|it| it.borrow_and_update().forked.is_some());
        for name in App::SERVICES.into_iter().chain([""]) {
            let serves = is_ready && !(forked && name == AUDIT);
            let status = if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
            health.set_service_status(name, status).await;
        }
        let forks = async {
            match &mut signing {
                Some(signing) if !forked => signing.wait_for(|it| it.forked.is_some()).await.map(drop),
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = ready.changed() => if changed.is_err() { return },
            // The task that signs ends with the server.
            changed = forks => if changed.is_err() { return },
        }
    }
}
