//! Making and showing keys.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use assent_evidence::{KeyPurpose, SigningKey, VerifierKey};

use crate::program::{Ran, assent};

async fn generate(out: &Path, more: &[&str]) -> Ran {
    let out = out.to_str().expect("the folder's name is UTF-8");
    let arguments = ["key", "generate", "--origin", "ledger.example/contoso", "--out", out];
    assent(arguments.into_iter().chain(more.iter().copied())).await
}

#[tokio::test]
async fn a_key_is_made_for_its_owner_alone_and_its_public_half_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.key");
    let made = generate(&file, &[]).await;
    assert_eq!(made.code, 0, "{made:?}");
    let public: VerifierKey = made.stdout.trim_end().parse().unwrap();
    assert_eq!((public.name().as_str(), public.purpose()), ("ledger.example/contoso", KeyPurpose::Log));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let private = SigningKey::parse(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(private.verifier(), &public);

    let shown = assent(["key", "show", file.to_str().unwrap()]).await;
    assert_eq!((shown.code, &shown.stdout), (0, &made.stdout), "{shown:?}");
    let json = assent(["key", "show", file.to_str().unwrap(), "--output", "json"]).await.stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["verifierKey"], &json["purpose"]), (&public.to_string().into(), &"log".into()));
}

#[tokio::test]
async fn every_key_is_another_and_none_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("1"), folder.path().join("2"));
    let made = generate(&first, &[]).await;
    assert_ne!(made.stdout, generate(&second, &[]).await.stdout);
    let before = fs::read(&first).unwrap();
    let again = generate(&first, &[]).await;
    assert!(
        again.code == 2 && again.stdout.is_empty() && again.stderr.contains("exists already"),
        "{again:?}"
    );
    assert_eq!(fs::read(&first).unwrap(), before);
}

#[tokio::test]
async fn a_witness_has_a_key_of_another_kind() {
    let folder = tempfile::tempdir().unwrap();
    let made = generate(&folder.path().join("witness.key"), &["--witness"]).await;
    let public: VerifierKey = made.stdout.trim_end().parse().unwrap();
    assert_eq!(public.purpose(), KeyPurpose::Witness);
}

#[tokio::test]
async fn what_is_no_name_and_no_key_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.key");
    let path = file.to_str().unwrap();
    for name in ["", "two words", "a+b"] {
        let ran = assent(["key", "generate", "--origin", name, "--out", path]).await;
        assert!(ran.code == 2 && !file.exists(), "{name:?}: {ran:?}");
    }
    fs::write(&file, "PRIVATE+KEY+secret").unwrap();
    let ran = assent(["key", "show", path]).await;
    assert!(ran.code == 2 && ran.stderr.contains("is no private key"), "{ran:?}");
    assert!(!ran.stderr.contains("secret"), "what may be a secret is not shown: {ran:?}");
}
