//! Servers that fail: what the service config has the clients do about it.

use tokio::net::TcpListener;

use super::unwell::unwell;
use super::{LANGUAGES, stderr, stdout};

#[tokio::test]
async fn a_call_that_finds_no_server_is_sent_again_with_the_same_name_credential_and_a_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "a.b.c\n").unwrap();
    for language in LANGUAGES {
        let (url, attempts) = unwell(2).await;
        let arguments = ["--partner", "a", "--customer", "b", "--token-file", token.to_str().unwrap()];
        let ran = language.run(&url, &arguments).await;
        assert!(stdout(&ran).starts_with("before ALLOWED"), "{language:?}: {}", stderr(&ran));
        let attempts = attempts.lock().unwrap();
        assert_eq!(attempts.len(), 3, "{language:?}: {attempts:?}");
        for attempt in attempts.iter() {
            assert!(attempt.request_id.is_some() && attempt.has_deadline, "{language:?}: {attempts:?}");
            assert_eq!(attempt.authorization.as_deref(), Some("Bearer a.b.c"), "{language:?}");
            assert_eq!(attempt.request_id, attempts[0].request_id, "{language:?}: one call, one name");
        }
    }
}

#[tokio::test]
async fn a_call_is_given_up_after_as_many_attempts_as_the_service_config_says() {
    for language in LANGUAGES {
        let (url, attempts) = unwell(usize::MAX).await;
        let ran = language.run(&url, &["--partner", "a", "--customer", "b"]).await;
        assert!(!ran.status.success(), "{language:?}: {}", stdout(&ran));
        assert!(stderr(&ran).contains("too stale"), "{language:?}: {}", stderr(&ran));
        assert_eq!(attempts.lock().unwrap().len(), 4, "{language:?}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_at_the_deadline() {
    // It accepts connections, and that is all.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", silent.local_addr().expect("it listens"));
    let runs = LANGUAGES.map(|it| {
        let url = url.clone();
        async move { (it, it.run(&url, &["--partner", "a", "--customer", "b"]).await) }
    });
    for (language, ran) in futures::future::join_all(runs).await {
        assert!(!ran.status.success(), "{language:?}");
        let said = stderr(&ran).to_lowercase();
        assert!(said.contains("deadline"), "{language:?}: {said}");
    }
}
