//! Exports for inquiries, as an auditor makes and checks them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use std::path::{Path, PathBuf};

use assent_evidence::VerifierKey;
use assent_export::{Folder, Report, Sink as _, verify};
use assent_proto::event::event::Payload;
use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::export_inquiry_response::Part;
use assent_proto::v1::{
    ErasePersonalDataRequest, ExportInquiryRequest, GetConsistencyProofRequest, ReadEventsRequest,
    RecordedPeriod,
};
use assent_testing::{Server, reason, requests};
use tempfile::TempDir;

use super::{at_least, checkpoint, key};
use crate::faults::derived::story;
use crate::privacy::ground::sqlite;
use crate::support::{Ran, decoded, events, head, read, run, server, within};

/// An export in a folder of its own.
struct Exported {
    ran: Ran,
    folder: TempDir,
}

impl Exported {
    fn bag(&self) -> PathBuf {
        self.folder.path().join("bag")
    }

    fn report(&self, trusted: &[VerifierKey]) -> Report {
        verify(&self.bag(), trusted, &mut |_| {}).unwrap()
    }

    /// Everything in the bag, as text.
    fn text(&self) -> String {
        fn read(folder: &Path, text: &mut String) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => read(&path, text),
                    false => text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap())),
                }
            }
        }
        let mut text = String::new();
        read(&self.bag(), &mut text);
        text
    }
}

/// The script in a bag, as its cover page says to run it.
fn script(bag: &Path) -> std::process::Output {
    std::process::Command::new("python3").arg("data/verify.py").current_dir(bag).output().unwrap()
}

async fn export(server: &Server, scope: &[&str]) -> Exported {
    let folder = tempfile::tempdir().unwrap();
    let (url, out) = (server.url(), folder.path().join("bag").display().to_string());
    let begin = ["export", "--server", &url, "--purpose", "Inquiry 17", "--out", &out];
    let ran = run(begin.iter().chain(scope)).await;
    Exported { ran, folder }
}

#[tokio::test]
async fn an_export_that_nobody_could_verify_now_is_not_begun() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    checkpoint(&server, at_least(head(&server).await)).await;
    let anchor = server.folder().join("assent.db.anchor");
    let kept = std::fs::read(&anchor).unwrap();
    std::fs::remove_file(&anchor).unwrap();
    within(server.registered("contoso", "northwind")).await;
    let before = head(&server).await;

    let request = ExportInquiryRequest {
        scope: Some(Scope::Everything(true)),
        purpose: "Inquiry 17".to_owned(),
        ..Default::default()
    };
    let refused = within(server.audit().export_inquiry(request)).await.unwrap_err();
    assert_eq!(reason(&refused), "CHECKPOINT_UNKNOWN", "{refused}");
    assert!(refused.message().contains(&format!("No checkpoint signs position {before} yet")), "{refused}");
    assert_eq!(head(&server).await, before, "nothing was recorded of it");

    std::fs::write(&anchor, kept).unwrap();
    let exported = export(&server, &["--all"]).await;
    assert_eq!(exported.ran.code, Some(0), "{:?}", exported.ran);
}

#[tokio::test]
async fn of_a_hash_that_is_damaged_no_proof_is_made_and_no_export_finished() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let from = checkpoint(&server, at_least(head(&server).await)).await.position;
    within(server.registered("contoso", "northwind")).await;
    let to = checkpoint(&server, at_least(head(&server).await)).await.position;
    let damage = "DROP TRIGGER events_are_never_updated; UPDATE events SET leaf_hash = zeroblob(32) WHERE position = 2";
    sqlite(&server.database_file(), damage).await;

    let consistency = GetConsistencyProofRequest { from_position: from, to_position: to };
    let refused = within(server.audit().get_consistency_proof(consistency)).await.unwrap_err();
    assert_eq!(reason(&refused), "LOG_CORRUPT", "{refused}");

    let exported = export(&server, &["--customer", "northwind"]).await;
    assert_ne!(exported.ran.code, Some(0), "{:?}", exported.ran);
    // Whichever is found first: that the log is another one than was signed, or that a proof does not hold.
    let is_told = ["LOG_FORKED", "LOG_CORRUPT"].iter().any(|it| exported.ran.stderr.contains(it));
    assert!(is_told, "{:?}", exported.ran);
    let is_finished = |it: &_| matches!(decoded(it).payload, Some(Payload::InquiryExported(_)));
    let since = ReadEventsRequest { from_position: to, ..Default::default() };
    assert!(!read(&server, since).await.iter().any(is_finished), "nothing says that it was made");
}

#[tokio::test]
async fn every_kind_of_export_verifies_offline_and_says_what_it_proves() {
    let server = server().await;
    within(story(&server)).await;
    let keys = [key(&server).await];
    let customer = events(&server).await.iter().map(decoded).find_map(|it| match it.payload {
        Some(Payload::AcceptanceConfirmed(it)) => it.acceptance.map(|it| (it.partner_id, it.customer_id)),
        _ => None,
    });
    let (partner, customer) = customer.unwrap();
    let scopes: [&[&str]; 6] = [
        &["--customer", &customer],
        &["--partner", &partner],
        &["--agreement", "microsoft-customer-agreement"],
        &["--from", "2020-01-01"],
        &["--to", "2020-01-01"],
        &["--all", "--with-contacts"],
    ];
    for scope in scopes {
        let exported = export(&server, scope).await;
        assert_eq!(exported.ran.code, Some(0), "{scope:?}: {:?}", exported.ran);
        let report = exported.report(&keys);
        assert!(report.is_proven() && report.is_signed_by_trusted, "{scope:?}: {report:#?}");
        assert!(!exported.folder.path().join("bag.partial").exists());
        let by_script = script(&exported.bag());
        assert!(by_script.status.success(), "{scope:?}: {by_script:?}");
    }
    // Each stands in the log twice: that it was opened, and what came of it.
    let stored: Vec<_> = events(&server).await.iter().map(decoded).filter_map(|it| it.payload).collect();
    let opened = stored.iter().filter(|it| matches!(it, Payload::InquiryOpened(_))).count();
    let finished = stored.iter().filter(|it| matches!(it, Payload::InquiryExported(_))).count();
    assert_eq!((opened, finished), (scopes.len(), scopes.len()));
}

#[tokio::test]
async fn contacts_are_shown_only_where_that_was_asked_for_and_never_once_they_are_erased() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    within(server.accepted("contoso", "fabrikam")).await;
    let email = requests::contact("fabrikam").email;
    let keys = [key(&server).await];
    let sealed = export(&server, &["--customer", "fabrikam"]).await;
    assert!(!sealed.text().contains(&email));
    let shown = export(&server, &["--customer", "fabrikam", "--with-contacts"]).await;
    assert!(shown.text().contains(&email), "{:?}", shown.ran);
    assert!(shown.report(&keys).is_proven());

    let erase = ErasePersonalDataRequest {
        customer_id: "fabrikam".to_owned(),
        reason: "they asked".to_owned(),
        ..Default::default()
    };
    within(server.privacy().erase_personal_data(erase)).await.unwrap();
    let erased = export(&server, &["--customer", "fabrikam", "--with-contacts"]).await;
    assert!(!erased.text().contains(&email));
    assert!(erased.report(&keys).is_proven(), "{:#?}", erased.report(&keys));
    // What was exported before still verifies: no byte of the log has changed.
    assert!(shown.report(&keys).is_proven());
}

#[tokio::test]
async fn an_export_that_broke_off_is_gone_on_with_as_the_same_inquiry() {
    let mut server = server().await;
    within(story(&server)).await;
    let request = ExportInquiryRequest {
        scope: Some(Scope::Everything(true)),
        purpose: "Inquiry 17".to_owned(),
        request_id: Some("c0ffee00-0000-4000-8000-000000000017".to_owned()),
        ..Default::default()
    };
    let mut answers = within(server.audit().export_inquiry(request.clone())).await.unwrap().into_inner();
    let Some(Part::Opened(begun)) = within(answers.message()).await.unwrap().unwrap().part else {
        panic!("it begins with the inquiry")
    };
    within(server.kill()).await;
    drop(answers);
    within(server.restart()).await;
    // By its request id, and by its own.
    let by_id = ExportInquiryRequest { inquiry_id: begun.inquiry_id.clone(), ..Default::default() };
    let mut manifests = Vec::new();
    for again in [request, by_id] {
        let mut answers = within(server.audit().export_inquiry(again)).await.unwrap().into_inner();
        let mut opened = None;
        while let Some(answer) = within(answers.message()).await.unwrap() {
            match answer.part.unwrap() {
                Part::Opened(it) => opened = Some(it),
                Part::Finished(it) => manifests.push(it.manifest_sha256),
                Part::Chunk(_) | Part::Progress(_) => {}
            }
        }
        assert_eq!(opened.unwrap().position, begun.position);
    }
    assert_eq!(manifests.len(), 2);
    assert_eq!(manifests[0], manifests[1], "the same bytes");
}

#[tokio::test]
async fn an_export_that_is_made_again_after_its_purpose_was_erased_says_so() {
    const PURPOSE: &str = "Complaint of Anna Berg";
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let first = ExportInquiryRequest {
        scope: Some(Scope::CustomerId("fabrikam".to_owned())),
        purpose: PURPOSE.to_owned(),
        ..Default::default()
    };
    let (inquiry_id, bag) = received(&server, first).await;
    let page = |bag: &TempDir| std::fs::read_to_string(bag.path().join("data/README.txt")).unwrap();
    assert!(page(&bag).contains(PURPOSE));
    let erasure = ErasePersonalDataRequest {
        customer_id: "fabrikam".to_owned(),
        reason: "asked for by letter".to_owned(),
        ..Default::default()
    };
    within(server.privacy().erase_personal_data(erasure)).await.unwrap();
    let again = ExportInquiryRequest { inquiry_id, ..Default::default() };
    let (_, bag) = received(&server, again).await;
    assert!(page(&bag).contains("Erased") && !page(&bag).contains(PURPOSE));
    let keys = [key(&server).await];
    let report = verify(bag.path(), &keys, &mut |_| {}).unwrap();
    assert!(report.is_proven(), "{report:#?}");
    let purpose = report.not_proven.iter().find(|it| it.about == "the purpose").expect("it is not proven");
    assert!(purpose.text.contains("erased"), "{purpose:?}");
}

/// An export as it is streamed: the inquiry's id, and the bag.
async fn received(server: &Server, request: ExportInquiryRequest) -> (String, TempDir) {
    let bag = tempfile::tempdir().unwrap();
    let (mut folder, mut inquiry_id) = (Folder::new(bag.path()), String::new());
    let mut answers = within(server.audit().export_inquiry(request)).await.unwrap().into_inner();
    while let Some(answer) = within(answers.message()).await.unwrap() {
        match answer.part.unwrap() {
            Part::Opened(it) => inquiry_id = it.inquiry_id,
            Part::Chunk(it) => {
                folder.write(&it.path, &it.bytes).unwrap();
                if it.last {
                    folder.close(&it.path).unwrap();
                }
            }
            Part::Progress(_) | Part::Finished(_) => {}
        }
    }
    (inquiry_id, bag)
}

#[tokio::test]
async fn what_can_not_be_exported_is_refused_before_anything_is_recorded() {
    let server = server().await;
    let before = events(&server).await.len();
    let refused = async |request: ExportInquiryRequest| {
        let refused = within(server.audit().export_inquiry(request)).await;
        reason(&refused.map(drop).unwrap_err())
    };
    let asked = |scope| ExportInquiryRequest {
        scope: Some(scope),
        purpose: "Inquiry 17".to_owned(),
        ..Default::default()
    };
    assert_eq!(refused(asked(Scope::CustomerId("nobody".to_owned()))).await, "CUSTOMER_UNKNOWN");
    assert_eq!(refused(asked(Scope::PartnerId("nobody".to_owned()))).await, "PARTNER_UNKNOWN");
    assert_eq!(refused(asked(Scope::AgreementId("nothing".to_owned()))).await, "AGREEMENT_UNKNOWN");
    assert_eq!(refused(ExportInquiryRequest::default()).await, "FIELD_INVALID");
    let no_purpose = ExportInquiryRequest { purpose: String::new(), ..asked(Scope::Everything(true)) };
    assert_eq!(refused(no_purpose).await, "FIELD_INVALID");
    for period in [
        RecordedPeriod { from: Some(requests::at("2100-01-01")), until: None },
        RecordedPeriod { from: None, until: Some(requests::at("2100-01-01")) },
    ] {
        assert_eq!(refused(asked(Scope::Period(period))).await, "FIELD_INVALID");
    }
    let inquiry_id = decoded(&events(&server).await[0]).event_id;
    let other = ExportInquiryRequest { inquiry_id, ..Default::default() };
    assert_eq!(refused(other).await, "INQUIRY_UNKNOWN");
    assert_eq!(events(&server).await.len(), before);
}

#[tokio::test]
async fn what_broke_off_is_gone_on_with_only_where_the_same_is_asked_again() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("bag").display().to_string();
    let partial = folder.path().join("bag.partial");
    std::fs::create_dir(&partial).unwrap();
    let state =
        r#"{"asked":"everything","inquiry_id":"c0ffee00-0000-4000-8000-000000000017","segments_done":3}"#;
    std::fs::write(partial.join("export.json"), state).unwrap();
    let url = server.url();
    let export =
        ["export", "--server", &url, "--customer", "fabrikam", "--purpose", "Inquiry 17", "--out", &out];
    let other = run(export).await;
    assert_eq!(other.code, Some(2), "{other:?}");
    assert!(other.stderr.contains("bag.partial"), "{other:?}");
    std::fs::remove_dir_all(&partial).unwrap();
    let with_slash = format!("{out}/");
    let mut export = export.to_vec();
    *export.last_mut().unwrap() = &with_slash;
    let done = run(export).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(folder.path().join("bag/bagit.txt").exists() && !partial.exists());
}

#[tokio::test]
async fn a_pipe_or_a_link_in_a_bag_is_named_and_never_opened() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let exported = export(&server, &["--customer", "fabrikam"]).await;
    let checkpoint = exported.bag().join("data/proofs/checkpoint");
    std::fs::remove_file(&checkpoint).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &checkpoint).unwrap();
    let verified = run(["verify-export".as_ref(), exported.bag().as_os_str()]).await;
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert!(verified.stdout.contains("data/proofs/checkpoint"), "{verified:?}");
}
