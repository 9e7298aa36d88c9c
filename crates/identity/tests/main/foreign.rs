//! Keys and tokens that `openssl` has made.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::ground::{claims, desk, finding, text};

fn openssl(folder: &Path, arguments: &str) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .expect("openssl is installed");
    assert!(output.status.success(), "openssl {arguments}");
    output.stdout
}

#[tokio::test]
async fn a_token_that_openssl_signed_holds() {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &str| openssl(folder.path(), arguments);
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.key");
    openssl("genpkey -algorithm ED25519 -out ed.key");
    let modulus = String::from_utf8(openssl("rsa -in rsa.key -noout -modulus")).unwrap();
    let modulus = modulus.trim().strip_prefix("Modulus=").expect("openssl names it");
    let modulus: Vec<_> = (0..modulus.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&modulus[at..at + 2], 16).unwrap())
        .collect();
    let rsa = json!({"kty": "RSA", "kid": "rsa", "n": text(&modulus), "e": "AQAB"});
    // The key is the last 32 bytes of what holds it.
    let ed = openssl("pkey -in ed.key -pubout -outform DER");
    let ed = json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": text(&ed[ed.len() - 32..])});
    let desk = desk(&[&rsa, &ed]).await;
    for (algorithm, kid, sign) in [
        ("RS256", "rsa", "dgst -sha256 -sign rsa.key signed"),
        ("RS512", "rsa", "dgst -sha512 -sign rsa.key signed"),
        (
            "PS256",
            "rsa",
            "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 -sign rsa.key signed",
        ),
        ("EdDSA", "ed", "pkeyutl -sign -rawin -inkey ed.key -in signed"),
    ] {
        let header = json!({"alg": algorithm, "kid": kid}).to_string();
        let signed = format!("{}.{}", text(header.as_bytes()), text(claims().to_string().as_bytes()));
        std::fs::write(folder.path().join("signed"), &signed).unwrap();
        let signature = openssl(sign);
        assert_eq!(finding(&desk, &format!("{signed}.{}", text(&signature))), None, "{algorithm}");
        assert!(finding(&desk, &format!("{signed}.{}", text(&signature[1..]))).is_some(), "{algorithm}");
    }
}
