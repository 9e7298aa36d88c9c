//! Where a call shows who it is.

use std::sync::Arc;

use assent_identity::{Authority, Caller, Desk, Finding, IssuerNumber, Shown};
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use tokio::time::Instant;

use super::refusals::Refusals;
use crate::clock::SystemClock;
use crate::error::{Error, Limit};
use crate::serve::Peer;

/// Where a worker's calls show who they are.
pub(crate) struct Door {
    desk: Option<Desk>,
    /// Who calls without a credential: a developer, on a server for developers.
    nobody: Option<Arc<Caller>>,
    refusals: Arc<Refusals>,
}

impl Door {
    /// A door of a server with these authorities, or of one for developers, or both.
    pub(crate) fn new(authority: Option<Arc<Authority>>, dev: bool, refusals: Arc<Refusals>) -> Self {
        let nobody = dev.then(|| Arc::new(Caller::developer()));
        Self { desk: authority.map(Desk::new), nobody, refusals }
    }

    /// Who calls, where that is known without waiting; or the issuer whose keys are to be asked for.
    pub(crate) fn look(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Result<Arc<Caller>, IssuerNumber>, Error> {
        let peer = extensions.get::<Peer>();
        let certificate = peer.and_then(Peer::certificate);
        let shown = match (&self.desk, certificate) {
            (Some(_), Some(Err(finding))) if !headers.contains_key(AUTHORIZATION) => {
                return Err(invalid(*finding));
            }
            (Some(desk), certificate) => {
                let certificate = certificate.and_then(|it| it.as_ref().ok());
                let mut wait = None;
                let may_look = || {
                    wait = peer.and_then(|it| self.refusals.wait(it, Instant::now()));
                    wait.is_none()
                };
                let shown = desk.caller(headers, certificate, SystemClock.now(), may_look);
                if let Some(retry_after) = wait {
                    return Err(Error::RateLimited { limit: Limit::RefusedCredentials, retry_after });
                }
                shown.map_err(|it| self.refused(peer, it))?
            }
            // A server that believes nobody lets nobody pass as somebody.
            (None, _) if headers.contains_key(AUTHORIZATION) => {
                return Err(invalid(Finding(
                    "can't be verified: this server for developers has no [identity]",
                )));
            }
            (None, _) => Shown::Nothing,
        };
        let caller = match (shown, &self.nobody) {
            (Shown::Caller(caller), _) => caller,
            (Shown::UnknownKey(issuer), _) => return Ok(Err(issuer)),
            (Shown::Nothing, Some(developer)) => developer.clone(),
            (Shown::Nothing | Shown::NotLookedAt, _) => return Err(Error::CredentialMissing),
        };
        if let Some(peer) = peer {
            peer.let_in();
        }
        Ok(Ok(caller))
    }

    /// The same, after the issuer's keys were asked for.
    pub(crate) async fn look_again(
        &self,
        issuer: IssuerNumber,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Arc<Caller>, Error> {
        let peer = extensions.get::<Peer>();
        if let Some(desk) = &self.desk {
            let asked = desk.authority().ask(issuer).await;
            asked.map_err(|it| self.refused(peer, it))?;
        }
        let unknown = Finding("names a key that its issuer does not have");
        self.look(headers, extensions)?.map_err(|_| self.refused(peer, unknown))
    }

    /// A token did not hold, or could not be verified now: that is not its caller's doing, and costs no signature check.
    fn refused(&self, peer: Option<&Peer>, finding: Finding) -> Error {
        if let Some(peer) = peer
            && !finding.is_for_now()
        {
            self.refusals.count(peer, Instant::now());
        }
        invalid(finding)
    }
}

const fn invalid(finding: Finding) -> Error {
    Error::CredentialInvalid { finding: finding.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Network;

    fn wait_after(finding: Finding) -> Option<std::time::Duration> {
        let (refusals, peer) = (Arc::default(), Peer::new(Network::of([192, 0, 2, 1].into()), None));
        let door = Door::new(None, true, Arc::clone(&refusals));
        for _ in 0..1_000 {
            let error = door.refused(Some(&peer), finding);
            assert!(matches!(error, Error::CredentialInvalid { .. }), "{error:?}");
        }
        refusals.wait(&peer, Instant::now())
    }

    #[test]
    fn a_token_that_can_not_be_verified_now_is_refused_and_not_counted() {
        assert_eq!(wait_after(Finding::KEYS_UNREAD), None);
        assert_eq!(wait_after(Finding::KEYS_TOO_OLD), None);
        assert!(wait_after(Finding("is not signed by its issuer")).is_some());
    }
}
