//! What a token or a certificate says of its caller, parsed once.

use assent_domain::values::{Instant, PartnerId, Role};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::caller::{Caller, Partners};
use crate::config::CertificateConfig;
use crate::finding::Finding;
use crate::scope::{Scope, Scopes};

/// The longest user id, in bytes.
const USER_ID_BYTES_MAX: usize = 128;
/// What stands for every partner.
const EVERY: &str = "*";
const MICROS: f64 = 1_000_000.0;
/// NumericDates beyond the year 9999 are meant as "never".
const SECONDS_MAX: f64 = 253_402_300_799.0;

/// The claims of a token that are looked at. A claim that is there twice is an error of the parser.
#[derive(Deserialize)]
pub(crate) struct Claims {
    #[serde(default, deserialize_with = "there")]
    iss: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    sub: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    aud: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    exp: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    nbf: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    cnf: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    scope: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    assent_partners: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    assent_roles: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    assent_shared_account: Option<Value>,
}

/// What is there, even where it is `null`: only what is not there at all is absent.
pub(crate) fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The instants between which a token holds, leeway included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    /// From this one on.
    pub(crate) from: Instant,
    /// Before this one.
    pub(crate) until: Instant,
}

impl Validity {
    pub(crate) fn check(self, now: Instant) -> Result<(), Finding> {
        if now >= self.until {
            return Err(Finding("has expired"));
        }
        if now < self.from { Err(Finding("is not valid yet")) } else { Ok(()) }
    }
}

impl Claims {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, Finding> {
        serde_json::from_slice(json)
            .map_err(|_| Finding("has claims that are no JSON object, or one of them twice"))
    }

    /// Who issued it.
    pub(crate) fn issuer(&self) -> Result<&str, Finding> {
        match &self.iss {
            Some(Value::String(issuer)) => Ok(issuer),
            Some(_) => Err(Finding("has a claim `iss` that is no text")),
            None => Err(Finding("has no claim `iss`")),
        }
    }

    /// Refuses a token for others.
    pub(crate) fn check_audience(&self, audiences: &[String]) -> Result<(), Finding> {
        let is_ours = |it: &str| audiences.iter().any(|ours| ours == it);
        let is_for_us = match &self.aud {
            Some(Value::String(it)) => is_ours(it),
            Some(Value::Array(all)) => {
                let all = texts(all).ok_or(Finding("has a claim `aud` that is neither text nor texts"))?;
                all.into_iter().any(is_ours)
            }
            Some(_) => return Err(Finding("has a claim `aud` that is neither text nor texts")),
            None => return Err(Finding("has no claim `aud`")),
        };
        if is_for_us { Ok(()) } else { Err(Finding("was issued for another server (claim `aud`)")) }
    }

    /// When it holds.
    pub(crate) fn validity(&self, leeway_seconds: u32) -> Result<Validity, Finding> {
        let leeway = i64::from(leeway_seconds) * 1_000_000;
        let exp = self.exp.as_ref().ok_or(Finding("has no claim `exp`"))?;
        let until = instant(exp).ok_or(Finding("has a claim `exp` that is no time"))?;
        let from = match &self.nbf {
            Some(nbf) => instant(nbf).ok_or(Finding("has a claim `nbf` that is no time"))?,
            None => Instant::EPOCH,
        };
        Ok(Validity { from: from.plus_micros(-leeway), until: until.plus_micros(leeway) })
    }

    /// The caller that it names, whose id begins with what its issuer's users' ids begin with.
    pub(crate) fn caller(&self, user_prefix: &str) -> Result<Caller, Finding> {
        // Whoever shows such a token would have to prove that they hold the key (RFC 7800).
        if self.cnf.is_some() {
            return Err(Finding("is bound to a key (claim `cnf`), which this server can't verify"));
        }
        let bad_user = Finding("has a claim `sub` that is not 1 to 128 visible ASCII characters");
        let user_id = match &self.sub {
            Some(Value::String(it)) if is_user_id(it) => format!("{user_prefix}{it}"),
            Some(_) => return Err(bad_user),
            None => return Err(Finding("has no claim `sub`")),
        };
        if !is_user_id(&user_id) {
            return Err(Finding("has a claim `sub` that is too long behind its issuer's `user_prefix`"));
        }
        let scopes = match &self.scope {
            // Scopes of other services are none of our business.
            Some(Value::String(it)) => it.split_ascii_whitespace().filter_map(Scope::named).collect(),
            Some(_) => return Err(Finding("has a claim `scope` that is no text")),
            None => Scopes::default(),
        };
        let bad_partners =
            Finding("has a claim `assent_partners` that is neither `*` nor a list of partner ids");
        let partners = match &self.assent_partners {
            Some(Value::String(it)) if it == EVERY => Partners::Every,
            Some(Value::Array(all)) => partners(&texts(all).ok_or(bad_partners)?).ok_or(bad_partners)?,
            Some(_) => return Err(bad_partners),
            None => Partners::Only(Vec::new()),
        };
        let bad_roles = Finding("has a claim `assent_roles` that is no list of role names");
        let roles = match &self.assent_roles {
            // A role that is not known here permits nothing here.
            Some(Value::Array(all)) => {
                texts(all).ok_or(bad_roles)?.into_iter().filter_map(Role::parse).collect()
            }
            Some(_) => return Err(bad_roles),
            None => Vec::new(),
        };
        let shared_account = match self.assent_shared_account {
            Some(Value::Bool(it)) => it,
            Some(_) => {
                return Err(Finding("has a claim `assent_shared_account` that is neither true nor false"));
            }
            None => false,
        };
        Ok(Caller { user_id, scopes, roles, partners, shared_account })
    }
}

impl CertificateConfig {
    /// The caller; or the field that is wrong, as the rest of a sentence that begins with the certificate's name.
    pub(crate) fn caller(&self) -> Result<Caller, String> {
        if !is_user_id(&self.user_id) {
            return Err("`user_id` must be 1 to 128 visible ASCII characters".to_owned());
        }
        let scope = |it: &String| Scope::named(it).ok_or_else(|| format!("`{it}` is no scope"));
        let role = |it: &String| Role::parse(it).ok_or_else(|| format!("`{it}` is no role"));
        let ids: Vec<_> = self.partners.iter().map(String::as_str).collect();
        let partners = match *ids {
            [EVERY] => Partners::Every,
            _ => partners(&ids).ok_or("`partners` must be partner ids, or `*` alone")?,
        };
        Ok(Caller {
            user_id: self.user_id.clone(),
            scopes: self.scopes.iter().map(scope).collect::<Result<_, _>>()?,
            roles: self.roles.iter().map(role).collect::<Result<_, _>>()?,
            partners,
            shared_account: self.shared_account,
        })
    }
}

fn is_user_id(text: &str) -> bool {
    (1..=USER_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic())
}

fn partners(ids: &[&str]) -> Option<Partners> {
    ids.iter().map(|it| PartnerId::parse(it).ok()).collect::<Option<Vec<_>>>().map(Partners::Only)
}

/// The texts of a list that has nothing else.
fn texts(values: &[Value]) -> Option<Vec<&str>> {
    values.iter().map(Value::as_str).collect()
}

/// A NumericDate (RFC 7519, section 2): seconds since 1970, which may have fractions.
fn instant(value: &Value) -> Option<Instant> {
    let seconds = value.as_f64().filter(|it| it.is_finite() && *it >= 0.0)?.min(SECONDS_MAX);
    #[expect(clippy::cast_possible_truncation, reason = "the year 9999 fits")]
    Instant::from_micros((seconds * MICROS) as i64).ok()
}
