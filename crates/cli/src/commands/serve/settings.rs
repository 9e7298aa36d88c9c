//! The server's settings: the file, the flags over it, and whether they go together.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use assent_domain::values::Environment;
use assent_evidence::VerifierKey;
use assent_identity::IdentityConfig;
use assent_service::{ConnectionLimits, WitnessConfig};
use serde::Deserialize;

use super::{Durability, EnvironmentName, LogFormat, Serve};
use crate::args::{DATABASE, url_in};
use crate::context::read;
use crate::failure::Failure;

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 50051);
const STALENESS_MAX_SECONDS: u64 = 15;
/// A heartbeat a second, and its way there and back.
const STALENESS_MIN_SECONDS: u64 = 2;
/// More threads than this only wait for each other.
const WORKERS_MAX: usize = 256;

/// The settings, from wherever they came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    listen: SocketAddr,
    database: String,
    migrate: bool,
    durability: Durability,
    staleness_max: u64,
    policy: Option<PathBuf>,
    environment: Option<EnvironmentName>,
    dev: bool,
    master_key_files: Vec<PathBuf>,
    signing_keys: Vec<PathBuf>,
    verifier_keys: Vec<VerifierKey>,
    anchor: Option<PathBuf>,
    begin_anchor: bool,
    witness: Option<String>,
    witness_key: Option<VerifierKey>,
    tiles_listen: Option<SocketAddr>,
    tombstones: Option<PathBuf>,
    pub(super) log_format: LogFormat,
    workers: usize,
    pub(super) identity: Option<IdentityConfig>,
    connections: ConnectionLimits,
}

/// The TOML file: the same names as the flags.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    database: Option<String>,
    database_file: Option<PathBuf>,
    migrate: Option<bool>,
    durability: Option<Durability>,
    staleness_max: Option<u64>,
    policy: Option<PathBuf>,
    environment: Option<EnvironmentName>,
    dev: Option<bool>,
    master_key_file: Option<OneOrMore>,
    signing_keys: Option<Vec<PathBuf>>,
    verifier_keys: Option<Vec<String>>,
    anchor: Option<PathBuf>,
    witness: Option<String>,
    witness_key: Option<String>,
    tiles_listen: Option<SocketAddr>,
    tombstones: Option<PathBuf>,
    log_format: Option<LogFormat>,
    workers: Option<usize>,
    identity: Option<IdentityConfig>,
    connections: Option<Connections>,
}

/// How many connections there may be.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Connections {
    /// In all [default: 4096].
    max: Option<usize>,
    /// From one address, of IPv6 from one /64 [default: 1024].
    per_address_max: Option<usize>,
}

/// A file, or several in their order.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(PathBuf),
    More(Vec<PathBuf>),
}

impl OneOrMore {
    fn into_vec(self) -> Vec<PathBuf> {
        match self {
            Self::One(it) => vec![it],
            Self::More(all) => all,
        }
    }
}

impl Settings {
    /// Reads the file, where one is named, and puts the flags over it.
    pub(super) fn from(flags: Serve) -> Result<Self, Failure> {
        let file = match &flags.config {
            None => File::default(),
            Some(path) => {
                let text = String::from_utf8_lossy(&read(path)?).into_owned();
                toml::from_str(&text).map_err(|error| {
                    Failure::Usage(format!("`{}` is no valid configuration: {error}", path.display()))
                })?
            }
        };
        let database = match (flags.database.url()?, file.database, file.database_file) {
            (None, Some(_), Some(_)) => {
                return Err(Failure::Usage(
                    "`database` and `database_file` both name the database".to_owned(),
                ));
            }
            (None, None, Some(path)) => Some(url_in(&path)?),
            (flag, database, _) => flag.or(database),
        };
        let key = |text: String| text.parse::<VerifierKey>();
        let bad = |name| move |error| Failure::Usage(format!("`{name}` is no public key: {error}"));
        let witness_key = file.witness_key.map(key).transpose().map_err(bad("witness_key"))?;
        let verifier_keys = file.verifier_keys.unwrap_or_default().into_iter().map(key);
        let verifier_keys = verifier_keys.collect::<Result<Vec<_>, _>>().map_err(bad("verifier_keys"))?;
        let workers = flags.workers.or(file.workers).or_else(|| available_parallelism().ok().map(Into::into));
        Ok(Self {
            listen: flags.listen.or(file.listen).unwrap_or(LISTEN),
            database: database.unwrap_or_else(|| DATABASE.to_owned()),
            migrate: !flags.no_migrate && file.migrate.unwrap_or(true),
            durability: flags.durability.or(file.durability).unwrap_or_default(),
            staleness_max: flags.staleness_max.or(file.staleness_max).unwrap_or(STALENESS_MAX_SECONDS),
            policy: flags.policy.or(file.policy),
            environment: flags.environment.or(file.environment),
            dev: flags.dev || file.dev.unwrap_or(false),
            master_key_files: match flags.master_key_file.is_empty() {
                true => file.master_key_file.map(OneOrMore::into_vec).unwrap_or_default(),
                false => flags.master_key_file,
            },
            signing_keys: match flags.signing_key.is_empty() {
                true => file.signing_keys.unwrap_or_default(),
                false => flags.signing_key,
            },
            verifier_keys: match flags.verifier_key.is_empty() {
                true => verifier_keys,
                false => flags.verifier_key,
            },
            anchor: flags.anchor.or(file.anchor),
            begin_anchor: flags.begin_anchor,
            witness: flags.witness.or(file.witness),
            witness_key: flags.witness_key.or(witness_key),
            tiles_listen: flags.tiles_listen.or(file.tiles_listen),
            tombstones: flags.tombstones.or(file.tombstones),
            log_format: flags.log_format.or(file.log_format).unwrap_or_default(),
            workers: workers.unwrap_or(1),
            identity: file.identity,
            connections: limits(file.connections.unwrap_or_default())?,
        })
    }

    /// Refuses what does not go together.
    pub(super) fn check(self) -> Result<assent_service::Config, Failure> {
        if !self.dev && self.identity.is_none() {
            return Err(Failure::Usage(
                "nobody could be told from anybody else, so this server does not start. Configure [identity] in the file \
                 of --config (docs/operations/identity.md): who issues tokens, or whose certificates are taken; or try \
                 it out with `assent serve --dev`, for this machine alone"
                    .to_owned(),
            ));
        }
        for (flag, address) in [("--listen", Some(self.listen)), ("--tiles-listen", self.tiles_listen)] {
            if let Some(address) = address.filter(|it| self.dev && !it.ip().is_loopback()) {
                return Err(Failure::Usage(format!(
                    "--dev lets everybody do everything, so it listens on this machine alone: write {flag} \
                     127.0.0.1:{} instead of {address}",
                    address.port()
                )));
            }
        }
        if self.staleness_max < STALENESS_MIN_SECONDS {
            return Err(Failure::Usage(format!(
                "--staleness-max must be at least {STALENESS_MIN_SECONDS}: a replica hears of the log once a second"
            )));
        }
        if !(1..=WORKERS_MAX).contains(&self.workers) {
            return Err(Failure::Usage(format!("--workers must be from 1 to {WORKERS_MAX}")));
        }
        let witness = match (self.witness, self.witness_key) {
            (Some(url), Some(key)) => Some(WitnessConfig { url, key }),
            (None, None) => None,
            _ => return Err(Failure::Usage("`witness` and `witness_key` belong together".to_owned())),
        };
        Ok(assent_service::Config {
            listen: self.listen,
            database_url: self.database,
            migrate: self.migrate,
            replicated: self.durability == Durability::Replicated,
            staleness_max: Duration::from_secs(self.staleness_max),
            policy_file: self.policy,
            environment: self.environment.map(|it| match it {
                EnvironmentName::Production => Environment::Production,
                EnvironmentName::Sandbox => Environment::Sandbox,
            }),
            dev: self.dev,
            identity: self.identity,
            connections: self.connections,
            master_key_files: self.master_key_files,
            signing_key_files: self.signing_keys,
            verifier_keys: self.verifier_keys,
            signs: true,
            anchor_file: self.anchor,
            begin_anchor: self.begin_anchor,
            witness,
            tiles_listen: self.tiles_listen,
            tombstones_file: self.tombstones,
            workers: self.workers,
        })
    }
}

fn limits(Connections { max, per_address_max }: Connections) -> Result<ConnectionLimits, Failure> {
    let default = ConnectionLimits::default();
    let max = max.unwrap_or(default.max);
    let per_address_max = per_address_max.unwrap_or(default.per_address_max.min(max));
    if per_address_max == 0 || per_address_max > max {
        return Err(Failure::Usage(
            "[connections] must allow an address at least one of them, and no more than `max`".to_owned(),
        ));
    }
    Ok(ConnectionLimits { max, per_address_max })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn settings(file: &str, flags: Serve) -> Result<Settings, Failure> {
        let mut config = tempfile::NamedTempFile::new().unwrap();
        config.write_all(file.as_bytes()).unwrap();
        Settings::from(Serve { config: Some(config.path().to_owned()), ..flags })
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_the_defaults() {
        let file = "listen = '127.0.0.1:7'\ndev = true\nenvironment = 'sandbox'\nworkers = 3";
        let flags = Serve { listen: Some("127.0.0.1:8".parse().unwrap()), ..Default::default() };
        let settings = settings(file, flags).unwrap();
        assert_eq!(settings.listen.port(), 8);
        assert_eq!((settings.environment, settings.workers), (Some(EnvironmentName::Sandbox), 3));
        assert_eq!((settings.database.as_str(), settings.dev), (DATABASE, true));
    }

    #[test]
    fn a_master_key_is_one_file_or_several_and_flags_win_over_both() {
        let key = |file: &str, flags: &[&str]| {
            let master_key_file = flags.iter().map(PathBuf::from).collect();
            let settings = settings(file, Serve { master_key_file, ..Default::default() }).unwrap();
            settings.master_key_files.iter().map(|it| it.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(key("", &[]), Vec::<String>::new());
        assert_eq!(key("master_key_file = 'a'", &[]), ["a"]);
        assert_eq!(key("master_key_file = ['new', 'old']", &[]), ["new", "old"]);
        assert_eq!(key("master_key_file = 'a'", &["new", "old"]), ["new", "old"]);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let error = settings("lisen = '127.0.0.1:7'", Serve::default()).unwrap_err();
        assert!(matches!(&error, Failure::Usage(sentence) if sentence.contains("lisen")), "{error}");
    }

    #[test]
    fn without_an_identity_and_without_dev_it_does_not_start() {
        let error = settings("", Serve::default()).unwrap().check().unwrap_err();
        assert!(matches!(&error, Failure::Usage(sentence) if sentence.contains("--dev")), "{error}");
    }

    #[test]
    fn dev_listens_on_this_machine_alone() {
        for (listen, starts) in
            [("0.0.0.0:1", false), ("192.0.2.1:1", false), ("127.0.0.2:1", true), ("[::1]:1", true)]
        {
            let flags = Serve {
                listen: Some(listen.parse().unwrap()),
                dev: true,
                workers: Some(1),
                ..Default::default()
            };
            assert_eq!(Settings::from(flags).unwrap().check().is_ok(), starts, "{listen}");
        }
    }
}
