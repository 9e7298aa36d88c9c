//! A policy file that is broken, or that is not the one that governs.

use assent_proto::v1::{GetPolicyRequest, PublishPolicyRequest};
use assent_testing::{Server, ServerOptions, requests};

use super::{files, refused, serve};
use crate::support::{head, run, within};

/// The policy that ships.
async fn shipped() -> String {
    let shown = run(["policy", "show", "--builtin"]).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    shown.stdout
}

/// What of the shipped policy is replaced once, by what, and what is said of it beside the line.
const BROKEN: [(&str, &str, &str); 12] = [
    ("covered_clouds:", "covered_cloud:", "covered_cloud"),
    ("[PUBLIC]", "[PUBLIC, MOON]", "covered_clouds[1]"),
    ("[PUBLIC]", "[PUBLIC, PUBLIC]", "covered_clouds"),
    ("confirm: [ADMIN_AGENT, SALES_AGENT]", "confirm: []", "roles.confirm"),
    ("in_force_from: 2023-04-01", "in_force_from: 2023-02-30", "in_force_from"),
    ("from: 2018-11-07", "from: 2019-11-07", "lines[0]"),
    ("until: 2019-10-01", "until: 2019-10-02", "overlaps"),
    ("until: 2019-10-01", "until: 2019-09-30", "lines"),
    ("microsoft-cloud-agreement, version: any", "handshake, version: any", "`handshake`"),
    ("version: most_current", "version: newest", "most_current"),
    ("transactions: [NEW_PURCHASE", "transactions: [AUTO_RENEWAL", "AUTO_RENEWAL"),
    ("id: cloud-agreement-dashboard-most-current", "id: cloud-agreement-dashboard-any", "lines[1].id"),
];

/// Where the message points: `line N`.
fn line_named(sentence: &str) -> Option<usize> {
    let (_, rest) = sentence.split_once(": line ")?;
    rest.split(',').next()?.parse().ok()
}

#[tokio::test]
async fn a_broken_policy_is_named_with_its_line_and_nothing_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (database, policy) = (folder.path().join("assent.db"), folder.path().join("policy.yaml"));
    let shipped = shipped().await;
    for (old, new, said) in BROKEN {
        let place = shipped.find(old).unwrap_or_else(|| panic!("the policy has `{old}`"));
        std::fs::write(&policy, shipped.replacen(old, new, 1)).expect("it can be written");
        let sentence = refused(serve(&database, &["--policy", policy.to_str().expect("it is UTF-8")])).await;
        let line = line_named(&sentence).unwrap_or_else(|| panic!("no line: {sentence}"));
        // An error of two lines that do not go together can be told at either of them: at the change or behind it.
        assert!(line >= shipped[..place].lines().count(), "`{new}` is told at line {line}: {sentence}");
        assert!(sentence.contains(said), "`{new}`: {sentence}");
        assert!(files(folder.path()).into_keys().eq([policy.clone()]), "nothing is made");
    }
}

#[tokio::test]
async fn a_policy_that_is_no_text_or_not_there_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let database = folder.path().join("assent.db");
    let contents: [&[u8]; 5] = [b"", b"\xff\xfe\x00", b"just words", b"lines: [", b"- 1\n- 2\n"];
    for content in contents {
        let policy = folder.path().join("policy.yaml");
        std::fs::write(&policy, content).expect("it can be written");
        let sentence = refused(serve(&database, &["--policy", policy.to_str().expect("it is UTF-8")])).await;
        assert!(sentence.contains("policy.yaml") && line_named(&sentence) == Some(1), "{sentence}");
    }
    let sentence = refused(serve(&database, &["--policy", "/nowhere/policy.yaml"])).await;
    assert!(sentence.contains("/nowhere/policy.yaml"), "{sentence}");
    assert!(!database.exists());
}

#[tokio::test]
async fn a_policy_that_does_not_govern_is_not_published_by_a_start() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (own, other) = (folder.path().join("own.yaml"), folder.path().join("other.yaml"));
    let shipped = shipped().await;
    std::fs::write(&own, &shipped).expect("it can be written");
    std::fs::write(&other, format!("{shipped}\n# the same, with one more comment\n"))
        .expect("it can be written");
    let options = ServerOptions { policy: Some(own.clone()), ..Default::default() };
    let mut server = Server::spawn(options).await;
    within(server.accepted("contoso", "fabrikam")).await;
    let head_before = head(&server).await;
    within(server.terminate()).await;

    let before = std::fs::read(server.database_file()).expect("it can be read");
    let sentence =
        refused(serve(&server.database_file(), &["--policy", other.to_str().expect("it is UTF-8")])).await;
    assert!(sentence.contains("policy publish") && sentence.contains("other.yaml"), "{sentence}");
    assert_eq!(std::fs::read(server.database_file()).expect("it can be read"), before);

    // The one that governs is taken, and a published one governs from then on.
    within(server.restart()).await;
    assert_eq!(head(&server).await, head_before);
    let document = std::fs::read(&other).expect("it can be read");
    let publish = PublishPolicyRequest {
        document: document.clone().into(),
        reason: "a comment".to_owned(),
        ..Default::default()
    };
    let published = within(server.catalog().publish_policy(publish)).await.unwrap().into_inner();
    assert_eq!(published.policy_version, 2);
    within(server.terminate()).await;
    let sentence =
        refused(serve(&server.database_file(), &["--policy", own.to_str().expect("it is UTF-8")])).await;
    assert!(sentence.contains("version 2"), "{sentence}");
    std::fs::write(&own, &document).expect("it can be written");
    within(server.restart()).await;
    let governing =
        within(server.catalog().get_policy(GetPolicyRequest::default())).await.unwrap().into_inner();
    assert_eq!((governing.policy_version, governing.document.as_ref()), (2, document.as_slice()));
    within(server.decide(requests::order("contoso", "fabrikam"))).await;
}
