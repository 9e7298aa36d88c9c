//! An issuer, and the keys that it has now.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, watch};
use tokio::time::{self, timeout};
use tracing::error;

use crate::config::IssuerConfig;
use crate::finding::Finding;
use crate::keys::{KeySet, KeySetError};
use crate::source::{Source, SourceError};
use crate::token::{NotVerified, Token};

/// How often an unknown key may have the keys read again, at most: whoever sends tokens chooses the key's name.
const ASKED_EVERY: Duration = Duration::from_secs(5);
/// How long a call waits for keys that are read because of its token.
const ASKED_WAIT_MAX: Duration = Duration::from_secs(3);
/// What is said of an issuer that has withdrawn its last key.
const NO_KEYS: &str = "the issuer has no key that can be used here: its tokens are refused";

/// An issuer of tokens.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) config: IssuerConfig,
    source: Source,
    current: ArcSwapOption<Current>,
    /// Wakes the task that reads the keys.
    asked: Notify,
    /// How often the keys were read, or tried to be.
    tried: watch::Sender<u64>,
    last_asked: Mutex<Option<Asked>>,
}

/// Keys that were read because somebody's token named an unknown one.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: time::Instant,
    /// How often they had been read before.
    tried: u64,
}

/// The keys that an issuer has now.
#[derive(Debug)]
pub(crate) struct Current {
    keys: KeySet,
    json: Arc<[u8]>,
    /// Changes with the keys.
    pub(crate) generation: u64,
    /// When they were last read.
    read_at: time::Instant,
}

impl Issuer {
    pub(crate) fn new(config: IssuerConfig, source: Source) -> Self {
        let (tried, _) = watch::channel(0);
        Self {
            config,
            source,
            current: ArcSwapOption::empty(),
            asked: Notify::new(),
            tried,
            last_asked: Mutex::new(None),
        }
    }

    /// The keys, unless they are too old to be believed; none before they were first read.
    pub(crate) fn current(&self) -> Result<Option<Arc<Current>>, Finding> {
        let current = self.current.load_full();
        match current.as_ref().is_some_and(|it| self.is_too_old(it)) {
            true => Err(Finding::KEYS_TOO_OLD),
            false => Ok(current),
        }
    }

    /// Whether these keys are still those that it has, and may be believed.
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        let current = self.current.load();
        current.as_ref().is_some_and(|it| it.generation == generation && !self.is_too_old(it))
    }

    fn is_too_old(&self, current: &Current) -> bool {
        current.read_at.elapsed() > Duration::from_secs(self.config.max_age_seconds.into())
    }

    /// Refuses a token that is not signed by one of these keys.
    pub(crate) fn verify(&self, token: &Token<'_>, current: &Current) -> Result<(), NotVerified> {
        token.verify(&current.keys)
    }

    /// Has the keys read again, where that was not done just now, and waits a while for them.
    pub(crate) async fn ask(&self) {
        let mut tried = self.tried.subscribe();
        let before = {
            // Whoever panicked here left an instant, which is as good as any.
            let mut last = self.last_asked.lock().unwrap_or_else(PoisonError::into_inner);
            let now = *tried.borrow_and_update();
            match *last {
                // They are being read: the answer is for this token, too.
                Some(it) if it.tried == now => it.tried,
                Some(it) if it.at.elapsed() < ASKED_EVERY => return,
                _ => {
                    *last = Some(Asked { at: time::Instant::now(), tried: now });
                    self.asked.notify_one();
                    now
                }
            }
        };
        // Late or not: the token is looked at once more with what there is.
        let _ = timeout(ASKED_WAIT_MAX, tried.wait_for(|it| *it > before)).await;
    }

    /// Resolves when somebody asks for newer keys.
    pub(crate) async fn is_asked(&self) {
        self.asked.notified().await;
    }

    /// Reads the keys. What can't be read leaves those that were there; a set without a usable key leaves none.
    pub(crate) async fn read(&self) -> Result<Changed, ReadError> {
        let json = self.source.read().await;
        let read = json.map_err(ReadError::from).and_then(|json| self.take(json));
        if let Ok(Changed { keys: true, ignored, none: true }) = read {
            error!(issuer = self.config.issuer, source = %self.source, ignored, "{NO_KEYS}");
        }
        self.tried.send_modify(|it| *it += 1);
        read
    }

    fn take(&self, json: Vec<u8>) -> Result<Changed, ReadError> {
        let read_at = time::Instant::now();
        let before = self.current.load_full();
        let generation = before.as_ref().map_or(0, |it| it.generation);
        let is_same = before.is_some_and(|it| *it.json == *json);
        let keys = KeySet::parse(&json)?;
        let changed = Changed { keys: !is_same, ignored: keys.ignored, none: keys.is_empty() };
        let generation = if is_same { generation } else { generation + 1 };
        self.current.store(Some(Arc::new(Current { keys, json: json.into(), generation, read_at })));
        Ok(changed)
    }

    /// Where its keys come from, for the log.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }
}

/// What became of the keys when they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Whether they are others than before.
    pub(crate) keys: bool,
    /// How many keys of the set can't be used here.
    pub(crate) ignored: usize,
    /// Whether no key of the set can be used.
    pub(crate) none: bool,
}

/// Why keys could not be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each is its source")]
pub enum ReadError {
    #[error("could not be read")]
    Source(#[from] SourceError),
    #[error("can't be used")]
    Keys(#[from] KeySetError),
}
