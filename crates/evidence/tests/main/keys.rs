use assent_evidence::{KeyError, KeyName, KeyPurpose, SigningKey, VerifierKey};
use proptest::prelude::*;
use zeroize::Zeroizing;

use crate::signers::{key, log_key, witness_key};

/// From the documentation of Go's package note, whose tests use them too.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

#[test]
fn keys_of_other_programs_are_read_and_written_as_they_are() {
    let key = SigningKey::parse(PETER_PRIVATE).unwrap();
    assert_eq!(key.verifier().to_string(), PETER);
    assert_eq!(key.to_text().as_str(), PETER_PRIVATE);
    assert_eq!(SigningKey::parse(&format!("{PETER_PRIVATE}\n")).unwrap().verifier(), key.verifier());
    let verifier: VerifierKey = PETER.parse().unwrap();
    assert_eq!(&verifier, key.verifier());
    assert_eq!((verifier.name().as_str(), verifier.id()), ("PeterNeumann", 0xc74f_20a3));
}

#[test]
fn the_same_bytes_for_another_purpose_or_name_are_another_key() {
    let keys = [log_key(1), witness_key(1), key("ledger.example/contoso", KeyPurpose::Witness, 1)];
    let ids: Vec<u32> = keys.iter().map(|key| key.verifier().id()).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:x?}");
    for key in keys {
        assert_eq!(SigningKey::parse(&key.to_text()).unwrap().verifier(), key.verifier());
        assert_eq!(key.verifier().to_string().parse(), Ok(key.verifier().clone()));
    }
}

#[test]
fn a_private_key_does_not_show_itself() {
    let key = SigningKey::parse(PETER_PRIVATE).unwrap();
    assert_eq!(format!("{key:?}"), format!("SigningKey({PETER})"));
}

#[test]
fn what_is_no_key_is_refused_for_its_reason() {
    let cases = [
        ("", KeyError::Layout),
        ("PeterNeumann", KeyError::Layout),
        ("PeterNeumann+c74f20a3", KeyError::Layout),
        ("PeterNeumann+c74f20a3+", KeyError::Layout),
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=", KeyError::Layout),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("Peter\u{2003}+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Name),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
        ("PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Algorithm),
        ("PeterNeumann+c74f20a3+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Id),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text:?}");
    }
    assert_eq!(SigningKey::parse(PETER).err(), Some(KeyError::Layout));
    let of_another = PETER_PRIVATE.replace("c74f20a3", "c74f20a4");
    assert_eq!(SigningKey::parse(&of_another).err(), Some(KeyError::Id));
}

proptest! {
    #[test]
    fn keys_are_read_as_they_were_written(name in "[!-*,-~äλ]{1,40}", seed: [u8; 32], is_witness: bool) {
        let purpose = if is_witness { KeyPurpose::Witness } else { KeyPurpose::Log };
        let key = SigningKey::generate(KeyName::parse(&name).unwrap(), purpose, Zeroizing::new(seed));
        prop_assert_eq!(SigningKey::parse(&key.to_text()).unwrap().to_text(), key.to_text());
        prop_assert_eq!(key.verifier().to_string().parse(), Ok(key.verifier().clone()));
    }
}
