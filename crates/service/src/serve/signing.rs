//! Where the keys and the anchor of checkpoints come from.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assent_event_log::{Database, EventLog};
use assent_evidence::{KEY_BYTES, KeyName, KeyPurpose, Origin, SigningKey};
use assent_witness::WitnessClient;
use tracing::{info, warn};
use zeroize::Zeroizing;

use super::config::{Config, StartError, WitnessConfig};
use crate::evidence::{Anchor, Evidence, Signer, Signing, Witness, anchor_file};
use crate::replica::Trust;

/// How long a witness may take: writes that ask for a proof wait for it.
const WITNESS_TIMEOUT: Duration = Duration::from_millis(1_500);

/// What a process signs with, as far as it can be known before its ledger is begun.
pub(super) struct Prepared {
    keys: Keys,
    anchor: Anchor,
}

enum Keys {
    Given {
        origin: Origin,
        keys: Vec<SigningKey>,
    },
    /// A developer's is made when the ledger is there, whose tag its name has.
    ToMake(PathBuf),
}

/// Reads keys, and looks at anchor and witness, before anything is made or begun. None: this process signs nothing.
pub(super) fn prepare(config: &Config, log: &EventLog) -> Result<Option<Prepared>, StartError> {
    if !config.signs {
        return Ok(None);
    }
    // A developer's ledger in a file has a key and an anchor beside it.
    let beside = |ending: &str| match log.database() {
        Database::Sqlite(sqlite) if config.dev => {
            Some(PathBuf::from(format!("{}.{ending}", sqlite.file.display())))
        }
        _ => None,
    };
    let keys = match (config.signing_key_files.is_empty(), beside("signing-key")) {
        (false, _) => given(&config.signing_key_files)?,
        (true, Some(path)) if path.exists() => given(&[path])?,
        (true, Some(path)) => Keys::ToMake(path),
        (true, None) => return Ok(None),
    };
    let witness = config.witness.as_ref().map(witness).transpose()?;
    let file = config.anchor_file.clone().or_else(|| beside("anchor").filter(|_| witness.is_none()));
    if let (None, None) = (&file, &witness) {
        return Err(StartError::AnchorNotGiven);
    }
    if let Some(path) = &file {
        anchor_file::check(path).map_err(|why| StartError::Anchor { path: path.clone(), why })?;
    }
    Ok(Some(Prepared { keys, anchor: Anchor { file, begin: config.begin_anchor, witness } }))
}

/// Checkpoints and proofs, and the task that signs where this process has a key.
pub(super) fn evidence(
    config: &Config,
    prepared: Option<Prepared>,
    log: &EventLog,
    tag: u64,
    trust: &Trust,
) -> Result<(Evidence, Option<Signer>), StartError> {
    let known = config.verifier_keys.clone();
    let Some(Prepared { keys, anchor }) = prepared else {
        info!("has no key to sign checkpoints with, and shows what other servers signed");
        return Ok((Evidence::unsigned(log, trust, known, config.proof_memory_bytes), None));
    };
    let (origin, keys) = match keys {
        Keys::Given { origin, keys } => (origin, keys),
        Keys::ToMake(path) => of_one_log(vec![make(&path, tag)?])?,
    };
    for key in &keys {
        info!(verifier_key = %key.verifier(), "signs checkpoints");
    }
    let signing = Signing { origin, keys, anchor, trust: trust.clone() };
    let (evidence, signer) = Evidence::signing(log, signing, known, config.proof_memory_bytes);
    Ok((evidence, Some(signer)))
}

fn given(files: &[PathBuf]) -> Result<Keys, StartError> {
    let keys = files.iter().map(|it| read(it)).collect::<Result<_, _>>()?;
    let (origin, keys) = of_one_log(keys)?;
    Ok(Keys::Given { origin, keys })
}

/// Keys of one log, with its origin.
fn of_one_log(keys: Vec<SigningKey>) -> Result<(Origin, Vec<SigningKey>), StartError> {
    let name = keys[0].verifier().name().as_str().to_owned();
    if let Some(other) = keys.iter().find(|it| it.verifier().name().as_str() != name) {
        return Err(StartError::OtherOrigin { one: name, other: other.verifier().name().to_string() });
    }
    let origin = Origin::parse(&name).map_err(|_| StartError::Origin { name })?;
    Ok((origin, keys))
}

fn witness(config: &WitnessConfig) -> Result<Witness, StartError> {
    let WitnessConfig { url, key } = config;
    let client = WitnessClient::new(url, vec![key.clone()], WITNESS_TIMEOUT);
    client.map(Witness::new).map_err(|source| StartError::Witness { url: url.clone(), source })
}

pub(super) fn read(path: &Path) -> Result<SigningKey, StartError> {
    let failed = |source| StartError::ReadSigningKey { path: path.to_owned(), source };
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    SigningKey::parse(text.trim_end())
        .map_err(|source| StartError::SigningKey { path: path.to_owned(), source })
}

/// A developer's key: its origin is of this ledger, and of no host.
fn make(path: &Path, tag: u64) -> Result<SigningKey, StartError> {
    let failed = |source| StartError::MakeSigningKey { path: path.to_owned(), source };
    let mut random = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *random).map_err(|error| failed(std::io::Error::other(error.to_string())))?;
    let name = KeyName::parse(&format!("localhost/assent/{tag:09x}")).expect("it has no space and no plus");
    let key = SigningKey::generate(name, KeyPurpose::Log, random);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    writeln!(file, "{}", &*key.to_text()).and_then(|()| file.sync_all()).map_err(failed)?;
    warn!(path = %path.display(), "made a key to sign checkpoints with: who has it can sign in this ledger's name");
    Ok(key)
}
