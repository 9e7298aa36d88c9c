//! Who a call's credential says that it is.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use assent_domain::values::Instant;
use http::header::{AUTHORIZATION, HeaderMap};

use crate::address::Address;
use crate::cache::{Cache, Verified};
use crate::caller::Caller;
use crate::certificate::{Certificates, PeerCertificate};
use crate::config::{IdentityConfig, IssuerConfig};
use crate::finding::Finding;
use crate::issuer::{Issuer, ReadError};
use crate::source::Source;
use crate::token::{NotVerified, Token};

/// The scheme of a token in the header `authorization` (RFC 6750, section 2.1), in whatever case.
const BEARER: &str = "bearer ";
const LEEWAY_SECONDS_MAX: u32 = 300;
const USER_PREFIX_BYTES_MAX: usize = 64;
const REFRESH_SECONDS: std::ops::RangeInclusive<u32> = 10..=24 * 60 * 60;

/// Those whose credentials are believed: issuers of tokens, and certificates.
#[derive(Debug)]
pub struct Authority {
    pub(crate) issuers: Vec<Issuer>,
    certificates: Certificates,
}

/// Why nobody could be told from anybody else.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentences say it")]
pub enum IdentityError {
    /// The configuration contradicts itself.
    #[error("[identity] is not right: {0}")]
    Config(String),
    /// The keys of an issuer can't be used.
    #[error("the keys of {issuer} in {source_name}")]
    Keys {
        issuer: String,
        source_name: String,
        #[source]
        source: ReadError,
    },
}

/// What a call shows.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// Whose call it is.
    Caller(Arc<Caller>),
    /// No credential at all.
    Nothing,
    /// A token whose key is not known yet: [`Authority::ask`], and look once more.
    UnknownKey(IssuerNumber),
    /// A token that is not remembered, and was not to be looked at.
    NotLookedAt,
}

/// An issuer of an [`Authority`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuerNumber(usize);

impl Authority {
    /// Checks the configuration, and reads what lies in files. Addresses are asked by [`crate::watch`], so that a server
    /// starts although an issuer is down: its tokens are refused until then.
    pub async fn new(config: &IdentityConfig) -> Result<Self, IdentityError> {
        let certificates = Certificates::new(&config.certificates).map_err(IdentityError::Config)?;
        check(config, &certificates).map_err(IdentityError::Config)?;
        let mut issuers = Vec::new();
        for one in &config.issuers {
            let source = source(one)
                .map_err(|it| IdentityError::Config(format!("of the issuer `{}`, {it}", one.issuer)))?;
            issuers.push(Issuer::new(one.clone(), source));
        }
        for issuer in &issuers {
            if let Source::File(path) = issuer.source() {
                let failed = |source| IdentityError::Keys {
                    issuer: issuer.config.issuer.clone(),
                    source_name: Path::display(path).to_string(),
                    source,
                };
                issuer.read().await.map_err(failed)?;
            }
        }
        Ok(Self { issuers, certificates })
    }

    /// What a client's certificate, which TLS has verified, says.
    pub fn peer(&self, der: &[u8]) -> Result<PeerCertificate, Finding> {
        self.certificates.peer(der)
    }

    /// Has an issuer's keys read again, where that was not done just now, and waits a while for them.
    pub async fn ask(&self, IssuerNumber(number): IssuerNumber) -> Result<(), Finding> {
        let issuer = &self.issuers[number];
        issuer.ask().await;
        match issuer.current()? {
            Some(_) => Ok(()),
            None => Err(Finding::KEYS_UNREAD),
        }
    }

    fn verify(&self, text: &str, now: Instant) -> Result<Result<Verified, IssuerNumber>, Finding> {
        let token = Token::parse(text)?;
        let by = token.claims.issuer()?;
        let number = self.issuers.iter().position(|it| it.config.issuer == by);
        let number =
            number.ok_or(Finding("was issued by somebody whom this server does not trust (claim `iss`)"))?;
        let issuer = &self.issuers[number];
        token.check_algorithm(&issuer.config.algorithms)?;
        let Some(current) = issuer.current()? else { return Ok(Err(IssuerNumber(number))) };
        match issuer.verify(&token, &current) {
            Ok(()) => {}
            Err(NotVerified::UnknownKey) => return Ok(Err(IssuerNumber(number))),
            Err(NotVerified::Bad(finding)) => return Err(finding),
        }
        token.claims.check_audience(&issuer.config.audiences)?;
        let validity = token.claims.validity(issuer.config.leeway_seconds)?;
        validity.check(now)?;
        let caller = Arc::new(token.claims.caller(&issuer.config.user_prefix)?);
        Ok(Ok(Verified { caller, validity, issuer: number, generation: current.generation }))
    }
}

/// The desk at which a worker's calls show their credentials. Each worker has one, so that none waits for another.
pub struct Desk {
    authority: Arc<Authority>,
    cache: Mutex<Cache>,
}

impl Desk {
    /// A desk that has seen nobody yet.
    pub fn new(authority: Arc<Authority>) -> Self {
        Self { authority, cache: Mutex::new(Cache::new()) }
    }

    /// Whose credentials are believed here.
    pub const fn authority(&self) -> &Arc<Authority> {
        &self.authority
    }

    /// Who calls. Of a token and a certificate the token names the caller. A token that is not remembered costs a signature
    /// check: `may_look` is asked before.
    pub fn caller(
        &self,
        headers: &HeaderMap,
        certificate: Option<&PeerCertificate>,
        now: Instant,
        may_look: impl FnOnce() -> bool,
    ) -> Result<Shown, Finding> {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        match (shown.next(), shown.next(), certificate) {
            (Some(header), None, _) => self.token(header.as_bytes(), now, may_look),
            (Some(_), Some(_), _) => Err(Finding("is there twice")),
            (None, _, Some(certificate)) => certificate.caller(now).map(Shown::Caller),
            (None, _, None) => Ok(Shown::Nothing),
        }
    }

    fn token(&self, header: &[u8], now: Instant, may_look: impl FnOnce() -> bool) -> Result<Shown, Finding> {
        let token = header
            .split_at_checked(BEARER.len())
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BEARER.as_bytes()))
            .ok_or(Finding("is no bearer token: `authorization: Bearer ...`"))?
            .1;
        // A cache whose owner panicked is still a cache.
        let known = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(token);
        if let Some(known) = known
            && self.authority.issuers[known.issuer].is_current(known.generation)
        {
            known.validity.check(now)?;
            return Ok(Shown::Caller(known.caller));
        }
        if !may_look() {
            return Ok(Shown::NotLookedAt);
        }
        let text = str::from_utf8(token).map_err(|_| Finding("is no text"))?;
        match self.authority.verify(text, now)? {
            Ok(verified) => {
                let caller = verified.caller.clone();
                self.cache.lock().unwrap_or_else(PoisonError::into_inner).put(token, verified);
                Ok(Shown::Caller(caller))
            }
            Err(unknown) => Ok(Shown::UnknownKey(unknown)),
        }
    }
}

fn check(config: &IdentityConfig, certificates: &Certificates) -> Result<(), String> {
    let has_client_ca = config.tls.as_ref().is_some_and(|it| it.client_ca.is_some());
    let needs_client_ca = config.tls.as_ref().is_some_and(|it| it.client_certificate_required);
    if config.issuers.is_empty() && certificates.is_empty() {
        return Err("it has neither `issuers` nor `certificates`, so that nobody could call".to_owned());
    }
    if !certificates.is_empty() && !has_client_ca {
        return Err("`certificates` need `tls.client_ca`, by which they are verified".to_owned());
    }
    if needs_client_ca && !has_client_ca {
        return Err("`tls.client_certificate_required` needs `tls.client_ca`".to_owned());
    }
    for (at, issuer) in config.issuers.iter().enumerate() {
        let of = |what: &str| Err(format!("of the issuer `{}`, {what}", issuer.issuer));
        if issuer.issuer.is_empty() {
            return Err("an issuer has no name (`issuer`)".to_owned());
        }
        if config.issuers[..at].iter().any(|it| it.issuer == issuer.issuer) {
            return of("there are two");
        }
        if issuer.audiences.is_empty() || issuer.audiences.iter().any(String::is_empty) {
            return of("`audiences` must name this server, or tokens for others would open it");
        }
        if issuer.algorithms.is_empty() {
            return of("`algorithms` is empty, so that no token would hold");
        }
        if issuer.leeway_seconds > LEEWAY_SECONDS_MAX {
            return of("`leeway_seconds` must be at most 300");
        }
        if !REFRESH_SECONDS.contains(&issuer.refresh_seconds) {
            return of("`refresh_seconds` must be from 10 to 86400");
        }
        if issuer.max_age_seconds < issuer.refresh_seconds {
            return of("`max_age_seconds` must be at least `refresh_seconds`");
        }
    }
    check_users(config)
}

/// Refuses issuers and certificates that could name one user by two of them: exports, rates and the record of who acted would
/// take two people for one.
fn check_users(config: &IdentityConfig) -> Result<(), String> {
    let is_alone = config.issuers.len() == 1 && config.certificates.is_empty();
    for (at, issuer) in config.issuers.iter().enumerate() {
        let (name, prefix) = (&issuer.issuer, &issuer.user_prefix);
        if prefix.len() > USER_PREFIX_BYTES_MAX || !prefix.bytes().all(|it| it.is_ascii_graphic()) {
            return Err(format!(
                "of the issuer `{name}`, `user_prefix` must be at most 64 visible ASCII characters"
            ));
        }
        if prefix.is_empty() && !is_alone {
            return Err(format!(
                "of the issuer `{name}`, `user_prefix` must be there: its users' ids begin with it, and are told by it from those \
                 of other issuers and of certificates"
            ));
        }
        let others = config.issuers[..at].iter();
        let mut alike =
            others.filter(|it| it.user_prefix.starts_with(prefix) || prefix.starts_with(&it.user_prefix));
        if let Some(other) = alike.next() {
            return Err(format!(
                "the issuers `{}` and `{name}` could name one user: `user_prefix` of one begins with that of the other",
                other.issuer
            ));
        }
        if let Some(it) = config.certificates.iter().find(|it| it.user_id.starts_with(prefix)) {
            return Err(format!(
                "`user_id` of the certificate `{}` begins with `user_prefix` of the issuer `{name}`, so that it could be a user of \
                 both",
                it.name
            ));
        }
    }
    Ok(())
}

fn source(config: &IssuerConfig) -> Result<Source, String> {
    match (&config.jwks_file, &config.jwks_url) {
        (Some(path), None) => Ok(Source::File(path.clone())),
        (None, Some(url)) => {
            let address = Address::new(url, config.jwks_ca.as_deref())?;
            Ok(Source::Address(Box::new(address)))
        }
        _ => Err("exactly one of `jwks_file` and `jwks_url` must say where its keys are".to_owned()),
    }
}
