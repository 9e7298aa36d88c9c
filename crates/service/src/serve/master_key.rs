//! Where the vault's master key comes from.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use assent_event_log::{Database, EventLog};
use assent_vault::{MasterKey, MasterKeys};
use tracing::warn;

use super::config::{Config, StartError};

/// The vault's master keys. A developer's is made at the first start, beside the database.
pub(super) fn master_keys(config: &Config, log: &EventLog) -> Result<MasterKeys, StartError> {
    if let Some((first, others)) = config.master_key_files.split_first() {
        let others = others.iter().map(|it| MasterKey::read(it)).collect::<Result<_, _>>()?;
        return Ok(MasterKeys::new(MasterKey::read(first)?, others));
    }
    developers_key(log).map(MasterKeys::from)
}

fn developers_key(log: &EventLog) -> Result<MasterKey, StartError> {
    let Database::Sqlite(sqlite) = log.database() else { return Err(StartError::MasterKeyNotGiven) };
    let path = PathBuf::from(format!("{}.key", sqlite.file.display()));
    let new_ledger = log.head().size == 0;
    match (path.exists(), new_ledger) {
        (true, _) => Ok(MasterKey::read(&path)?),
        (false, true) => make_key(&path),
        (false, false) => Err(StartError::MasterKeyMissing { path }),
    }
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
