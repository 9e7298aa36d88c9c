//! Opening a ledger: the log, the vault, the policy that it began with, the projections, the append task.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use assent_domain::Facts;
use assent_domain::policy::PolicyDocument;
use assent_domain::values::{Environment, Position};
use assent_event_log::EventLog;
use assent_projections::{DecodeError, Index, SharedIndex, Views, start, verify};
use assent_proto::convert::Ids;
use assent_vault::{MasterKey, Vault};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::config::{Config, StartError};
use crate::app::{App, Trust};
use crate::append::{AppendTask, bootstrap};
use crate::clock::SystemClock;

/// A ledger that is ready to be served.
pub(super) struct Opened {
    pub(super) app: App,
    pub(super) appending: JoinHandle<()>,
    pub(super) maintaining: JoinHandle<()>,
    pub(super) stop_maintaining: watch::Sender<bool>,
}

pub(super) async fn open(config: &Config, stopping: watch::Receiver<bool>) -> Result<Opened, StartError> {
    let clock = SystemClock;
    // Read before anything is made: a broken file leaves no ledger behind.
    let policy = given_policy(config)?;
    let log = EventLog::open(&config.database_url).await?;
    let vault = Vault::open(log.database().clone(), master_key(config, log.head().size == 0)?).await?;
    if log.head().size == 0 {
        let environment = config.environment.unwrap_or(Environment::Production);
        let first = policy.clone().unwrap_or_else(built_in);
        bootstrap(&log, &vault, environment, first, clock.now()).await.map_err(StartError::Begin)?;
        info!(%environment, "began a new ledger");
    }
    let views = Views::open(&config.database_url).await?;
    let started = start(&log, views, |_, _| {}).await?;
    let index = started.index;
    check(&index.read(), config, policy)?;
    let ids = Ids { tag: index.read().ledger().tag };
    let read_models = started.maintainer.written();
    let views = started.maintainer.views().clone();
    let (stop_maintaining, stop) = watch::channel(false);
    let maintaining = tokio::spawn(started.maintainer.run(stop));
    let (task, appender) =
        AppendTask::new(log.clone(), vault.clone(), index.clone(), read_models.clone(), clock);
    let appending = tokio::spawn(task.run());
    let trust = Trust::new();
    if started.snapshot > Position::START {
        tokio::spawn(check_snapshot(log.clone(), index.clone(), trust.clone()));
    }
    let app = App { log, vault, index, views, read_models, appender, clock, ids, trust, stopping };
    Ok(Opened { app, appending, maintaining, stop_maintaining })
}

/// Folds the log beside a server that began with a snapshot. A difference takes away the trust in every answer.
async fn check_snapshot(log: EventLog, index: SharedIndex, trust: Trust) {
    match verify(&log, &index).await {
        Ok(None) => info!("the snapshot is what the log says"),
        Ok(Some(difference)) => {
            error!(%difference, "the snapshot is not what the log says: rebuild it with `assent projections rebuild`");
            trust.lose();
        }
        Err(DecodeError::Read(error)) if !error.is_corrupt() => {
            warn!(error = %error, "could not compare the snapshot with the log");
        }
        Err(error) => {
            error!(error = %error, "the log is not what it was");
            trust.lose();
        }
    }
}

/// The policy file that was given explicitly.
fn given_policy(config: &Config) -> Result<Option<(Bytes, PolicyDocument)>, StartError> {
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

/// The vault's master key. A developer's is made at the first start, beside the database.
fn master_key(config: &Config, new_ledger: bool) -> Result<MasterKey, StartError> {
    if let Some(path) = &config.master_key_file {
        return Ok(MasterKey::read(path)?);
    }
    let path = key_file(&config.database_url);
    match (path.exists(), new_ledger) {
        (true, _) => Ok(MasterKey::read(&path)?),
        (false, true) => make_key(&path),
        (false, false) => Err(StartError::MasterKeyMissing { path }),
    }
}

fn key_file(database_url: &str) -> PathBuf {
    let rest = database_url.strip_prefix("sqlite:").unwrap_or(database_url);
    PathBuf::from(format!("{}.key", rest.strip_prefix("//").unwrap_or(rest)))
}

fn make_key(path: &Path) -> Result<MasterKey, StartError> {
    let failed = |source| StartError::MakeMasterKey { path: path.to_owned(), source };
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| failed(std::io::Error::other(error.to_string())))?;
    let text: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(failed)?;
    warn!(path = %path.display(), "made a master key for the vault: without it, personal data can't be read");
    Ok(MasterKey::from_bytes(bytes))
}
