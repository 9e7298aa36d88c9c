//! Opening a ledger: the log, the vault, the policy that it began with, the projections, the append task.

use std::path::PathBuf;
use std::sync::Arc;

use assent_domain::Facts;
use assent_domain::policy::PolicyDocument;
use assent_domain::values::{Environment, Instant, Position};
use assent_event_log::{Database, EventLog, LogOptions};
use assent_projections::{Began, Image, Index, Views, start_with};
use assent_proto::convert::Ids;
use assent_vault::Vault;
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::{info, warn};

use super::config::{Config, StartError};
use super::keeping::Keeping;
use super::master_key::master_keys;
use super::signing::{evidence, prepare};
use crate::app::App;
use crate::append::{AppendTask, BootstrapError, Ledger, bootstrap};
use crate::clock::SystemClock;
use crate::replay::Replays;
use crate::replica::{Pulse, Trust, listen};
use crate::telemetry::{Figures, Observed, Trail};
use crate::tombstones::{Tombstones, sweep};

/// A ledger that is ready to be served.
pub(super) struct Opened {
    pub(super) app: App,
    /// What its figures are read from.
    pub(super) observed: Observed,
    pub(super) appending: JoinHandle<()>,
    pub(super) maintaining: JoinHandle<()>,
    /// Compares the index with the log, and keeps its image; at its end, writes it.
    pub(super) keeping: JoinHandle<Keeping>,
    /// Where this process signs checkpoints.
    pub(super) signing: Option<JoinHandle<()>>,
    /// Ends what goes on without anybody asking.
    pub(super) stop_maintaining: watch::Sender<bool>,
}

pub(super) async fn open(
    config: &Config,
    figures: Arc<Figures>,
    stopping: watch::Receiver<bool>,
) -> Result<Opened, StartError> {
    let clock = SystemClock;
    // Read before anything is made: a broken file leaves no ledger behind.
    let policy = given_policy(config)?;
    let options = LogOptions { migrate: config.migrate, replicated: config.replicated };
    let log = EventLog::open_with(&config.database_url, options).await?;
    let tombstones = Tombstones::open(tombstones_file(config, &log).as_deref())?;
    let vault = Vault::open(log.database().clone(), master_keys(config, &log)?).await?;
    let signing = prepare(config, &log)?;
    begin(&log, &vault, config, policy.clone(), clock.now()).await?;
    let views = Views::open(&log).await?;
    let image = index_image(config, &log);
    let started = start_with(&log, views, image.as_ref(), |_, _| {}).await?;
    if started.began == Began::Image {
        info!(position = started.snapshot.0, "began with the index image");
    }
    let index = started.index.clone();
    check(&index.read(), config, policy)?;
    let ids = Ids { tag: index.read().ledger().tag };
    let read_models = started.maintainer.written();
    let views = started.maintainer.views().clone();
    sweep(&log, &vault, &views, &tombstones).await.map_err(StartError::Sweep)?;
    // Other processes write a server's database, so that this one can fall behind.
    let shared = matches!(log.database(), Database::Postgres(_));
    let trust = Trust::new(shared.then_some(config.staleness_max));
    let (stop_maintaining, stop) = watch::channel(false);
    let keeping = Keeping::new(log.clone(), &started, trust.clone(), image);
    let maintaining = tokio::spawn(started.maintainer.run(stop.clone()));
    let ledger = Ledger {
        log: log.clone(),
        vault: vault.clone(),
        index: index.clone(),
        views: views.clone(),
        trust: trust.clone(),
        tombstones,
        figures: figures.clone(),
    };
    let wake = Arc::new(Notify::new());
    let (task, appender) = AppendTask::new(ledger, read_models.clone(), clock, wake.clone());
    let appending = tokio::spawn(task.run());
    let keeping = tokio::spawn(keeping.run(stop.clone()));
    let trail = follow_trail(&log);
    if shared {
        let (log, index, trust) = (log.clone(), index.clone(), trust.clone());
        tokio::spawn(listen(log.clone(), wake.clone()));
        let pulse = Pulse { log, index, trust, clock, wake, trail: trail.clone() };
        if let Some(error) = pulse.beat().await {
            warn!(%error, "serves, but answers nothing before the database takes a heartbeat");
        }
        tokio::spawn(pulse.run());
    }
    let (evidence, signer) = evidence(config, signing, &log, ids.tag, &trust)?;
    if let Some(signer) = &signer {
        signer.learn_last().await;
    }
    let signing = signer.map(|it| tokio::spawn(it.run(stop)));
    let observed = Observed {
        log: log.clone(),
        index: index.clone(),
        read_models: read_models.clone(),
        trust: trust.clone(),
        signing: evidence.standing(),
        queue: appender.depth(),
        trail,
    };
    let app = App {
        log,
        vault,
        index,
        views,
        read_models,
        appender,
        clock,
        ids,
        trust,
        evidence,
        exports: Default::default(),
        storage: Handle::current(),
        replays: Replays::new(config.replay_rate),
        figures,
        counts_decisions: config.counts_calls,
        stopping,
    };
    Ok(Opened { app, observed, appending, maintaining, keeping, signing, stop_maintaining })
}

/// Notes how long the log is known to be, for as long as it is open.
fn follow_trail(log: &EventLog) -> Trail {
    let (trail, mut heads) = (Trail::default(), log.heads());
    let noting = trail.clone();
    tokio::spawn(async move {
        loop {
            noting.note(*heads.borrow_and_update());
            if heads.changed().await.is_err() {
                return;
            }
        }
    });
    trail
}

/// The list of erased keys. A developer's lies beside the database.
fn tombstones_file(config: &Config, log: &EventLog) -> Option<PathBuf> {
    match (&config.tombstones_file, log.database()) {
        (Some(path), _) => Some(path.clone()),
        (None, Database::Sqlite(sqlite)) if config.dev => {
            Some(PathBuf::from(format!("{}.tombstones", sqlite.file.display())))
        }
        (None, _) => None,
    }
}

/// The image of the index: beside the database where that is a file.
fn index_image(config: &Config, log: &EventLog) -> Option<Image> {
    let path = match (&config.index_image_file, log.database()) {
        (Some(path), _) => Some(path.clone()),
        (None, Database::Sqlite(sqlite)) => Some(PathBuf::from(format!("{}.index", sqlite.file.display()))),
        (None, Database::Postgres(_)) => None,
    };
    path.map(Image::at)
}

/// Writes the first commit of a new ledger. Of several processes that start at once, one does; the others find it.
async fn begin(
    log: &EventLog,
    vault: &Vault,
    config: &Config,
    policy: Option<(Bytes, PolicyDocument)>,
    now: Instant,
) -> Result<(), StartError> {
    if log.head().size > 0 {
        return Ok(());
    }
    let environment = config.environment.unwrap_or(Environment::Production);
    let begun = bootstrap(log, vault, environment, policy.unwrap_or_else(built_in), now).await;
    match begun {
        Ok(()) => info!(%environment, "began a new ledger"),
        Err(BootstrapError::OtherWasFirst) => {
            log.refresh().await.map_err(|it| StartError::Begin(it.into()))?;
        }
        Err(BootstrapError::Failed(error)) => return Err(StartError::Begin(error)),
    }
    Ok(())
}

/// The policy file that was given explicitly.
pub(super) fn given_policy(config: &Config) -> Result<Option<(Bytes, PolicyDocument)>, StartError> {
    let Some(path) = &config.policy_file else { return Ok(None) };
    let bytes =
        std::fs::read(path).map_err(|source| StartError::ReadPolicy { path: path.clone(), source })?;
    let document = assent_policy_file::parse(&bytes)
        .map_err(|source| StartError::Policy { path: path.clone(), source })?;
    Ok(Some((Bytes::from(bytes), document)))
}

fn built_in() -> (Bytes, PolicyDocument) {
    let built_in = assent_policy_file::built_in();
    (Bytes::from_static(built_in.bytes), built_in.document)
}

/// A ledger is served as what it is: another environment or policy than asked for is an error, never a change.
fn check(index: &Index, config: &Config, policy: Option<(Bytes, PolicyDocument)>) -> Result<(), StartError> {
    let ledger = index.ledger();
    if let Some(asked) = config.environment.filter(|it| *it != ledger.environment) {
        return Err(StartError::OtherEnvironment { is: ledger.environment, asked });
    }
    let Some(governing) = index.policies().at(Position::END) else { return Ok(()) };
    let is_governing = |bytes: &Bytes| digest(&SHA256, bytes).as_ref() == governing.sha256;
    match (&config.policy_file, policy) {
        (Some(path), Some((bytes, _))) if !is_governing(&bytes) => {
            Err(StartError::OtherPolicy { path: path.clone(), version: governing.version })
        }
        (None, _) if !is_governing(&built_in().0) => {
            warn!(
                version = governing.version,
                "the policy that governs is not the built-in pack; `assent policy show --builtin` shows that one"
            );
            Ok(())
        }
        _ => Ok(()),
    }
}
