use assent_evidence::{
    KeyPurpose, MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, VerifierKey, parse_signatures,
};
use proptest::prelude::*;

use crate::signers::{key, known, log_key, witness_key};

/// From the documentation of Go's package note.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE_OF_PETER: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn a_note_of_another_program_is_verified() {
    let note = Note::parse(NOTE_OF_PETER).unwrap();
    let keys: [VerifierKey; 1] = [PETER.parse().unwrap()];
    let signed_by = note.verify(&keys).unwrap();
    assert_eq!(signed_by.len(), 1);
    assert_eq!((signed_by[0].key, signed_by[0].cosigned_at), (&keys[0], None));
    assert_eq!(note.to_string(), NOTE_OF_PETER);
    let changed = Note::parse(NOTE_OF_PETER.replacen("your", "thy", 1)).unwrap();
    assert_eq!(changed.verify(&keys), Err(NoteError::BadSignature));
}

#[test]
fn unknown_signers_are_ignored_and_a_bad_signature_by_a_known_one_is_not() {
    let (old, new, stranger) = (log_key(1), log_key(2), log_key(3));
    let mut note = Note::unsigned("text\n".to_owned()).unwrap();
    for key in [&old, &new, &stranger] {
        note.sign(key).unwrap();
    }
    let keys = known(&[&new, &old]);
    let signed_by: Vec<_> = note.verify(&keys).unwrap().iter().map(|by| by.key.clone()).collect();
    assert_eq!(signed_by, known(&[&old, &new]));
    assert_eq!(note.verify(&known(&[&log_key(4)])), Err(NoteError::Unsigned));
    assert_eq!(note.verify(&[]), Err(NoteError::Unsigned));

    // The stranger's signature under the name and id of the new key.
    let forged = note.to_string().replace(&line(&note, 1), &{
        let mut signature = note.signatures()[2].clone();
        signature.key_id = new.verifier().id();
        signature.to_string()
    });
    let forged = Note::parse(forged).unwrap();
    assert_eq!(forged.verify(&keys), Err(NoteError::BadSignature));
    assert_eq!(forged.verify(&known(&[&old])).unwrap().len(), 1);
}

#[test]
fn a_cosignature_tells_its_time_and_is_another_thing_than_a_signature() {
    let (log, witness) = (log_key(1), witness_key(2));
    let mut note = Note::unsigned("text\n".to_owned()).unwrap();
    note.cosign(&witness, 1_679_315_147).unwrap();
    assert_eq!(note.signatures()[0].bytes[..8], 1_679_315_147_u64.to_be_bytes());
    let keys = known(&[&witness]);
    let signed_by = note.verify(&keys).unwrap();
    assert_eq!(signed_by[0].cosigned_at, Some(1_679_315_147));

    assert_eq!(note.cosign(&log, 1), Err(NoteError::Purpose));
    assert_eq!(note.sign(&witness), Err(NoteError::Purpose));
    assert_eq!(note.cosign(&witness, 1 << 63), Err(NoteError::Time));
    // The same secret as a log's key signs with another id and over other bytes.
    let as_log = key("witness.example/w1", KeyPurpose::Log, 2);
    assert_eq!(note.verify(&known(&[&as_log])), Err(NoteError::Unsigned));

    let mut other_time = note.signatures()[0].clone();
    other_time.bytes[7] ^= 1;
    let other_time = Note::parse(note.to_string().replace(&line(&note, 0), &other_time.to_string())).unwrap();
    assert_eq!(other_time.verify(&keys), Err(NoteError::BadSignature));
}

#[test]
fn what_is_no_note_is_refused_for_its_reason() {
    let signature = NOTE_OF_PETER.lines().last().unwrap();
    let cases = [
        (String::new(), NoteError::Layout),
        ("\n\n".to_owned(), NoteError::Layout),
        ("text\n".to_owned(), NoteError::Layout),
        ("text\n\n".to_owned(), NoteError::Layout),
        (format!("text\n{signature}\n"), NoteError::Layout),
        (format!("text\n\n{signature}"), NoteError::Layout),
        (format!("text\r\n\n{signature}\n"), NoteError::Characters),
        (format!("te\txt\n\n{signature}\n"), NoteError::Characters),
        (format!("text\n\n{signature}\n\n"), NoteError::Layout),
        (format!("text\n\n{signature}\nmore\n"), NoteError::SignatureLine),
        (format!("text\n\n {signature}\n"), NoteError::SignatureLine),
        (format!("text\n\n{signature} \n"), NoteError::SignatureLine),
        (format!("text\n\n{}\n", signature.replace('\u{2014}', "-")), NoteError::SignatureLine),
        (
            format!("text\n\n{}\n", signature.replace("PeterNeumann", "Peter+Neumann")),
            NoteError::SignatureLine,
        ),
        (format!("text\n\n{}\n", signature.replace("PeterNeumann", "")), NoteError::SignatureLine),
        ("text\n\n\u{2014} Peter x08goQ==\n".to_owned(), NoteError::SignatureLine),
        (format!("text\n\n{}", format!("{signature}\n").repeat(MAX_SIGNATURES + 1)), NoteError::Signatures),
        ("a".repeat(MAX_NOTE_BYTES + 1), NoteError::TooLong),
    ];
    for (text, error) in cases {
        let start: String = text.chars().take(200).collect();
        assert_eq!(Note::parse(text), Err(error), "{start:?}");
    }
    assert_eq!(Note::parse(b"te\xffxt\n\n"), Err(NoteError::Characters));
    assert_eq!(Note::unsigned("text".to_owned()), Err(NoteError::Layout));
}

#[test]
fn a_note_takes_as_many_signatures_as_it_may_have() {
    let mut note = Note::unsigned("text\n".to_owned()).unwrap();
    for number in 0..MAX_SIGNATURES {
        note.sign(&log_key(number as u8)).unwrap();
    }
    note.sign(&log_key(0)).unwrap();
    assert_eq!(note.signatures().len(), MAX_SIGNATURES, "the same signature is not added again");
    assert_eq!(note.sign(&log_key(200)), Err(NoteError::Signatures));
    assert_eq!(Note::parse(note.to_string()).unwrap(), note);
    let lines: String = note.signatures().iter().map(|it| format!("{it}\n")).collect();
    assert_eq!(parse_signatures(&lines).unwrap(), note.signatures());
}

proptest! {
    #[test]
    fn notes_are_read_as_they_were_written(text in "([ -~äλ\n]{0,60}\n)", signers in prop::collection::vec(0_u8..20, 1..6)) {
        let mut note = Note::unsigned(text).unwrap();
        signers.iter().for_each(|number| note.sign(&log_key(*number)).unwrap());
        note.cosign(&witness_key(9), 7).unwrap();
        let read = Note::parse(note.to_string()).unwrap();
        prop_assert_eq!(&read, &note);
        prop_assert!(read.verify(&known(&[&log_key(signers[0]), &witness_key(9)])).unwrap().len() == 2);
    }

    #[test]
    fn a_note_with_any_bit_flipped_is_refused(bit in any::<prop::sample::Index>()) {
        let mut note = Note::unsigned("some\n\ntext\n".to_owned()).unwrap();
        note.sign(&log_key(1)).unwrap();
        let mut bytes = note.to_string().into_bytes();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let keys = known(&[&log_key(1)]);
        prop_assert!(Note::parse(bytes).and_then(|note| note.verify(&keys).map(drop)).is_err());
    }
}

fn line(note: &Note, number: usize) -> String {
    note.signatures()[number].to_string()
}
