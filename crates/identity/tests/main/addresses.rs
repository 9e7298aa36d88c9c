//! Keys that an issuer publishes at an address.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assent_identity::{Authority, Desk, IdentityConfig, IssuerConfig, Shown, watch};
use jsonwebtoken::Algorithm;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch as channel;

use crate::ground::{claims, ec, issuer, now, show};

/// An issuer that answers every request with what it is given, and counts them.
async fn published(answer: channel::Receiver<String>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(connection.read_u8().await.unwrap());
            }
            counted.fetch_add(1, Ordering::SeqCst);
            let body = answer.borrow().clone();
            let status = if body.is_empty() { "500 Broken" } else { "200 OK" };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    (url, asked)
}

/// Shows a token as a server does: an unknown key is asked for once.
async fn holds(desk: &Desk, token: &str) -> bool {
    let shown = match show(desk, token, now()) {
        Ok(Shown::UnknownKey(issuer)) => match desk.authority().ask(issuer).await {
            Ok(()) => show(desk, token, now()),
            Err(finding) => Err(finding),
        },
        shown => shown,
    };
    matches!(shown, Ok(Shown::Caller(_)))
}

#[tokio::test]
async fn unknown_keys_are_asked_for_once_in_a_while_and_broken_answers_leave_the_last_ones() {
    let (one, two, stranger) = (ec(Algorithm::ES256), ec(Algorithm::ES256), ec(Algorithm::ES256));
    let (publish, answer) = channel::channel(json!({"keys": [one.jwk]}).to_string());
    let (url, asked) = published(answer).await;
    let config = IssuerConfig { jwks_file: None, jwks_url: Some(url), ..issuer("unused".as_ref()) };
    let config = IdentityConfig { issuers: vec![config], ..Default::default() };
    let authority = Arc::new(Authority::new(&config).await.unwrap());
    let (ask_all, asks) = channel::channel(());
    tokio::spawn(watch(authority.clone(), asks));
    let desk = Desk::new(authority);
    let named = |key: &crate::ground::Key, kid: &str| {
        key.with_header(&json!({"alg": "ES256", "kid": kid}), &claims())
    };
    // The first call comes before the first answer, and waits for it.
    assert!(holds(&desk, &one.token(&claims())).await);
    let before = asked.load(Ordering::SeqCst);
    for at in 0..50 {
        assert!(!holds(&desk, &named(&stranger, &format!("made-up-{at}"))).await);
    }
    assert!(asked.load(Ordering::SeqCst) <= before + 1, "whoever makes up keys makes the server ask");
    let before = asked.load(Ordering::SeqCst);
    publish.send_replace(String::new());
    ask_all.send_replace(());
    while asked.load(Ordering::SeqCst) == before {
        tokio::task::yield_now().await;
    }
    // The other key takes the first one's name.
    assert!(holds(&desk, &one.token(&claims())).await);
    publish.send_replace(json!({"keys": [two.jwk]}).to_string());
    ask_all.send_replace(());
    while !holds(&desk, &two.token(&claims())).await {
        tokio::task::yield_now().await;
    }
    assert!(!holds(&desk, &one.token(&claims())).await, "a key that left ends its tokens");
}
