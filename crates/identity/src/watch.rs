//! Keeps keys as new as their issuers have them.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::watch::Receiver;
use tokio::time::sleep;
use tracing::{error, info, warn};

use crate::authority::Authority;
use crate::issuer::Issuer;
use crate::source::Source;

/// How often a file is looked at.
const FILE_EVERY: Duration = Duration::from_secs(5);
/// How soon keys are tried again that could not be read; twice as late each time, up to the configured interval.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// Reads every issuer's keys again: each at its interval, when a token names a key that is not known, and all when `asks`
/// changes. Never ends.
pub async fn watch(authority: Arc<Authority>, asks: Receiver<()>) {
    join_all(authority.issuers.iter().map(|it| keep(it, asks.clone()))).await;
}

async fn keep(issuer: &Issuer, mut asks: Receiver<()>) {
    let (every, read_already) = match issuer.source() {
        Source::File(_) => (FILE_EVERY, true),
        Source::Address(_) => (Duration::from_secs(issuer.config.refresh_seconds.into()), false),
    };
    let mut failed: Option<Failed> = None;
    let mut is_due = !read_already;
    loop {
        if is_due {
            failed = refresh(issuer, failed, every).await;
        }
        tokio::select! {
            () = sleep(failed.as_ref().map_or(every, |it| it.again)) => {}
            () = issuer.is_asked() => {}
            Ok(()) = asks.changed() => {}
        }
        is_due = true;
    }
}

/// Keys that could not be read.
struct Failed {
    /// How soon they are tried again.
    again: Duration,
    /// What was said of it.
    said: String,
}

/// Reads the keys, and says what is new: a failure once, and not as often as it is tried.
async fn refresh(issuer: &Issuer, failed: Option<Failed>, every: Duration) -> Option<Failed> {
    let (of, source) = (&issuer.config.issuer, issuer.source());
    match issuer.read().await {
        Ok(changed) => {
            if changed.keys && !changed.none {
                info!(issuer = of, %source, ignored = changed.ignored, "the issuer's keys are others now");
            } else if failed.is_some() && !changed.none {
                info!(issuer = of, %source, "the issuer's keys can be read again");
            }
            None
        }
        Err(error) => {
            let is_usable = matches!(issuer.current(), Ok(Some(_)));
            let what = match is_usable {
                true => "an issuer's keys could not be read: the last ones are used on",
                false => "an issuer's keys could not be read: its tokens are refused",
            };
            let said = format!("{what}: {}", chain(&error));
            match failed.as_ref().is_some_and(|it| it.said == said) {
                true => {}
                false if is_usable => warn!(issuer = of, %source, "{said}"),
                false => error!(issuer = of, %source, "{said}"),
            }
            let again = failed.map_or(RETRY_FIRST, |it| (it.again * 2).min(every));
            Some(Failed { again, said })
        }
    }
}

/// An error with its sources, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
