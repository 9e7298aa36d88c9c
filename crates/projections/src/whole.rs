//! The whole ledger, checked in one walk of the log: the stored bytes, what they mean, and the rows made of them.

use std::collections::HashSet;

use assent_domain::privacy::KeyId;
use assent_event_log::{EventLog, OpenError, Verdict, VerifyError, verify_passing_on};
use tokio::sync::mpsc;

use crate::start::StartError;
use crate::views::audit_walked;
use crate::{Alike, RequestKeys, Unlike, Views, ViewsError};

/// How many pages of entries wait to be decoded.
const PAGES_WAITING: usize = 2;

/// What checking a whole ledger came to. What is wrong with the bytes comes first: where the log is broken, what is left of
/// it means nothing.
#[derive(Debug)]
pub struct Whole {
    /// The stored bytes.
    pub log: Verdict,
    /// What they mean; none where they are broken.
    pub meaning: Option<Result<Result<Alike, Unlike>, WholeError>>,
}

/// Why what a log means could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum WholeError {
    /// The log does not open.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// It could not be folded, or the read models not be read.
    #[error("{0}")]
    Fold(#[from] StartError),
}

/// Reads the log once: checks its bytes ([`assent_event_log::verify`]) and, meanwhile, what they mean
/// ([`audit`](crate::audit)). `erased` are vault rows of which is known that they were erased, even where the log does not
/// know it any more: it was taken back since.
pub async fn verify_whole(
    url: &str,
    keys: RequestKeys,
    erased: &HashSet<KeyId>,
    progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Whole, VerifyError> {
    let (pages, walked) = mpsc::channel(PAGES_WAITING);
    let at = url.to_owned();
    let mut walk = tokio::spawn(async move { verify_passing_on(&at, pages, progress).await });
    let meaning = meaning(url, keys, erased, walked);
    tokio::pin!(meaning);
    let panicked = |ended| VerifyError::Read(assent_event_log::ReadError::ended("check the log", ended));
    tokio::select! {
        log = &mut walk => match log.map_err(panicked)?? {
            log @ Verdict::Whole(_) => Ok(Whole { log, meaning: Some(meaning.await) }),
            log @ Verdict::Broken(_) => Ok(Whole { log, meaning: None }),
        },
        // The walk goes on without anybody who takes its pages.
        meaning = &mut meaning => match walk.await.map_err(panicked)?? {
            log @ Verdict::Whole(_) => Ok(Whole { log, meaning: Some(meaning) }),
            log @ Verdict::Broken(_) => Ok(Whole { log, meaning: None }),
        },
    }
}

async fn meaning(
    url: &str,
    keys: RequestKeys,
    erased: &HashSet<KeyId>,
    walked: mpsc::Receiver<Vec<assent_event_log::StoredEntry>>,
) -> Result<Result<Alike, Unlike>, WholeError> {
    let log = EventLog::open_read_only(url).await?;
    let views = match Views::open_read_only(&log).await {
        Ok(views) => Some(views),
        // A ledger whose server has not made them yet has none.
        Err(ViewsError::Missing) => None,
        Err(error) => return Err(StartError::from(error).into()),
    };
    let meaning = audit_walked(&log, views.as_ref(), keys, erased, walked).await;
    if let Some(views) = &views {
        views.close().await;
    }
    log.close().await;
    Ok(meaning?)
}
