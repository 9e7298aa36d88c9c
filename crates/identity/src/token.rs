//! A bearer token: a signed JWT (RFC 7519), read as RFC 8725 advises.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::claims::{Claims, there};
use crate::config::Algorithm;
use crate::finding::Finding;
use crate::keys::{KeySet, NoKey, jwa};

/// The longest token that is looked at.
pub const TOKEN_BYTES_MAX: usize = 8 << 10;
/// What a token may say that it is; others (of DPoP, of a logout) are no credentials.
const TYPES: [&str; 2] = ["JWT", "at+jwt"];

/// A token that can be read. Nothing of it is to be believed before [`Token::verify`].
pub(crate) struct Token<'a> {
    signed: &'a str,
    signature: &'a str,
    algorithm: Algorithm,
    key_id: Option<String>,
    pub(crate) claims: Claims,
}

/// Why a token does not hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotVerified {
    /// It names a key that the set does not have, and a newer set may.
    UnknownKey,
    Bad(Finding),
}

/// The header (RFC 7515, section 4.1), so far as it is looked at. A key or an address in it is nobody's.
#[derive(Deserialize)]
struct Header {
    alg: Value,
    #[serde(default, deserialize_with = "there")]
    kid: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    typ: Option<Value>,
    #[serde(default, deserialize_with = "there")]
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Finding> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Finding("is longer than 8 KiB"));
        }
        let bad_form = Finding("is no signed token: three parts in base64url, with dots between");
        let (signed, signature) = text.rsplit_once('.').ok_or(bad_form)?;
        let (header, claims) = signed.split_once('.').ok_or(bad_form)?;
        let decoded = |it: &str| URL_SAFE_NO_PAD.decode(it).map_err(|_| bad_form);
        let header: Header = serde_json::from_slice(&decoded(header)?)
            .map_err(|_| Finding("has a header that is no JSON object with an `alg`"))?;
        if header.crit.is_some() {
            return Err(Finding("has an extension (`crit`) that this server does not know"));
        }
        let is_token = |it: &Value| {
            let name = it.as_str().unwrap_or_default();
            let name = name
                .get(..12)
                .filter(|it| it.eq_ignore_ascii_case("application/"))
                .map_or(name, |_| &name[12..]);
            TYPES.iter().any(|it| it.eq_ignore_ascii_case(name))
        };
        if !header.typ.as_ref().is_none_or(is_token) {
            return Err(Finding("is of a type (`typ`) that is no credential"));
        }
        let algorithm = Algorithm::deserialize(&header.alg)
            .map_err(|_| Finding("is not signed by an algorithm with a public key that is known here"))?;
        let key_id = match header.kid {
            Some(Value::String(it)) => Some(it),
            Some(_) => return Err(Finding("has a key id (`kid`) that is no text")),
            None => None,
        };
        let claims = Claims::parse(&decoded(claims)?)?;
        Ok(Self { signed, signature, algorithm, key_id, claims })
    }

    /// Refuses an algorithm that its issuer does not use.
    pub(crate) fn check_algorithm(&self, taken: &[Algorithm]) -> Result<(), Finding> {
        match taken.contains(&self.algorithm) {
            true => Ok(()),
            false => Err(Finding("is signed by an algorithm that this server does not take")),
        }
    }

    /// Refuses what was not signed by one of these keys.
    pub(crate) fn verify(&self, keys: &KeySet) -> Result<(), NotVerified> {
        let key = keys.key(self.key_id.as_deref(), self.algorithm).map_err(|it| match it {
            NoKey::Unknown => NotVerified::UnknownKey,
            NoKey::OtherAlgorithm => NotVerified::Bad(Finding("names a key that is not for its algorithm")),
            NoKey::Ambiguous => {
                NotVerified::Bad(Finding("does not say which of the issuer's keys signed it (`kid`)"))
            }
        })?;
        let algorithm = jwa(self.algorithm);
        let holds = jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm);
        match holds {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(NotVerified::Bad(Finding("has a signature that does not hold"))),
        }
    }
}
