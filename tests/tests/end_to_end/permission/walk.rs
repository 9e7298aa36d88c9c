//! Every method by every kind of caller.

use std::collections::BTreeMap;

use assent_proto::v1::authorize_order_result::Result as OrderResult;
use assent_proto::v1::{
    BatchAuthorizeOrdersResponse, ImportAcceptancesResponse, StreamAuthorizeOrdersResponse,
};
use assent_testing::reason;
use prost::Message;
use tonic::{Code, Status};
use tonic_types::{StatusExt as _, pb};

use super::ground::{Ground, Things};
use super::kinds::KINDS;
use super::raw::{Ended, call, call_on};
use super::requests::request;
use super::table::{Expected, Row, rows};
use crate::support::metadata;

/// What an item of the first message says went wrong with it.
fn item_error(method: &str, ended: &Ended) -> Option<Status> {
    let message = ended.as_ref().ok()?.as_ref()?.clone();
    let of_order = |result: Option<assent_proto::v1::AuthorizeOrderResult>| match result?.result? {
        OrderResult::Error(error) => Some(error),
        OrderResult::Response(_) => None,
    };
    let error = match method {
        "BatchAuthorizeOrders" => {
            of_order(BatchAuthorizeOrdersResponse::decode(message).ok()?.results.into_iter().next())
        }
        "StreamAuthorizeOrders" => of_order(StreamAuthorizeOrdersResponse::decode(message).ok()?.result),
        "ImportAcceptances" => ImportAcceptancesResponse::decode(message).ok()?.error,
        _ => None,
    }?;
    let pb::Status { code, message, .. } = &error;
    Some(Status::with_details(Code::from_i32(*code), message.clone(), error.encode_to_vec().into()))
}

/// What was answered, in the document's terms.
fn answered(method: &str, ended: &Ended) -> Expected {
    let item = item_error(method, ended);
    let (status, is_item) = match (&item, ended) {
        (Some(status), _) => (status, true),
        (None, Err(status)) => (status, false),
        (None, Ok(_)) => return Expected::Admitted,
    };
    let names = |key| metadata(status, key).is_some_and(|it| !it.is_empty());
    match (reason(status).as_str(), is_item) {
        ("ROLE_NOT_PERMITTED", false) if names("scopes") => Expected::NoScope,
        ("ROLE_NOT_PERMITTED", false) if names("roles") => Expected::NoRole,
        ("ROLE_NOT_PERMITTED", true) if names("roles") => Expected::ItemNoRole,
        ("PARTNER_OUT_OF_SCOPE", false) if names("partner_id") => Expected::OutOfScope,
        ("PARTNER_OUT_OF_SCOPE", true) if names("partner_id") => Expected::ItemOutOfScope,
        (
            "ACCEPTANCE_UNKNOWN" | "EVIDENCE_UNKNOWN" | "OBLIGATION_UNKNOWN" | "CUSTOMER_UNKNOWN"
            | "EVENT_UNKNOWN",
            false,
        ) => Expected::Unknown,
        (other, _) => {
            let refused = matches!(status.code(), Code::PermissionDenied | Code::Unauthenticated);
            assert!(!refused, "{method}: {other} does not say what would permit it: {status:?}");
            Expected::Admitted
        }
    }
}

#[tokio::test]
async fn every_method_answers_every_kind_of_caller_as_the_document_says() {
    let ground = Ground::new().await;
    let rows = rows();
    assert_eq!(rows.len(), 46, "the contract's methods");
    let mut wrong = Vec::new();
    for kind in KINDS {
        let caller = ground.caller(kind);
        for row in &rows {
            for things in [&ground.own, &ground.other] {
                let ended = call(&caller, &row.path(), request(&row.method, things)).await;
                let (expected, is) = (row.expected(kind, things), answered(&row.method, &ended));
                if is != expected {
                    let partner = &things.partner;
                    wrong
                        .push(format!("{} {} of {partner}: {is:?}, not {expected:?}", kind.name, row.method));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers are not the document's:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn without_a_credential_only_health_answers() {
    let ground = Ground::new().await;
    for row in rows() {
        for things in [&ground.own, &ground.other, &ground.own.missing()] {
            let ended = call_on(ground.server.channel(), &row.path(), request(&row.method, things)).await;
            let refusal = ended.expect_err(&row.method);
            assert_eq!(
                (refusal.code(), reason(&refusal).as_str()),
                (Code::Unauthenticated, "CREDENTIAL_MISSING")
            );
        }
    }
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let refusal = call_on(ground.server.channel(), reflection, Vec::new()).await.expect_err("it needs one");
    assert_eq!(reason(&refusal), "CREDENTIAL_MISSING");
    let nobody = ground.caller(KINDS.last().expect("there are some"));
    // ServerReflectionRequest.list_services, empty.
    call(&nobody, reflection, vec![0x3a, 0]).await.expect("any credential will do");
    // ServerReflectionRequest.file_containing_symbol: who shows an item's error has to know what it is made of.
    let symbol = b"google.rpc.ErrorInfo";
    let asked = [&[0x22, symbol.len() as u8], &symbol[..]].concat();
    let answer = call(&nobody, reflection, asked).await.expect("any credential will do").expect("it answers");
    // The file that has it has this one, too; the answer repeats only what was asked.
    let other = b"BadRequest";
    assert!(answer.windows(other.len()).any(|it| it == other), "{answer:?}");
    let health = "/grpc.health.v1.Health/Check";
    call_on(ground.server.channel(), health, Vec::new()).await.expect("anybody may ask");
}

/// An answer, with the names that the request gave taken out. The order of an error's metadata is nobody's.
fn without_names(method: &str, ended: &Ended, things: &Things) -> Vec<u8> {
    let item = item_error(method, ended);
    let status = match (&item, ended) {
        (Some(status), _) | (None, Err(status)) => status,
        (None, Ok(message)) => return message.as_ref().map(|it| blanked(it, things)).unwrap_or_default(),
    };
    let details = status.get_error_details();
    let metadata: BTreeMap<_, _> = details.error_info().into_iter().flat_map(|it| &it.metadata).collect();
    let length = status.details().len();
    let told = format!("{:?} {} {} {metadata:?} {length}", status.code(), status.message(), reason(status));
    blanked(told.as_bytes(), things)
}

fn blanked(bytes: &[u8], things: &Things) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for name in things.names() {
        let mut at = 0;
        while at + name.len() <= bytes.len() {
            if bytes[at..].starts_with(name.as_bytes()) {
                bytes[at..at + name.len()].fill(b'?');
            }
            at += 1;
        }
    }
    bytes
}

async fn difference(ground: &Ground, kind: &super::kinds::Kind, row: &Row) -> Option<String> {
    let caller = ground.caller(kind);
    let (there, missing) = (&ground.other, &ground.other.missing());
    if row.expected(kind, there) == Expected::Admitted {
        return None;
    }
    let of_there = call(&caller, &row.path(), request(&row.method, there)).await;
    let of_missing = call(&caller, &row.path(), request(&row.method, missing)).await;
    let one = without_names(&row.method, &of_there, there);
    let other = without_names(&row.method, &of_missing, missing);
    let shown = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    (one != other).then(|| format!("{} {}:\n  {}\n  {}", kind.name, row.method, shown(&one), shown(&other)))
}

#[tokio::test]
async fn a_refusal_is_the_same_bytes_whether_or_not_the_thing_exists() {
    let ground = Ground::new().await;
    let mut differ = Vec::new();
    for kind in KINDS {
        for row in &rows() {
            differ.extend(difference(&ground, kind, row).await);
        }
    }
    assert!(differ.is_empty(), "{} refusals tell:\n{}", differ.len(), differ.join("\n"));
}
