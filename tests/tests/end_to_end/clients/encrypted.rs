//! Clients over TLS, with a token.

use std::fs;
use std::path::Path;
use std::process::Command;

use tonic::transport::Identity;

use super::unwell::encrypted;
use super::{LANGUAGES, stderr, stdout};

/// An authority, and what it signed for this machine.
const AUTHORITY: &str = "
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=authority \\
        -keyout authority.key -out authority.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr
    echo subjectAltName=IP:127.0.0.1 > extensions
    openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 30 \\
        -extfile extensions -out server.pem";

fn authority(folder: &Path) -> Identity {
    let made =
        Command::new("sh").args(["-ec", AUTHORITY]).current_dir(folder).output().expect("there is a shell");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let read = |name| fs::read(folder.join(name)).expect("openssl wrote it");
    Identity::from_pem(read("server.pem"), read("server.key"))
}

#[tokio::test]
async fn a_token_travels_encrypted_to_a_server_that_the_authority_signed_for_and_to_no_other() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let identity = authority(folder.path());
    authority(other.path());
    let token = folder.path().join("token");
    fs::write(&token, "a.b.c").unwrap();
    for language in LANGUAGES {
        let (url, attempts) = encrypted(identity.clone()).await;
        let run = async |authority: &Path| {
            let authority = authority.join("authority.pem");
            let paths = [authority.to_str().unwrap(), token.to_str().unwrap()];
            let arguments =
                ["--partner", "a", "--customer", "b", "--ca-file", paths[0], "--token-file", paths[1]];
            language.run(&url, &arguments).await
        };
        let ran = run(folder.path()).await;
        assert!(stdout(&ran).starts_with("before ALLOWED"), "{language:?}: {}", stderr(&ran));
        assert_eq!(
            attempts.lock().unwrap()[0].authorization.as_deref(),
            Some("Bearer a.b.c"),
            "{language:?}"
        );

        let ran = run(other.path()).await;
        assert!(!ran.status.success(), "{language:?}: {}", stdout(&ran));
        assert_eq!(attempts.lock().unwrap().len(), 1, "{language:?} sent its token to a stranger");
    }
}
