use assent_evidence::{
    Checkpoint, CheckpointError, EMPTY_ROOT, KeyPurpose, Note, NoteError, Origin, SignedCheckpoint,
    VerifierKey,
};
use proptest::prelude::*;

use crate::signers::{ORIGIN, checkpoint, key, known, log_key, signed, witness_key};

/// The example of C2SP `tlog-cosignature`. Its keys are not published, so that it can be read and not verified.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

#[test]
fn the_example_of_the_specification_is_read_and_written_as_it_is() {
    let read = SignedCheckpoint::parse(EXAMPLE).unwrap();
    assert_eq!(read.checkpoint().origin.as_str(), "example.com/behind-the-sofa");
    assert_eq!(read.checkpoint().size, 20_852_163);
    assert_eq!(read.to_string(), EXAMPLE);
}

#[test]
fn while_a_key_is_rotated_either_is_enough() {
    let signed = checkpoint(7, [9; 32]).sign(&[log_key(1), log_key(2)]).unwrap();
    assert_eq!(signed.to_string().lines().count(), 6);
    for number in [1, 2] {
        let opened = Checkpoint::open(signed.to_string(), &known(&[&log_key(number)]));
        assert_eq!(opened, Ok(checkpoint(7, [9; 32])));
    }
    let unsigned = CheckpointError::Note(NoteError::Unsigned);
    assert_eq!(Checkpoint::open(signed.to_string(), &known(&[&log_key(3)])), Err(unsigned));
}

#[test]
fn only_the_log_itself_vouches_for_a_checkpoint() {
    let other_log = key("other.example/log", KeyPurpose::Log, 5);
    let mut by_others = Note::unsigned(checkpoint(7, [9; 32]).text()).unwrap();
    by_others.sign(&other_log).unwrap();
    by_others.cosign(&witness_key(2), 1000).unwrap();
    let keys = known(&[&log_key(1), &other_log, &witness_key(2)]);
    assert_eq!(Checkpoint::open(by_others.to_string(), &keys), Err(CheckpointError::Signer));
    by_others.sign(&log_key(1)).unwrap();
    let signed = SignedCheckpoint::parse(by_others.to_string()).unwrap();
    let signers: Vec<VerifierKey> = signed.verify(&keys).unwrap().iter().map(|by| by.key.clone()).collect();
    assert_eq!(signers, known(&[&witness_key(2), &log_key(1)]));

    let refused = checkpoint(7, [9; 32]).sign(&[log_key(1), other_log]);
    assert_eq!(refused, Err(CheckpointError::Signer));
    assert_eq!(checkpoint(7, [9; 32]).sign(&[]), Err(CheckpointError::Signer));
    let as_witness = key(ORIGIN, KeyPurpose::Witness, 1);
    assert_eq!(checkpoint(7, [9; 32]).sign(&[as_witness]), Err(CheckpointError::Signer));
}

#[test]
fn cosignatures_are_added_to_what_the_log_has_signed() {
    let mut signed = signed(7, [9; 32]);
    signed.note_mut().cosign(&witness_key(2), 1_700_000_000).unwrap();
    let read = SignedCheckpoint::parse(signed.to_string()).unwrap();
    let keys = known(&[&log_key(1), &witness_key(2)]);
    let times: Vec<_> = read.verify(&keys).unwrap().iter().map(|by| by.cosigned_at).collect();
    assert_eq!(times, [None, Some(1_700_000_000)]);
}

#[test]
fn what_is_no_checkpoint_is_refused_for_its_reason() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let cases = [
        (format!("log\n7\n{root}"), CheckpointError::Lines),
        ("log\n7\n".to_owned(), CheckpointError::Lines),
        (format!("log\n7\n{root}\nextension\n"), CheckpointError::Lines),
        (format!("log\n7\n{root}\n\n"), CheckpointError::Lines),
        (format!("\n7\n{root}\n"), CheckpointError::Origin),
        (format!("{}\n7\n{root}\n", "a".repeat(256)), CheckpointError::Origin),
        (format!("lo\u{85}g\n7\n{root}\n"), CheckpointError::Origin),
        (format!("log\n07\n{root}\n"), CheckpointError::Size),
        (format!("log\n-7\n{root}\n"), CheckpointError::Size),
        (format!("log\n7 \n{root}\n"), CheckpointError::Size),
        (format!("log\n18446744073709551616\n{root}\n"), CheckpointError::Size),
        (format!("log\n7\n{}\n", &root[4..]), CheckpointError::Root),
        (format!("log\n7\n{}\n", root.replace('=', "")), CheckpointError::Root),
        (format!("log\n7\n {root}\n"), CheckpointError::Root),
        (format!("log\n0\n{root}\n"), CheckpointError::Root),
    ];
    for (text, error) in cases {
        assert_eq!(Checkpoint::parse_text(&text), Err(error), "{text:?}");
    }
    let empty = Checkpoint { origin: Origin::parse("a log with spaces").unwrap(), size: 0, root: EMPTY_ROOT };
    assert_eq!(Checkpoint::parse_text(&empty.text()), Ok(empty));
}

proptest! {
    #[test]
    fn checkpoints_are_read_as_they_were_written(size in 1_u64.., root: [u8; 32], cosigned_at in 0_u64..1 << 63) {
        let mut signed = signed(size, root);
        signed.note_mut().cosign(&witness_key(2), cosigned_at).unwrap();
        let text = signed.to_string();
        prop_assert_eq!(SignedCheckpoint::parse(&text).unwrap(), signed);
        prop_assert_eq!(Checkpoint::open(text, &known(&[&log_key(1)])), Ok(checkpoint(size, root)));
    }

    #[test]
    fn a_checkpoint_with_any_bit_flipped_is_refused(bit in any::<prop::sample::Index>()) {
        let mut bytes = signed(20_852_163, [9; 32]).to_string().into_bytes();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Checkpoint::open(bytes, &known(&[&log_key(1)])).is_err());
    }
}
