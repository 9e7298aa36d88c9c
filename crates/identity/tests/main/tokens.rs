//! What a token must be, and what it says.

use assent_domain::values::{PartnerId, Role};
use assent_identity::{Caller, Finding, Partners, Scope, Shown};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::ground::{
    NOW_SECONDS, at, caller, claims, desk, desk_of, ec, ed25519, finding, now, rsa, show, text, with,
};

#[tokio::test]
async fn every_algorithm_with_a_key_pair_is_taken() {
    let mut keys = vec![ec(Algorithm::ES256), ec(Algorithm::ES384), ed25519()];
    use Algorithm::*;
    keys.extend([RS256, RS384, RS512, PS256, PS384, PS512].map(rsa));
    for key in keys {
        let desk = desk(&[&key.jwk]).await;
        assert_eq!(caller(&desk, &key.token(&claims())).user_id, "anna", "{:?}", key.algorithm);
    }
}

#[tokio::test]
async fn a_caller_is_what_the_claims_say_and_absence_opens_nothing() {
    let key = ec(Algorithm::ES256);
    let desk = desk(&[&key.jwk]).await;
    let nothing = Caller {
        user_id: "anna".to_owned(),
        scopes: Default::default(),
        roles: Vec::new(),
        partners: Partners::Only(Vec::new()),
        shared_account: false,
    };
    assert_eq!(*caller(&desk, &key.token(&claims())), nothing);
    let mut much = claims();
    much["scope"] = json!("openid assent.audit assent.privacy assent.unknown");
    much["assent_partners"] = json!(["contoso", "117A77B0-9360-443B-8795-C6DEDC750CF9"]);
    much["assent_roles"] = json!(["ADMIN_AGENT", "OF_ANOTHER_PROGRAM"]);
    much["assent_shared_account"] = json!(true);
    let partners = ["contoso", "117a77b0-9360-443b-8795-c6dedc750cf9"];
    let expected = Caller {
        scopes: [Scope::Audit, Scope::Privacy].into_iter().collect(),
        roles: vec![Role::AdminAgent],
        partners: Partners::Only(partners.iter().map(|it| PartnerId::parse(it).unwrap()).collect()),
        shared_account: true,
        ..nothing
    };
    assert_eq!(*caller(&desk, &key.token(&much)), expected);
    let every = key.token(&with("assent_partners", Some(json!("*"))));
    assert_eq!(caller(&desk, &every).partners, Partners::Every);
}

#[tokio::test]
async fn one_name_of_two_issuers_is_two_users() {
    let (one, other) = (ec(Algorithm::ES256), ed25519());
    let desk =
        desk_of(&[("https://a.example", "a:", &one.jwk), ("https://b.example", "b:", &other.jwk)]).await;
    assert_eq!(caller(&desk, &one.token(&claims())).user_id, "a:anna");
    let of_b = with("iss", Some(json!("https://b.example")));
    assert_eq!(caller(&desk, &other.token(&of_b)).user_id, "b:anna");
    // The prefix counts, and a name that fits without it does not.
    let found = |length: usize| finding(&desk, &one.token(&with("sub", Some(json!("x".repeat(length))))));
    assert_eq!(found(126), None);
    assert!(found(127).is_some_and(|it| it.contains("`user_prefix`")), "{:?}", found(127));
}

#[tokio::test]
async fn each_claim_that_is_malformed_or_missing_is_refused() {
    let key = ec(Algorithm::ES256);
    let desk = desk(&[&key.jwk]).await;
    let long = "x".repeat(129);
    for (name, value, said) in [
        ("iss", None, "no claim `iss`"),
        ("iss", Some(json!(7)), "`iss`"),
        ("iss", Some(json!("https://a.example/")), "does not trust"),
        ("aud", None, "no claim `aud`"),
        ("aud", Some(json!(["other", 7])), "`aud`"),
        ("aud", Some(json!([])), "another server"),
        ("aud", Some(json!("Assent")), "another server"),
        ("exp", None, "no claim `exp`"),
        ("exp", Some(json!("soon")), "`exp`"),
        ("exp", Some(json!(-1)), "`exp`"),
        ("nbf", Some(json!("now")), "`nbf`"),
        ("sub", None, "no claim `sub`"),
        ("sub", Some(json!("")), "`sub`"),
        ("sub", Some(json!("two words")), "`sub`"),
        ("sub", Some(json!(long)), "`sub`"),
        ("sub", Some(json!("línea")), "`sub`"),
        ("scope", Some(json!(["assent.audit"])), "`scope`"),
        ("assent_partners", Some(json!("contoso")), "`assent_partners`"),
        ("assent_partners", Some(json!(["a b"])), "`assent_partners`"),
        ("assent_partners", Some(json!(["*"])), "`assent_partners`"),
        ("assent_roles", Some(json!("ADMIN_AGENT")), "`assent_roles`"),
        ("assent_shared_account", Some(json!("true")), "`assent_shared_account`"),
        ("cnf", Some(json!({"jkt": "x"})), "`cnf`"),
    ] {
        let found = finding(&desk, &key.token(&with(name, value.clone())));
        assert!(found.is_some_and(|it| it.contains(said)), "{name}: {value:?}: {found:?}");
    }
    // `null` is there, and is none of them.
    for name in ["iss", "aud", "exp", "nbf", "sub", "cnf", "scope"].into_iter().chain([
        "assent_partners",
        "assent_roles",
        "assent_shared_account",
    ]) {
        let found = finding(&desk, &key.token(&with(name, Some(json!(null)))));
        assert!(found.is_some_and(|it| it.contains(&format!("`{name}`"))), "{name}: {found:?}");
    }
    assert_eq!(finding(&desk, &key.token(&with("aud", Some(json!(["other", "assent"]))))), None);
}

#[tokio::test]
async fn a_token_holds_from_its_beginning_to_its_end_and_a_little_more() {
    let key = ec(Algorithm::ES256);
    let desk = desk(&[&key.jwk]).await;
    let mut claims = claims();
    claims["nbf"] = json!(NOW_SECONDS);
    claims["exp"] = json!(NOW_SECONDS as f64 + 10.5);
    let token = key.token(&claims);
    let early = Finding("is not valid yet");
    let late = Finding("has expired");
    // The second look at each instant is answered from what was verified before.
    for _ in 0..2 {
        for (seconds, expected) in
            [(-6, Err(early)), (-5, Ok(())), (0, Ok(())), (15, Ok(())), (16, Err(late))]
        {
            let shown = show(&desk, &token, at(NOW_SECONDS + seconds)).map(drop);
            assert_eq!(shown, expected, "{seconds}");
        }
    }
}

#[tokio::test]
async fn nobody_signs_with_nothing_or_with_what_everybody_knows() {
    let key = rsa(Algorithm::RS256);
    let desk = desk(&[&key.jwk]).await;
    assert_eq!(finding(&desk, &key.token(&claims())), None);
    let claims_text = text(claims().to_string().as_bytes());
    for alg in ["none", "None", "NONE", "nOnE"] {
        let header = text(json!({"alg": alg, "kid": "rsa"}).to_string().as_bytes());
        for signature in ["", "AA"] {
            let found = finding(&desk, &format!("{header}.{claims_text}.{signature}"));
            assert!(found.is_some_and(|it| it.contains("algorithm")), "{alg}: {found:?}");
        }
    }
    // The public key as the secret of an HMAC, in each form that it is published in.
    let n = key.jwk["n"].as_str().unwrap().as_bytes().to_vec();
    for secret in [key.public_der.clone(), n, key.jwk.to_string().into_bytes()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("rsa".to_owned()), ..Header::new(algorithm) };
            let forged =
                jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
            let found = finding(&desk, &forged);
            assert!(found.is_some_and(|it| it.contains("algorithm")), "{algorithm:?}: {found:?}");
        }
    }
}

#[tokio::test]
async fn a_header_that_asks_for_something_else_is_refused() {
    let key = ec(Algorithm::ES256);
    let desk = desk(&[&key.jwk]).await;
    for (header, said) in [
        (json!({"alg": "ES256", "kid": "ec", "crit": ["exp"], "exp": 1}), "`crit`"),
        (json!({"alg": "ES256", "kid": "ec", "typ": "dpop+jwt"}), "`typ`"),
        (json!({"alg": "ES256", "kid": "ec", "typ": 7}), "`typ`"),
        (json!({"alg": "ES256", "kid": 7}), "`kid`"),
        (json!({"alg": "ES256", "kid": "ec", "crit": null}), "`crit`"),
        (json!({"alg": "ES256", "kid": "ec", "typ": null}), "`typ`"),
        (json!({"alg": "ES256", "kid": null}), "`kid`"),
        (json!({"alg": null, "kid": "ec"}), "algorithm"),
        (json!({"alg": 7, "kid": "ec"}), "algorithm"),
        (json!({"alg": "ES384", "kid": "ec"}), "not for its algorithm"),
        (json!({"alg": "RS256", "kid": "ec"}), "not for its algorithm"),
        (json!({"kid": "ec"}), "`alg`"),
    ] {
        let found = finding(&desk, &key.with_header(&header, &claims()));
        assert!(found.is_some_and(|it| it.contains(said)), "{header}: {found:?}");
    }
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        let header = json!({"alg": "ES256", "kid": "ec", "typ": typ});
        assert_eq!(finding(&desk, &key.with_header(&header, &claims())), None, "{typ}");
    }
    // Whoever forges a token publishes the key with it.
    let own = ec(Algorithm::ES256);
    let header = json!({"alg": "ES256", "kid": "ec", "jwk": own.jwk, "jku": "https://evil.example"});
    assert_eq!(
        finding(&desk, &own.with_header(&header, &claims())),
        Some("has a signature that does not hold")
    );
}

#[tokio::test]
async fn a_key_is_used_for_what_it_is_published_for() {
    let key = rsa(Algorithm::RS256);
    let other = ec(Algorithm::ES384);
    let only = |name: &str, value: serde_json::Value| {
        let mut jwk = key.jwk.clone();
        jwk[name] = value;
        jwk
    };
    for (jwk, expected) in [
        (only("alg", json!("RS256")), None),
        (only("alg", json!("PS256")), Some("names a key that is not for its algorithm")),
        (only("alg", json!("RSA-OAEP")), Some("names a key that is not for its algorithm")),
        (only("use", json!("enc")), Some("unknown key")),
        (only("key_ops", json!(["verify"])), None),
        (only("key_ops", json!(["encrypt"])), Some("unknown key")),
        (json!({"kty": "oct", "kid": "rsa", "k": "c2VjcmV0"}), Some("unknown key")),
        (json!({"kty": "NEW", "kid": "rsa"}), Some("unknown key")),
    ] {
        let desk = desk(&[&jwk, &other.jwk]).await;
        assert_eq!(finding(&desk, &key.token(&claims())), expected, "{jwk}");
    }
}

#[tokio::test]
async fn a_token_that_names_no_key_is_taken_where_there_is_no_doubt() {
    let (one, two, other) = (ec(Algorithm::ES256), ec(Algorithm::ES256), ed25519());
    let unnamed = one.with_header(&json!({"alg": "ES256"}), &claims());
    assert_eq!(finding(&desk(&[&one.jwk, &other.jwk]).await, &unnamed), None);
    let found = finding(&desk(&[&one.jwk, &two.jwk]).await, &unnamed);
    assert!(found.is_some_and(|it| it.contains("`kid`")), "{found:?}");
}

#[tokio::test]
async fn one_claim_twice_and_one_credential_twice_are_refused() {
    let key = ec(Algorithm::ES256);
    let desk = desk(&[&key.jwk]).await;
    let twice = claims().to_string().replacen('{', "{\"sub\":\"eve\",", 1);
    let signed = format!("{}.{}", text(br#"{"alg":"ES256","kid":"ec"}"#), text(twice.as_bytes()));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key.key, Algorithm::ES256).unwrap();
    let found = finding(&desk, &format!("{signed}.{signature}"));
    assert!(found.is_some_and(|it| it.contains("twice")), "{found:?}");
    let mut headers = http::HeaderMap::new();
    for _ in 0..2 {
        headers.append("authorization", format!("Bearer {}", key.token(&claims())).parse().unwrap());
    }
    assert_eq!(desk.caller(&headers, None, now(), || true), Err(Finding("is there twice")));
    for header in ["", "Basic YTpi", "Bearer"] {
        let mut headers = http::HeaderMap::new();
        headers.insert("authorization", header.parse().unwrap());
        assert!(desk.caller(&headers, None, now(), || true).is_err(), "{header}");
    }
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("bEARER {}", key.token(&claims())).parse().unwrap());
    assert!(matches!(desk.caller(&headers, None, now(), || true), Ok(Shown::Caller(_))));
}

#[tokio::test]
async fn a_token_is_looked_at_only_where_that_is_allowed_and_a_remembered_one_needs_no_look() {
    let key = ed25519();
    let desk = desk(&[&key.jwk]).await;
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {}", key.token(&claims())).parse().unwrap());
    assert_eq!(desk.caller(&headers, None, now(), || false), Ok(Shown::NotLookedAt));
    assert!(matches!(desk.caller(&headers, None, now(), || true), Ok(Shown::Caller(_))));
    assert!(matches!(
        desk.caller(&headers, None, now(), || panic!("it is remembered")),
        Ok(Shown::Caller(_))
    ));
}

#[tokio::test]
async fn more_callers_than_are_remembered_are_still_told_from_each_other() {
    let key = ed25519();
    let desk = desk(&[&key.jwk]).await;
    let tokens: Vec<_> = (0..2_500)
        .map(|it| (format!("user-{it}"), key.token(&with("sub", Some(json!(format!("user-{it}")))))))
        .collect();
    for (user, token) in tokens.iter().chain(tokens.iter().rev()) {
        assert_eq!(caller(&desk, token).user_id, *user);
    }
}
