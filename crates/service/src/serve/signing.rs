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
use crate::evidence::{Anchor, Evidence, Signer, Signing, Witness};
use crate::replica::Trust;

/// How long a witness may take: writes that ask for a proof wait for it.
const WITNESS_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Checkpoints and proofs, and the task that signs where this process has a key.
pub(super) fn evidence(
    config: &Config,
    log: &EventLog,
    tag: u64,
    trust: &Trust,
) -> Result<(Evidence, Option<Signer>), StartError> {
    let Some((keys, anchor)) = keys_and_anchor(config, log, tag)? else {
        info!("has no key to sign checkpoints with, and shows what other servers signed");
        return Ok((Evidence::unsigned(log, trust, config.verifier_keys.clone()), None));
    };
    let name = keys[0].verifier().name().as_str().to_owned();
    if let Some(other) = keys.iter().find(|it| it.verifier().name().as_str() != name) {
        return Err(StartError::OtherOrigin { one: name, other: other.verifier().name().to_string() });
    }
    for key in &keys {
        info!(verifier_key = %key.verifier(), "signs checkpoints");
    }
    let origin = Origin::parse(&name).map_err(|_| StartError::Origin { name })?;
    let signing = Signing { origin, keys, anchor, trust: trust.clone() };
    let (evidence, signer) = Evidence::signing(log, signing, config.verifier_keys.clone());
    Ok((evidence, Some(signer)))
}

fn keys_and_anchor(
    config: &Config,
    log: &EventLog,
    tag: u64,
) -> Result<Option<(Vec<SigningKey>, Anchor)>, StartError> {
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
        (false, _) => config.signing_key_files.iter().map(|it| read(it)).collect::<Result<Vec<_>, _>>()?,
        (true, Some(path)) if path.exists() => vec![read(&path)?],
        (true, Some(path)) => vec![make(&path, tag)?],
        (true, None) => return Ok(None),
    };
    let witness = config.witness.as_ref().map(witness).transpose()?;
    let file = config.anchor_file.clone().or_else(|| beside("anchor").filter(|_| witness.is_none()));
    match (&file, &witness) {
        (None, None) => Err(StartError::AnchorNotGiven),
        _ => Ok(Some((keys, Anchor { file, witness }))),
    }
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
