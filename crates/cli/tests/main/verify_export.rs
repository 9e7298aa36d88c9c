//! `assent verify-export`: in words, in JSON, and by its exit code.

use std::path::Path;

use assent_domain::privacy::InquiryScope;
use assent_domain::values::{CustomerId, Instant};
use assent_evidence::{Checkpoint, KeyName, KeyPurpose, Origin, SigningKey, leaf_hash};
use assent_export::{Bag, ExportedEvent, Folder, Inquiry, SEGMENT_EVENTS};
use assent_proto::event::event::Payload;
use assent_proto::event::{Actor, Event, InquiryOpened, Links};
use assent_proto::stored::timestamp_of;
use prost::Message as _;

use crate::program::assent;

const ORIGIN: &str = "ledger.example";

fn key(seed: u8) -> SigningKey {
    SigningKey::generate(
        KeyName::parse(ORIGIN).expect("it is well-formed"),
        KeyPurpose::Log,
        [seed; 32].into(),
    )
}

/// The smallest export: of a customer of whom the ledger knows nothing but that somebody asked.
fn write(folder: &Path) {
    let requested_at = Instant::from_micros(1_700_000_000_000_000).expect("it is well-formed");
    let opened = InquiryOpened { customer_id: Some("fabrikam".to_owned()), ..Default::default() };
    let entry = Event {
        stream: "ledger".to_owned(),
        actor: Some(Actor { user_id: "grace".to_owned(), ..Default::default() }),
        payload: Some(Payload::InquiryOpened(opened)),
        position: 1,
        revision: 1,
        recorded_at: Some(timestamp_of(requested_at)),
        event_id: "018bcfe5-6800-7969-9a5a-5a0000000001".to_owned(),
        links: Some(Links::default()),
        ..Default::default()
    }
    .encode_to_vec();
    let checkpoint = Checkpoint {
        origin: Origin::parse(ORIGIN).expect("it is well-formed"),
        size: 1,
        root: leaf_hash(&entry),
    };
    let inquiry = Inquiry {
        scope: InquiryScope::Customer(CustomerId::parse("fabrikam").expect("it is well-formed")),
        with_contacts: false,
        purpose: "an audit".to_owned(),
        requested_by: "grace".to_owned(),
        requested_at,
        position: 1,
        checkpoint: checkpoint.sign(&[key(1)]).expect("it is well-formed"),
        keys: vec![key(1).verifier().clone()],
        segment_events: SEGMENT_EVENTS,
    };
    let mut bag = Bag::begin(inquiry, Folder::new(folder)).expect("it is well-formed");
    bag.event(ExportedEvent { position: 1, entry: entry.into(), proof: Some(&[]), opened: &[] })
        .expect("it is well-formed");
    bag.finish().expect("it is well-formed");
}

#[tokio::test]
async fn an_export_is_proven_with_the_key_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let bag = folder.path().display().to_string();
    let vkey = key(1).verifier().to_string();
    let ran = assent(["verify-export", &bag, "--key", &vkey]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.starts_with("PROVEN everything about customer fabrikam of ledger.example: 1 events\n"),
        "{ran:?}"
    );
    assert!(ran.stdout.contains(&format!("is signed by {vkey}, which you trust")), "{ran:?}");
    assert!(ran.stdout.contains("not proven what no export can prove"), "{ran:?}");

    let ran = assent(["verify-export", &bag]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("proves nothing about who signed"), "{ran:?}");

    let beside = tempfile::tempdir().unwrap();
    let keys = beside.path().join("keys.txt");
    std::fs::write(&keys, format!("{}\n\n", key(2).verifier())).unwrap();
    let ran = assent(["verify-export", &bag, "--key-file", &keys.display().to_string()]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("data/proofs/checkpoint: no key that you trust vouches for it"), "{ran:?}");
}

#[tokio::test]
async fn what_was_changed_is_named_in_json_too() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let bag = folder.path().display().to_string();
    let path = folder.path().join("data/history/000001.txt");
    let changed = std::fs::read_to_string(&path).unwrap().replace("grace", "trudy");
    std::fs::write(&path, changed).unwrap();
    let ran = assent(["verify-export", &bag, "--output", "json"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let said: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&said["isProven"], &said["proven"]), (&false.into(), &serde_json::json!([])));
    assert_eq!(said["findings"][0]["file"], "data/history/000001.txt", "{said}");
}

#[tokio::test]
async fn what_is_no_export_can_not_be_verified() {
    let folder = tempfile::tempdir().unwrap();
    let ran = assent(["verify-export", &folder.path().display().to_string()]).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("is no export"), "{ran:?}");
    let ran = assent(["verify-export", "x", "--key", "no key"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
}
