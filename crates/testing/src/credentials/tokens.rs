//! An issuer of tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PublicKeyData as _};
use serde_json::{Value, json};

/// What the issuer calls itself.
pub const ISSUER: &str = "https://issuer.example";
/// What it calls the server.
pub const AUDIENCE: &str = "assent";
/// An instant at which no test runs any more: the beginning of 2100.
pub const NEVER: i64 = 4_102_444_800;

/// A key that tokens are signed with (ES256), and its name.
#[derive(Debug)]
pub struct TokenIssuer {
    id: String,
    key: KeyPair,
}

impl TokenIssuer {
    /// A new key of this name.
    pub fn new(id: &str) -> Self {
        let key = KeyPair::generate().expect("the operating system gives random bytes");
        Self { id: id.to_owned(), key }
    }

    /// A token that says this, and holds for as long as it says.
    pub fn token(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::ES256) };
        self.signed(&header, claims)
    }

    /// A token with a header of its own.
    pub fn signed(&self, header: &Header, claims: &Value) -> String {
        let key = EncodingKey::from_ec_der(self.key.serialized_der());
        jsonwebtoken::encode(header, claims, &key).expect("the key is one for the algorithm")
    }

    /// The set of these public keys (RFC 7517).
    pub fn jwks(keys: &[&Self]) -> String {
        let keys: Vec<_> = keys.iter().map(|it| it.jwk()).collect();
        json!({ "keys": keys }).to_string()
    }

    /// The public key (RFC 7517).
    pub fn jwk(&self) -> Value {
        // 0x04, then both coordinates (SEC 1, section 2.3.3).
        let (x, y) = self.key.der_bytes()[1..].split_at(32);
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        })
    }
}

/// The claims of a user with these scopes (separated by spaces), who acts for these partners (`*`: for all).
pub fn claims(user: &str, scopes: &str, partners: &[&str]) -> Value {
    let partners = if partners == ["*"] { json!("*") } else { json!(partners) };
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "exp": NEVER, "sub": user, "scope": scopes, "assent_partners": partners,
        "assent_roles": [],
    })
}
