mod table;

use std::collections::BTreeMap;

use assent_domain::refusal::Refusal;
use assent_proto::convert::{Invalid, Violation, Violations};
use assent_vault::{MasterKeyId, MasterKeyIds, UnsealError};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, RpcStatusExt, StatusExt};

use self::table::{DELAY, all, contract, field_invalid, partner, policy_error, refusals, refused};
use super::{Error, Limit, Reason};

fn details(status: &Status) -> ErrorDetails {
    status.get_error_details()
}

#[test]
fn the_reasons_and_their_codes_are_the_contracts() {
    let reasons: Vec<_> = Reason::ALL.iter().map(|it| (it.code(), it.name())).collect();
    assert_eq!(reasons, contract());
}

#[test]
fn every_error_has_its_code_its_reason_and_names_the_thing() {
    let codes: BTreeMap<_, _> = contract().into_iter().map(|(code, name)| (name, code)).collect();
    let mut seen = Vec::new();
    for (error, reason, key, value) in all() {
        assert_eq!(error.reason().name(), reason);
        let status = Status::from(error);
        assert_eq!(status.code(), codes[reason], "{reason}");
        let details = details(&status);
        let info = details.error_info().unwrap();
        assert_eq!((info.domain.as_str(), info.reason.as_str()), ("assent", reason));
        assert_eq!(info.metadata.get(key), Some(&value), "{reason} {:?}", info.metadata);
        seen.push(reason);
    }
    assert!(contract().iter().all(|(_, name)| seen.contains(name)), "{seen:?}");
}

#[test]
fn every_text_says_what_is_wrong_and_what_to_do_and_nothing_of_its_source() {
    for (error, reason, ..) in all() {
        let text = error.to_string();
        let sentences = text.matches(". ").count() + 1;
        assert!(text.ends_with('.') && sentences >= 2 && text.len() < 400, "{reason}: {text}");
        let status = Status::from(error);
        assert_eq!(status.message(), text);
        assert!(!String::from_utf8_lossy(status.details()).contains("hunter2"), "{reason}");
    }
}

#[test]
fn the_source_stays_with_the_status_for_the_log() {
    use std::error::Error as _;
    let status = Status::from(Error::unreachable(std::io::Error::other("no route")));
    let error = status.source().unwrap();
    assert_eq!(error.source().unwrap().to_string(), "no route");
}

#[test]
fn a_missing_master_key_is_named_and_nobody_is_told_to_ask_again() {
    let (needed, given) = (MasterKeyId([0xcd; 8]), MasterKeyIds(Vec::new()));
    let error = Error::from(UnsealError::WrongMasterKey { key_id: [1; 16], needed, given });
    let text = error.to_string();
    assert!(text.contains("without master key cdcdcdcdcdcdcdcd"), "{text}");
    assert!(text.contains("--master-key-file") && !text.contains("Ask again"), "{text}");
}

#[test]
fn the_item_of_a_batch_says_the_same_as_the_status() {
    for (error, reason, ..) in all() {
        let item = error.rpc_status();
        let status = Status::from(error);
        assert_eq!(
            (item.code, item.message.as_str()),
            (i32::from(status.code()), status.message()),
            "{reason}"
        );
        let (of_item, of_status) = (item.get_error_details(), details(&status));
        let metadata = |it: &ErrorDetails| it.error_info().map(|it| it.metadata.clone());
        assert_eq!(metadata(&of_item), metadata(&of_status));
        let fields = |it: &ErrorDetails| format!("{:?}", it.bad_request());
        assert_eq!(fields(&of_item), fields(&of_status));
    }
}

#[test]
fn bad_fields_are_listed_wherever_they_were_found() {
    let fields = |error: Error| {
        let details = details(&Status::from(error));
        let violations = details.bad_request().map(|it| it.field_violations.clone()).unwrap_or_default();
        violations.into_iter().map(|it| (it.field, it.reason)).collect::<Vec<_>>()
    };
    let pair = |field: &str, reason: &str| (field.to_owned(), reason.to_owned());
    let of_syntax = Violations(
        ["a", "b"]
            .map(|it| Violation { field: it.to_owned(), description: "must be given".to_owned() })
            .to_vec(),
    );
    assert_eq!(fields(of_syntax.into()), [pair("a", "FIELD_INVALID"), pair("b", "FIELD_INVALID")]);
    let of_state = refused(vec![field_invalid(), Refusal::PartnerInactive { partner: partner() }]);
    assert_eq!(fields(of_state), [pair("accepted_at", "FIELD_INVALID")]);
    let policy = Error::Invalid(Invalid::Policy(policy_error()));
    assert_eq!(fields(policy), [pair("document", "POLICY_INVALID")]);
    assert_eq!(fields(Error::CredentialMissing), []);
}

#[test]
fn several_refusals_are_all_listed_and_the_first_names_the_error() {
    let status = Status::from(refused(vec![
        Refusal::PartnerInactive { partner: partner() },
        Refusal::RevisionConflict { expected: 1, actual: 2 },
    ]));
    assert_eq!(status.code(), Code::FailedPrecondition);
    let details = details(&status);
    let listed = &details.precondition_failure().unwrap().violations;
    let listed: Vec<_> = listed.iter().map(|it| (it.r#type.as_str(), it.subject.as_str())).collect();
    assert_eq!(listed, [("PARTNER_INACTIVE", "partner_id/contoso"), ("REVISION_CONFLICT", "expected/1")]);
    let single = refused(vec![Refusal::PolicyUnknown]);
    assert!(self::details(&Status::from(single)).precondition_failure().is_none());
}

#[test]
fn who_is_turned_away_is_told_when_to_come_back() {
    for error in [
        Error::AppendQueueFull { retry_after: DELAY },
        Error::RateLimited { limit: Limit::Calls, retry_after: DELAY },
    ] {
        let details = details(&Status::from(error));
        assert_eq!(details.retry_info().unwrap().retry_delay, Some(DELAY));
    }
}

/// What the status takes in the trailers of a call.
fn trailer_bytes(status: &Status) -> usize {
    let mut headers = http::HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

#[test]
fn no_error_is_larger_than_the_trailers_hold() {
    let violation = |at: usize, length: usize| Violation {
        field: format!("templates[{at}].{}", "x".repeat(length)),
        description: "ü".repeat(length),
    };
    for (count, length) in [(1, 1), (150, 1), (1_000, 60), (1_000, 100_000), (3, 2_000)] {
        let violations = Violations((0..count).map(|at| violation(at, length)).collect());
        let status = Status::from(Error::from(violations));
        assert!(trailer_bytes(&status) < 6 * 1024, "{count} of {length}: {}", trailer_bytes(&status));
        let details = details(&status);
        let listed = details.bad_request().map_or(0, |it| it.field_violations.len());
        assert!((1..=100).contains(&listed), "{count} of {length}: {listed}");
        let left_out = details.error_info().unwrap().metadata.get("left_out").cloned();
        assert_eq!(left_out, (listed < count).then(|| (count - listed).to_string()));
    }
    let every = refusals().into_iter().map(|(refusal, ..)| refusal).collect();
    let status = Status::from(refused(every));
    assert!(trailer_bytes(&status) < 6 * 1024);
    assert!(details(&status).precondition_failure().is_some());
}
