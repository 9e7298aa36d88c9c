//! An issuer with keys of every kind, and a desk that believes it.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use assent_domain::values::Instant;
use assent_identity::{Authority, Caller, Desk, Finding, IdentityConfig, IssuerConfig, Shown};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

/// The instant that the tests play at: in 2026.
pub(crate) const NOW_SECONDS: i64 = 1_790_000_000;

pub(crate) fn now() -> Instant {
    at(NOW_SECONDS)
}

pub(crate) fn at(seconds: i64) -> Instant {
    Instant::EPOCH.plus_micros(seconds * 1_000_000)
}

/// A key that signs, and what is published of it.
pub(crate) struct Key {
    pub(crate) key: EncodingKey,
    pub(crate) jwk: Value,
    pub(crate) algorithm: Algorithm,
    /// Of RSA: the public key, as an attacker would use it for a secret.
    pub(crate) public_der: Vec<u8>,
}

/// One key for all, for making one takes seconds where nothing is optimised.
pub(crate) fn rsa(algorithm: Algorithm) -> Key {
    static PAIR: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
    let pair = &*PAIR;
    let public = pair.public_key();
    let jwk = json!({
        "kty": "RSA", "kid": "rsa", "use": "sig",
        "n": text(public.modulus().big_endian_without_leading_zero()),
        "e": text(public.exponent().big_endian_without_leading_zero()),
    });
    let public_der = public.as_ref().to_vec();
    let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(pair).unwrap();
    // What is inside of PKCS#8, behind the name of the algorithm: PKCS#1.
    Key { key: EncodingKey::from_rsa_der(&der.as_ref()[26..]), jwk, algorithm, public_der }
}

pub(crate) fn ec(algorithm: Algorithm) -> Key {
    let (kind, curve) = match algorithm {
        Algorithm::ES384 => (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
        _ => (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
    };
    let pair = EcdsaKeyPair::generate(kind).unwrap();
    // 0x04, then both coordinates (SEC 1, section 2.3.3).
    let public = pair.public_key().as_ref()[1..].to_vec();
    let (x, y) = public.split_at(public.len() / 2);
    let jwk = json!({"kty": "EC", "crv": curve, "kid": "ec", "x": text(x), "y": text(y)});
    let der = pair.to_pkcs8v1().unwrap();
    Key { key: EncodingKey::from_ec_der(der.as_ref()), jwk, algorithm, public_der: public }
}

pub(crate) fn ed25519() -> Key {
    let pair = Ed25519KeyPair::generate().unwrap();
    let public_der = pair.public_key().as_ref().to_vec();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": text(&public_der)});
    let der = pair.to_pkcs8().unwrap();
    Key { key: EncodingKey::from_ed_der(der.as_ref()), jwk, algorithm: Algorithm::EdDSA, public_der }
}

impl Key {
    pub(crate) fn header(&self) -> Header {
        let kid = self.jwk["kid"].as_str().map(str::to_owned);
        Header { kid, ..Header::new(self.algorithm) }
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&self.header(), claims, &self.key).unwrap()
    }

    /// A token with this header, whatever it says, that is signed as the key signs.
    pub(crate) fn with_header(&self, header: &Value, claims: &Value) -> String {
        let signed =
            format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{signed}.{signature}")
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn claims() -> Value {
    json!({"iss": "https://a.example", "aud": "assent", "sub": "anna", "exp": NOW_SECONDS + 60})
}

/// The claims with another value in one; none: without it.
pub(crate) fn with(name: &str, value: Option<Value>) -> Value {
    let mut claims = claims();
    let object = claims.as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(name.to_owned(), value),
        None => object.remove(name),
    };
    claims
}

pub(crate) fn issuer(jwks: &Path) -> IssuerConfig {
    let table = format!(
        r#"{{"issuer": "https://a.example", "audiences": ["assent"], "jwks_file": "{}", "leeway_seconds": 5}}"#,
        jwks.display()
    );
    serde_json::from_str(&table).unwrap()
}

/// A desk that believes an issuer with these keys.
pub(crate) async fn desk(jwks: &[&Value]) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, json!({ "keys": jwks }).to_string()).unwrap();
    let config = IdentityConfig { issuers: vec![issuer(&file)], ..Default::default() };
    Desk::new(Arc::new(Authority::new(&config).await.unwrap()))
}

/// A desk that believes these issuers: the name, what its users' ids begin with, and its key.
pub(crate) async fn desk_of(issuers: &[(&str, &str, &Value)]) -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let config = |(at, (name, user_prefix, jwk)): (usize, &(&str, &str, &Value))| {
        let file = folder.path().join(at.to_string());
        std::fs::write(&file, json!({ "keys": [jwk] }).to_string()).unwrap();
        let (issuer, user_prefix) = ((*name).to_owned(), (*user_prefix).to_owned());
        IssuerConfig { issuer, user_prefix, ..self::issuer(&file) }
    };
    let issuers = issuers.iter().enumerate().map(config).collect();
    let config = IdentityConfig { issuers, ..Default::default() };
    Desk::new(Arc::new(Authority::new(&config).await.unwrap()))
}

pub(crate) fn show(desk: &Desk, token: &str, now: Instant) -> Result<Shown, Finding> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    desk.caller(&headers, None, now, || true)
}

pub(crate) fn caller(desk: &Desk, token: &str) -> Arc<Caller> {
    match show(desk, token, now()) {
        Ok(Shown::Caller(caller)) => caller,
        other => panic!("{other:?}"),
    }
}

/// What is wrong with a token; none: nothing.
pub(crate) fn finding(desk: &Desk, token: &str) -> Option<&'static str> {
    match show(desk, token, now()) {
        Ok(Shown::Caller(_)) => None,
        Ok(Shown::UnknownKey(_)) => Some("unknown key"),
        Ok(Shown::Nothing) => Some("nothing"),
        Ok(Shown::NotLookedAt) => Some("not looked at"),
        Err(Finding(finding)) => Some(finding),
    }
}
