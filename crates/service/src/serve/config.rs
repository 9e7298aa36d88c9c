//! What a server is started with, and why it may not start.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assent_domain::values::Environment;
use assent_event_log::{DatabasePlace, EventLog, LogOptions};
use assent_evidence::VerifierKey;
use assent_identity::IdentityConfig;
use assent_vault::MasterKey;

use super::{open, signing};
use crate::error::Error;
use crate::identity::{Identity, NoIdentity};
use crate::permission::CallLimits;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// The database: `sqlite:<file>` or `postgres://user@host/database`.
    pub database_url: String,
    /// Whether its tables are made or brought up to date at the start.
    pub migrate: bool,
    /// Whether a commit must be durable on a second machine before it is acknowledged (PostgreSQL with synchronous
    /// replication).
    pub replicated: bool,
    /// How long a replica that no longer hears of the log goes on answering. On a file there is nothing to hear of.
    pub staleness_max: Duration,
    /// The policy that a new ledger begins with; none: the built-in pack.
    pub policy_file: Option<PathBuf>,
    /// What a new ledger is for; none: production.
    pub environment: Option<Environment>,
    /// Calls need no credential, and act as a developer who holds every role. Loopback only.
    pub dev: bool,
    /// How callers are told from each other; none only with `dev`.
    pub identity: Option<IdentityConfig>,
    /// How many connections there may be.
    pub connections: ConnectionLimits,
    /// The files of the vault's master keys: the first one wraps, all of them unwrap. None, with `dev`: a file beside the
    /// database, made when absent.
    pub master_key_files: Vec<PathBuf>,
    /// The files of the keys that sign checkpoints; none, with `dev` on a file: one beside the database, made when absent.
    pub signing_key_files: Vec<PathBuf>,
    /// Public keys of the log beside those of the signing keys: of other servers, and of keys that were rotated out.
    pub verifier_keys: Vec<VerifierKey>,
    /// Whether it signs checkpoints, where it has a key.
    pub signs: bool,
    /// Remembers outside the database what was signed last.
    pub anchor_file: Option<PathBuf>,
    /// Whether an anchor that is not there is begun anew, though checkpoints are stored already.
    pub begin_anchor: bool,
    /// A witness, which remembers it for several servers.
    pub witness: Option<WitnessConfig>,
    /// The memory for pieces of the tree that proofs are made from; it is taken as proofs are asked for.
    pub proof_memory_bytes: usize,
    /// The list of erased keys, outside of the data; none, with `dev` on a file: beside the database.
    pub tombstones_file: Option<PathBuf>,
    /// An image of the index, from which a start is quick; none: on a file beside the database, on a server no image.
    pub index_image_file: Option<PathBuf>,
    /// Where monitors read checkpoints and tiles over HTTP; none: nowhere.
    pub tiles_listen: Option<SocketAddr>,
    /// Where `/metrics`, `/livez` and `/readyz` are; none: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// How long the server goes on accepting calls after it was asked to stop and says that it is not ready: load balancers
    /// take that long to hear it.
    pub drain_delay: Duration,
    /// The share (0 to 1) of the calls whose callers do not decide it that get a span; none: no call has one.
    pub trace_ratio: Option<f64>,
    /// Whether calls are counted: a benchmark measures what that costs.
    pub counts_calls: bool,
    /// How many threads serve connections.
    pub workers: usize,
    /// How much one caller may ask for.
    pub limits: CallLimits,
    /// How many events a second all replays are given together; none: as many as they take.
    pub replay_rate: Option<NonZeroU32>,
}

/// How many connections there may be, and how long one may stay that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// In all.
    pub max: usize,
    /// From one address (of IPv6, from one /64).
    pub per_address_max: usize,
    /// How long one may stay on which no call was let in.
    pub first_call_within: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { max: 4_096, per_address_max: 1_024, first_call_within: Duration::from_secs(60) }
    }
}

/// A `tlog-witness`.
#[derive(Clone, Debug)]
pub struct WitnessConfig {
    /// Its submission prefix: http or https.
    pub url: String,
    /// The key that its cosignatures hold by.
    pub key: VerifierKey,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are what the sentences name")]
pub enum StartError {
    /// Nobody could be told from anybody else.
    #[error(
        "there is no way to tell who calls: configure [identity] (docs/operations/identity.md), or start with --dev on a \
         loopback address, where every call acts as a developer who holds every role"
    )]
    NoIdentity,
    /// What tells callers from each other can't be used.
    #[error("{0}")]
    Identity(#[from] NoIdentity),
    /// Whoever listens on the way could call as anybody.
    #[error(
        "tokens would reach {address} unencrypted: configure [identity.tls], or say that a proxy ends TLS before it \
         ([identity] tls_terminated_by_proxy = true)"
    )]
    TokensInClear { address: SocketAddr },
    /// A developer's server is for this machine only.
    #[error(
        "--dev serves without credentials, so that it listens on a loopback address only, and {address} is none"
    )]
    NotLoopback { address: SocketAddr },
    /// The address can't be listened on.
    #[error("could not listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    /// Threads or signals could not be set up.
    #[error("could not set up the server's threads or signals")]
    Runtime(#[source] std::io::Error),
    /// The database could not be opened.
    #[error("{0}")]
    Database(#[from] assent_event_log::OpenError),
    /// The master key could not be read.
    #[error("could not read the vault's master key")]
    MasterKey(#[from] assent_vault::MasterKeyError),
    /// The master key file is missing beside a ledger that has one.
    #[error(
        "the vault's master key {path} is not there, but the ledger was sealed with one: restore the file"
    )]
    MasterKeyMissing { path: PathBuf },
    /// A server's database has no place beside it where a key could be made.
    #[error(
        "a PostgreSQL ledger needs --master-key-file: the file of 64 hexadecimal digits that every replica seals \
         personal data with (make one with `openssl rand -hex 32`)"
    )]
    MasterKeyNotGiven,
    /// The master key file could not be made.
    #[error("could not make the vault's master key {path}")]
    MakeMasterKey {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A file that the server writes has no folder to lie in.
    #[error("the folder of {path} is not there")]
    NoFolder { path: PathBuf },
    /// A signing key could not be read.
    #[error("could not read the signing key {path}")]
    ReadSigningKey {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// A signing key is none.
    #[error("{path} holds no signing key: make one with `assent key generate`")]
    SigningKey {
        path: PathBuf,
        #[source]
        source: assent_evidence::KeyError,
    },
    /// The signing key file could not be made.
    #[error("could not make the signing key {path}")]
    MakeSigningKey {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// All keys of a log have its origin as their name.
    #[error("the signing keys are of different logs: {one} and {other}")]
    OtherOrigin { one: String, other: String },
    /// The name of the keys can't be the name of a log.
    #[error("{name} can't be the origin of a log")]
    Origin { name: String },
    /// The witness can't be asked.
    #[error("the witness {url} can't be asked")]
    Witness {
        url: String,
        #[source]
        source: assent_witness::ClientError,
    },
    /// The anchor can't be read, or is none.
    #[error("the anchor {path} can't be used: {why}")]
    Anchor { path: PathBuf, why: String },
    /// Without it a restored backup would sign a second history.
    #[error(
        "--signing-key needs --anchor, a file outside the database's folder and its backups that remembers what was \
         signed last, or, where several servers sign, --witness: so that a restored backup never signs a second history"
    )]
    AnchorNotGiven,
    /// The vault could not be opened.
    #[error("{0}")]
    Vault(#[from] assent_vault::OpenError),
    /// The policy file could not be read.
    #[error("could not read the policy file {path}")]
    ReadPolicy {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// The policy file is no valid policy.
    #[error("the policy file {path} is not valid: {source}")]
    Policy { path: PathBuf, source: assent_policy_file::PolicyError },
    /// The policy file is not what governs.
    #[error(
        "the policy file {path} is not the policy that governs this ledger (version {version}); a start publishes \
         nothing by itself: publish it with `assent policy publish {path} --reason ...`, or leave out --policy"
    )]
    OtherPolicy { path: PathBuf, version: u32 },
    /// A ledger's environment is fixed at its first start.
    #[error("this ledger is for {is}, and was so from its first start: it can't be served as {asked}")]
    OtherEnvironment { is: Environment, asked: Environment },
    /// The first commit could not be written.
    #[error("could not begin the ledger")]
    Begin(#[source] Error),
    /// The list of erased keys could not be opened.
    #[error("{0}")]
    Tombstones(#[from] crate::tombstones::TombstonesError),
    /// What was erased could not be erased again.
    #[error("could not make sure that what was erased is still erased")]
    Sweep(#[source] Error),
    /// The read models could not be opened.
    #[error("could not open the read models")]
    Views(#[from] assent_projections::ViewsError),
    /// The log could not be folded.
    #[error("could not read the ledger")]
    Projections(#[from] assent_projections::StartError),
}

impl StartError {
    /// Whether the command line is what has to change.
    pub const fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoIdentity
                | Self::TokensInClear { .. }
                | Self::NotLoopback { .. }
                | Self::MasterKeyNotGiven
                | Self::AnchorNotGiven
        )
    }
}

impl Config {
    /// A developer's server: the defaults, without credentials.
    pub fn dev(listen: SocketAddr, database_url: String) -> Self {
        Self {
            listen,
            database_url,
            migrate: true,
            replicated: false,
            staleness_max: Duration::from_secs(15),
            policy_file: None,
            environment: None,
            dev: true,
            identity: None,
            connections: ConnectionLimits::default(),
            master_key_files: Vec::new(),
            signing_key_files: Vec::new(),
            verifier_keys: Vec::new(),
            signs: true,
            anchor_file: None,
            begin_anchor: false,
            witness: None,
            tombstones_file: None,
            index_image_file: None,
            tiles_listen: None,
            metrics_listen: None,
            proof_memory_bytes: 480_000_000,
            drain_delay: Duration::ZERO,
            trace_ratio: None,
            counts_calls: true,
            workers: 1,
            limits: CallLimits::default(),
            replay_rate: None,
        }
    }

    /// What would keep a server from starting, so far as can be seen without opening the database, asking anybody or making
    /// anything.
    pub async fn check_files(&self) -> Vec<StartError> {
        let keys = self.master_key_files.iter().filter_map(|it| MasterKey::read(it).err()).map(Into::into);
        let signing = self.signing_key_files.iter().filter_map(|it| signing::read(it).err());
        let policy = open::given_policy(self).err();
        let anchor = (!self.dev && self.signs && !self.signing_key_files.is_empty())
            .then_some(StartError::AnchorNotGiven)
            .filter(|_| self.anchor_file.is_none() && self.witness.is_none());
        let folders =
            [&self.anchor_file, &self.tombstones_file, &self.index_image_file].into_iter().flatten();
        let folders =
            folders.filter(|it| !has_folder(it)).map(|it| StartError::NoFolder { path: it.clone() });
        let identity = Identity::open(self.identity.as_ref(), self.dev).await.err().map(StartError::Identity);
        let first = self.check().err().into_iter().chain(self.check_database()).chain(identity);
        first.chain(keys).chain(signing).chain(policy).chain(anchor).chain(folders).collect()
    }

    fn check_database(&self) -> Option<StartError> {
        let options = LogOptions { migrate: self.migrate, replicated: self.replicated };
        match EventLog::check_url(&self.database_url, options) {
            Ok(DatabasePlace::Server) if self.master_key_files.is_empty() => {
                Some(StartError::MasterKeyNotGiven)
            }
            Ok(_) => None,
            Err(error) => Some(error.into()),
        }
    }

    pub(super) fn check(&self) -> Result<(), StartError> {
        // Told by what they are for and not by their addresses, which may be equal (port 0 is any free one).
        let is_open = |it: &SocketAddr| !it.ip().is_loopback();
        let mut with_credentials = [Some(self.listen), self.tiles_listen].into_iter().flatten();
        let is_clear = |it: &IdentityConfig| it.tls.is_none() && !it.tls_terminated_by_proxy;
        match &self.identity {
            None if !self.dev => Err(StartError::NoIdentity),
            _ if self.dev => {
                let address = with_credentials.chain(self.metrics_listen).find(is_open);
                address.map_or(Ok(()), |address| Err(StartError::NotLoopback { address }))
            }
            // Metrics take no credential, and show nothing of anybody.
            Some(it) if is_clear(it) => {
                let address = with_credentials.find(is_open);
                address.map_or(Ok(()), |address| Err(StartError::TokensInClear { address }))
            }
            _ => Ok(()),
        }
    }
}

fn has_folder(file: &Path) -> bool {
    match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => true,
        Some(folder) => folder.is_dir(),
        None => false,
    }
}
