//! What callers are told from each other by, read at the start and kept as new as its files.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use assent_identity::{Authority, IdentityConfig, IdentityError, ServerTls, TlsError, watch as watch_keys};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{error, info, warn};

use super::door::Door;
use super::refusals::Refusals;
use crate::clock::SystemClock;
use crate::error::chain;

/// How often the certificate's files are looked at.
const FILES_EVERY: Duration = Duration::from_secs(5);
/// How long before its end a certificate that was not renewed is spoken of.
const ENDS_SOON_MICROS: i64 = 14 * 24 * 60 * 60 * 1_000_000;
/// How often it is spoken of.
const SPOKEN_EVERY: u32 = 12 * 60;

/// What callers are told from each other by, and what connections are encrypted with.
#[derive(Clone, Default)]
pub(crate) struct Identity {
    pub(crate) authority: Option<Arc<Authority>>,
    pub(crate) tls: Option<Arc<ServerTls>>,
    /// A call without a credential is a developer's.
    dev: bool,
    /// Whose credentials did not hold, at whichever door.
    refusals: Arc<Refusals>,
}

/// Why nobody can be told from anybody else.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum NoIdentity {
    #[error("{0}")]
    Authority(#[from] IdentityError),
    #[error("TLS can't be served")]
    Tls(#[from] TlsError),
}

impl Identity {
    /// Reads what the configuration names.
    pub(crate) async fn open(config: Option<&IdentityConfig>, dev: bool) -> Result<Self, NoIdentity> {
        let Some(config) = config else { return Ok(Self { dev, ..Self::default() }) };
        let tls = config.tls.as_ref().map(ServerTls::new).transpose()?.map(Arc::new);
        let authority = Some(Arc::new(Authority::new(config).await?));
        Ok(Self { authority, tls, dev, ..Self::default() })
    }

    /// A door for one worker.
    pub(crate) fn door(&self) -> Door {
        Door::new(self.authority.clone(), self.dev, Arc::clone(&self.refusals))
    }
}

/// SIGHUP, heard from here on and until the process ends, even if nobody listens: by default it would end the process.
pub(crate) fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Keeps keys and certificates as new as they are where they come from, until told to stop. SIGHUP has all of them looked
/// at now.
pub(crate) async fn keep(identity: Identity, mut hangups: Signal, mut stopping: watch::Receiver<bool>) {
    // Who reads nothing has nothing to look at.
    let Some(authority) = identity.authority else { return };
    let (asked, asks) = watch::channel(());
    let hangups = async {
        while hangups.recv().await.is_some() {
            asked.send_replace(());
        }
        std::future::pending().await
    };
    let certificates = async {
        match &identity.tls {
            Some(tls) => keep_certificate(tls, asks.clone()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = watch_keys(authority, asks.clone()) => {}
        () = certificates => {}
        () = hangups => {}
        _ = stopping.wait_for(|it| *it) => {}
    }
}

async fn keep_certificate(tls: &ServerTls, mut asks: watch::Receiver<()>) {
    let path = tls.certificate().display();
    let mut failed = String::new();
    let mut looked: u32 = 0;
    loop {
        let left = tls.until().micros() - SystemClock.now().micros();
        if left < ENDS_SOON_MICROS && looked.is_multiple_of(SPOKEN_EVERY) {
            let until = tls.until();
            match left > 0 {
                true => warn!(certificate = %path, %until, "the server's certificate ends soon: renew it"),
                false => {
                    error!(certificate = %path, %until, "the server's certificate has expired: renew it")
                }
            }
        }
        looked = looked.wrapping_add(1);
        tokio::select! {
            () = sleep(FILES_EVERY) => {}
            changed = asks.changed() => if changed.is_err() { return },
        }
        match tls.reload() {
            Ok(false) => failed.clear(),
            Ok(true) => {
                failed.clear();
                looked = 0;
                info!(certificate = %path, until = %tls.until(), "new connections get the new certificate");
            }
            // Said once for each reason, and not every few seconds.
            Err(error) => {
                let error = chain(&error);
                if error != failed {
                    error!(%error, "the new files can't be used: new connections get the certificate of before");
                    failed = error;
                }
            }
        }
    }
}
