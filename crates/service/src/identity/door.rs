//! Where a call shows who it is.

use std::sync::Arc;

use assent_identity::{Authority, Caller, Desk, Finding, IssuerNumber, Shown};
use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};

use crate::clock::SystemClock;
use crate::error::Error;
use crate::serve::Peer;

/// Where a worker's calls show who they are.
pub(crate) struct Door {
    desk: Option<Desk>,
    /// Who calls without a credential: a developer, on a server for developers.
    nobody: Option<Arc<Caller>>,
}

impl Door {
    /// A door of a server with these authorities, or of one for developers, or both.
    pub(crate) fn new(authority: Option<Arc<Authority>>, dev: bool) -> Self {
        let nobody = dev.then(|| Arc::new(Caller::developer()));
        Self { desk: authority.map(Desk::new), nobody }
    }

    /// Who calls, where that is known without waiting; or the issuer whose keys are to be asked for.
    pub(crate) fn look(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Result<Arc<Caller>, IssuerNumber>, Error> {
        let invalid = |it: Finding| Error::CredentialInvalid { finding: it.0 };
        let certificate = extensions.get::<Peer>().and_then(|it| it.certificate.as_deref());
        let shown = match (&self.desk, certificate) {
            (Some(_), Some(Err(finding))) if !headers.contains_key(AUTHORIZATION) => {
                return Err(invalid(*finding));
            }
            (Some(desk), certificate) => {
                let certificate = certificate.and_then(|it| it.as_ref().ok());
                desk.caller(headers, certificate, SystemClock.now()).map_err(invalid)?
            }
            // A server that believes nobody lets nobody pass as somebody.
            (None, _) if headers.contains_key(AUTHORIZATION) => {
                let finding = "can't be verified: this server for developers has no [identity]";
                return Err(Error::CredentialInvalid { finding });
            }
            (None, _) => Shown::Nothing,
        };
        match (shown, &self.nobody) {
            (Shown::Caller(caller), _) => Ok(Ok(caller)),
            (Shown::UnknownKey(issuer), _) => Ok(Err(issuer)),
            (Shown::Nothing, Some(developer)) => Ok(Ok(developer.clone())),
            (Shown::Nothing, None) => Err(Error::CredentialMissing),
        }
    }

    /// The same, after the issuer's keys were asked for.
    pub(crate) async fn look_again(
        &self,
        issuer: IssuerNumber,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Arc<Caller>, Error> {
        if let Some(desk) = &self.desk {
            let asked = desk.authority().ask(issuer).await;
            asked.map_err(|it| Error::CredentialInvalid { finding: it.0 })?;
        }
        let finding = "names a key that its issuer does not have";
        self.look(headers, extensions)?.map_err(|_| Error::CredentialInvalid { finding })
    }
}
