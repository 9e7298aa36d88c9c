//! The vault: seals, unseals, and makes fingerprints.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use assent_event_log::{Database, KeyRow, on_database};
use zeroize::Zeroizing;

use crate::crypto::{self, FingerprintKey, Key, length_prefixed};
use crate::error::{OpenError, UnsealError};
use crate::master_key::{MasterKey, MasterKeyId};
use crate::master_keys::MasterKeys;
use crate::rows::{of_email, rows};
use crate::sealed_box::{Disclosed, Kind, Randomness, SUITE, SealedBox, Subject};
use crate::sql;

/// The handle on the vault. Clones share everything.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    master_keys: MasterKeys,
    fingerprint_key: FingerprintKey,
    /// Which rows were erased, as far as this process was told.
    erased: RwLock<HashSet<[u8; 16]>>,
}

/// A box, and the row that must be committed with it.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// For the entry.
    pub sealed_box: SealedBox,
    /// For the append; its fingerprints are left to the caller.
    pub row: KeyRow,
}

/// A box to be unsealed, and what it must be bound to.
#[derive(Clone, Copy, Debug)]
pub struct Boxed<'a> {
    /// The box.
    pub sealed_box: &'a SealedBox,
    /// Whose it is.
    pub subject: Subject<'a>,
    /// What is in it.
    pub kind: Kind,
}

impl Vault {
    /// Opens the vault of a ledger, and sets it up with the first master key where it is new. Every master key that the
    /// vault needs must be among those given; while they are rotated, it needs two.
    pub async fn open(database: Database, master_keys: impl Into<MasterKeys>) -> Result<Self, OpenError> {
        let master_keys = master_keys.into();
        let unreachable = |source| OpenError::Unreachable { source };
        let mut stored = stored_keys(&database).await.map_err(unreachable)?;
        if stored.is_empty() {
            if !database.is_writable() {
                return Err(OpenError::NotSetUp);
            }
            set_up(&database, master_keys.first()).await.map_err(unreachable)?;
            stored = stored_keys(&database).await.map_err(unreachable)?;
        }
        let mut fingerprint_key = None;
        for key in &stored {
            let unwrapped = key.unwrap(&master_keys)?;
            if key.name == FINGERPRINT_KEY {
                fingerprint_key = Some(unwrapped);
            }
        }
        let fingerprint_key = FingerprintKey::new(&fingerprint_key.ok_or(OpenError::NotSetUp)?);
        // A server that was started late, or a backup that was restored, can have left rows that no key of the vault's
        // own tells of.
        let wrapping = wrapping_keys(&database).await.map_err(unreachable)?;
        if let Some(needed) = wrapping.into_iter().find(|it| master_keys.find(&it.0).is_none()) {
            return Err(OpenError::WrongMasterKey { needed, given: master_keys.ids() });
        }
        let erased = RwLock::default();
        Ok(Self { inner: Arc::new(Inner { database, master_keys, fingerprint_key, erased }) })
    }

    /// These rows were erased: whoever brings one back, it is not read any more. And a row that is not there without having
    /// been erased is lost ([`UnsealError::Lost`]): so all that the log has erased has to be told.
    pub fn note_erased(&self, ids: &[[u8; 16]]) {
        if !ids.is_empty() {
            self.inner.erased.write().unwrap_or_else(PoisonError::into_inner).extend(ids);
        }
    }

    fn is_erased(&self, id: &[u8; 16]) -> bool {
        self.inner.erased.read().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Seals an item with a key of its own. Nothing is stored: the row goes into the append that stores the box, `at` that
    /// instant (microseconds since 1970), which only says where among the others the row will lie.
    pub fn seal(&self, at: i64, subject: Subject<'_>, kind: Kind, plaintext: &[u8]) -> Sealed {
        let randomness = Randomness::draw(at);
        let sealed_box = SealedBox::seal(subject, kind, plaintext, &randomness);
        let row = self.inner.master_keys.first().wrap(
            &randomness.key_id,
            &randomness.key,
            randomness.wrapping_nonce,
        );
        Sealed { sealed_box, row }
    }

    /// Opens boxes, and answers in their order, each with what proves to others that it is what was sealed; none for each whose
    /// key was erased ([`note_erased`](Self::note_erased)).
    pub async fn disclose_many(&self, boxes: &[Boxed<'_>]) -> Result<Vec<Option<Disclosed>>, UnsealError> {
        let ids: Vec<[u8; 16]> = boxes.iter().map(|boxed| boxed.sealed_box.key_id).collect();
        let rows = self.rows(&ids).await?;
        boxes.iter().map(|boxed| self.open_box(boxed, rows.get(&boxed.sealed_box.key_id))).collect()
    }

    /// The rows of those ids that have one, for their fingerprints.
    pub async fn rows(&self, ids: &[[u8; 16]]) -> Result<HashMap<[u8; 16], KeyRow>, UnsealError> {
        let unreachable = |source| UnsealError::Unreachable { boxes: ids.len(), source };
        let mut rows = rows(&self.inner.database, ids).await.map_err(unreachable)?;
        rows.retain(|id, _| !self.is_erased(id));
        Ok(rows)
    }

    /// The ids of at most `limit` rows with this index of an e-mail address, in the order of their ids: those after
    /// `after`.
    pub async fn rows_of_email(
        &self,
        email_index: &[u8; 32],
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> Result<Vec<[u8; 16]>, UnsealError> {
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let wanted = limit - u32::try_from(found.len()).unwrap_or(limit);
            // An id has 16 bytes, and nothing sorts before it.
            let behind = after.as_ref().map_or(&[][..], |it| &it[..]);
            let page = of_email(&self.inner.database, email_index, behind, wanted).await;
            let page = page.map_err(|source| UnsealError::Unreachable { boxes: limit as usize, source })?;
            after = page.last().copied();
            let is_last = page.len() < wanted as usize;
            found.extend(page.into_iter().filter(|id| !self.is_erased(id)));
            if is_last || found.len() == limit as usize {
                return Ok(found);
            }
        }
    }

    /// A keyed fingerprint of some parts: the same parts under the same label always give the same 32 bytes, and
    /// nobody without the key can tell what they were.
    pub fn fingerprint(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.inner.fingerprint_key.fingerprint([label.as_bytes()].into_iter().chain(parts.iter().copied()))
    }

    fn open_box(&self, boxed: &Boxed<'_>, row: Option<&KeyRow>) -> Result<Option<Disclosed>, UnsealError> {
        let Boxed { sealed_box, subject, kind } = boxed;
        let key_id = sealed_box.key_id;
        if sealed_box.suite != SUITE {
            return Err(UnsealError::UnknownSuite { key_id, suite: sealed_box.suite });
        }
        let Some(wrapped) = row.and_then(|row| row.wrapped_key.as_deref()) else {
            return if self.is_erased(&key_id) { Ok(None) } else { Err(UnsealError::Lost { key_id }) };
        };
        // A row that names no master key is the first one's, or nobody's.
        let needed = row.and_then(|row| row.master_key_id).unwrap_or(self.inner.master_keys.first().id().0);
        let Some(master_key) = self.inner.master_keys.find(&needed) else {
            let (needed, given) = (MasterKeyId(needed), self.inner.master_keys.ids());
            return Err(UnsealError::WrongMasterKey { key_id, needed, given });
        };
        let key = master_key.unwrap(&key_id, wrapped);
        let key = key.ok_or(UnsealError::Corrupt { key_id, finding: "its wrapped key does not unwrap" })?;
        sealed_box.open(&key, *subject, *kind).map(Some)
    }
}

/// A key of the vault itself as it is stored.
#[derive(sqlx::FromRow)]
pub(crate) struct StoredKey {
    pub(crate) name: String,
    pub(crate) master_key_id: Vec<u8>,
    pub(crate) check_value: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
}

/// The name of the key that fingerprints are made with. While the master key is rotated, a second row holds the same
/// key as the old master key wraps it: as long as that one is needed, the vault does not open without it.
pub(crate) const FINGERPRINT_KEY: &str = "fingerprint";

pub(crate) fn fingerprint_key_label() -> Vec<u8> {
    length_prefixed(&[b"assent vault key 1", FINGERPRINT_KEY.as_bytes()])
}

impl StoredKey {
    /// The fingerprint key, unwrapped by the master key that it names.
    pub(crate) fn unwrap(&self, master_keys: &MasterKeys) -> Result<Key, OpenError> {
        let Self { name: _, master_key_id, check_value, wrapped } = self;
        let Some(master_key) = master_keys.find(master_key_id) else {
            let needed = MasterKeyId(master_key_id.as_slice().try_into().unwrap_or_default());
            return Err(OpenError::WrongMasterKey { needed, given: master_keys.ids() });
        };
        let is_right = *check_value == master_key.check_value();
        let key = master_key.unwrap_as(&fingerprint_key_label(), wrapped).filter(|_| is_right);
        key.ok_or(OpenError::Corrupt { master_key: master_key.id() })
    }
}

pub(crate) async fn stored_keys(database: &Database) -> sqlx::Result<Vec<StoredKey>> {
    on_database!(database, readers => sqlx::query_as(sql::KEYS).fetch_all(readers).await)
}

/// The master keys that wrap the rows of the vault. It reads all of them, once at a start: seconds where there are
/// millions.
async fn wrapping_keys(database: &Database) -> sqlx::Result<Vec<MasterKeyId>> {
    let ids: Vec<Vec<u8>> =
        on_database!(database, readers => sqlx::query_scalar(sql::WRAPPING).fetch_all(readers).await)?;
    Ok(ids.into_iter().filter_map(|it| it.try_into().ok()).map(MasterKeyId).collect())
}

/// Draws the fingerprint key and stores it wrapped.
async fn set_up(database: &Database, master_key: &MasterKey) -> sqlx::Result<()> {
    let fingerprint_key = Zeroizing::new(crypto::random());
    let wrapped = master_key.wrap_as(&fingerprint_key_label(), &fingerprint_key, crypto::random());
    on_database!(database, writer => {
        sqlx::query(sql::INSERT_KEY)
            .bind(FINGERPRINT_KEY)
            .bind(&master_key.id().0[..])
            .bind(&master_key.check_value()[..])
            .bind(wrapped)
            .execute(writer)
            .await?;
    });
    Ok(())
}

/// Shows which master key is used, never what it is.
impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { database: _, master_keys, fingerprint_key: _, erased: _ } = &*self.inner;
        formatter.debug_struct("Vault").field("master_key", master_keys.first()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use assent_event_log::EventLog;

    use super::*;

    #[tokio::test]
    async fn fingerprints_and_their_wrapped_key_are_for_ever() {
        let master_key = MasterKey::from_bytes([1; 32]);
        let fingerprint_key = Zeroizing::new([7; 32]);
        let wrapped = master_key.wrap_as(&fingerprint_key_label(), &fingerprint_key, [6; 12]);
        let golden = "060606060606060606060606\
                      234bdcf1db837f8a2bb9b074e31a95ed44f98e7b65edea292260441af97a017d\
                      f6b15fc26b4540397d6d4d212bf1213a";
        assert_eq!(hex::encode(wrapped), golden);
        assert!(crate::shown_in_the_format(golden));

        let folder = tempfile::tempdir().unwrap();
        let log = EventLog::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.unwrap();
        let database = log.database().clone();
        let fingerprint_key = FingerprintKey::new(&fingerprint_key);
        let (master_keys, erased) = (master_key.into(), RwLock::default());
        let vault = Vault { inner: Arc::new(Inner { database, master_keys, fingerprint_key, erased }) };
        let golden = "a89ed06e071382af7b3abbe2aa734c67f5baea666a4b6ef6101b04f5c067dcba";
        assert_eq!(hex::encode(vault.fingerprint("e-mail", &[b"ada@example.com", b""])), golden);
        assert!(crate::shown_in_the_format(golden));
    }
}
