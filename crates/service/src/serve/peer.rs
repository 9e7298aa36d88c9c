//! Who is at the other end of a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use assent_identity::{Finding, PeerCertificate};

use parking_lot::Mutex;

use super::network::Network;
use crate::identity::Refused;

/// Who is at the other end of a connection: an extension of each of its requests.
#[derive(Clone, Debug)]
pub(crate) struct Peer(Arc<End>);

#[derive(Debug)]
struct End {
    from: Network,
    certificate: Option<Result<PeerCertificate, Finding>>,
    is_known: AtomicBool,
    /// How many of its credentials did not hold before one did.
    refused_before: AtomicU32,
    /// Of its credentials, since somebody was let in.
    refused: Mutex<Option<Refused>>,
}

impl Peer {
    /// Somebody who was let in nowhere yet, and what its certificate says, which one of the clients' authorities has signed.
    pub(crate) fn new(from: Network, certificate: Option<Result<PeerCertificate, Finding>>) -> Self {
        let (is_known, refused_before) = (AtomicBool::new(false), AtomicU32::new(0));
        Self(Arc::new(End { from, certificate, is_known, refused_before, refused: Mutex::new(None) }))
    }

    /// Where it comes from.
    pub(crate) fn from(&self) -> Network {
        self.0.from
    }

    /// What the certificate that it showed says; none: it showed none.
    pub(crate) fn certificate(&self) -> Option<&Result<PeerCertificate, Finding>> {
        self.0.certificate.as_ref()
    }

    /// Whether a credential has held on this connection.
    pub(crate) fn is_known(&self) -> bool {
        self.0.is_known.load(Ordering::Relaxed)
    }

    /// How many credentials did not hold on this connection before one did.
    pub(crate) fn refused_before(&self) -> u32 {
        self.0.refused_before.load(Ordering::Relaxed)
    }

    /// One more did not.
    pub(crate) fn refuse_before(&self) {
        self.0.refused_before.fetch_add(1, Ordering::Relaxed);
    }

    /// What was refused of the credentials that it showed after one had held.
    pub(crate) fn refused(&self) -> &Mutex<Option<Refused>> {
        &self.0.refused
    }

    /// A credential has held.
    pub(crate) fn let_in(&self) {
        // Read first: nearly every call finds it done, and what is only read is not taken from other cores.
        if !self.is_known() {
            self.0.is_known.store(true, Ordering::Relaxed);
        }
    }
}
