//! `/metrics`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use assent_proto::v1::{AuthorizeOrderRequest, BatchAuthorizeOrdersRequest, GetCheckpointRequest};
use assent_testing::requests;
use tonic::Code;

use super::{figures, get, observed, port};
use crate::support::{head, within};

const DOCUMENT: &str = include_str!("../../../../docs/operations/metrics.md");

#[tokio::test]
async fn the_document_names_exactly_what_a_server_serves() {
    let server = observed(&[]).await;
    server.accepted("contoso", "fabrikam").await;
    let (_, page) = get(&port(&server), "metrics").await.expect("the port is open");
    let mut served = BTreeSet::new();
    for line in page.lines().filter_map(|it| it.strip_prefix("# HELP ")) {
        let (name, help) = line.split_once(' ').expect("a name and what it means");
        let kind = page.lines().find_map(|it| it.strip_prefix(&format!("# TYPE {name} ")));
        served.insert((name, kind.expect("every family has its type"), help.trim_end_matches('.')));
    }
    // Without it, Prometheus has no quantile of a histogram.
    let histograms = page.lines().filter_map(|it| it.strip_prefix("# TYPE ")?.strip_suffix(" histogram"));
    for name in histograms {
        let is_unbounded =
            |it: &&str| it.starts_with(&format!("{name}_bucket")) && it.contains("le=\"+Inf\"");
        let is_served = page.lines().any(|it| it.starts_with(&format!("{name}_bucket")));
        assert!(!is_served || page.lines().any(|it| is_unbounded(&it)), "{name} has no last bucket");
    }
    let rows = DOCUMENT.lines().filter(|it| it.starts_with("| `assent_"));
    let documented: BTreeSet<_> = rows
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let [name, kind, labels, what] = cells[..] else { panic!("a row has four cells: {row}") };
            check_labels(&page, name.trim_matches('`'), labels);
            (name.trim_matches('`'), kind, what)
        })
        .collect();
    let row = |(name, kind, what): &(&str, &str, &str)| format!("| `{name}` | {kind} |  | {what} |");
    let missing: Vec<_> = served.difference(&documented).map(row).collect();
    let too_many: Vec<_> = documented.difference(&served).map(row).collect();
    assert!(
        missing.is_empty() && too_many.is_empty(),
        "docs/operations/metrics.md lacks:\n{}\nand has, though no server serves it:\n{}",
        missing.join("\n"),
        too_many.join("\n")
    );
}

/// Every figure of a family has the labels that the document names, and no others.
fn check_labels(page: &str, name: &str, labels: &str) {
    let documented: BTreeSet<_> =
        labels.split(", ").map(|it| it.trim_matches('`')).filter(|it| !it.is_empty()).collect();
    for line in page.lines().filter(|it| it.starts_with(name)) {
        let Some((family, rest)) = line.split_once('{') else { continue };
        if !["", "_total", "_bucket", "_sum", "_count"].contains(&family.strip_prefix(name).unwrap_or("?")) {
            continue;
        }
        let (labels, _) = rest.rsplit_once('}').expect("labels end");
        let found: BTreeSet<_> =
            labels.split(',').filter_map(|it| it.split_once('=')).map(|it| it.0).collect();
        let found: BTreeSet<_> = found.into_iter().filter(|it| *it != "le").collect();
        assert_eq!(found, documented, "{line}");
    }
}

#[tokio::test]
async fn calls_decisions_and_commits_are_counted_on_every_way() {
    let server = observed(&[]).await;
    server.accepted("contoso", "fabrikam").await;
    let before = figures(&port(&server)).await;
    for _ in 0..5 {
        server.decide(requests::order("contoso", "fabrikam")).await;
    }
    server.decide(requests::order("contoso", "nobody")).await;
    let bad = requests::order("", "fabrikam");
    let refused = within(server.authorization().authorize_order(bad)).await.expect_err("a partner is needed");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let record = assent_proto::v1::AuthorizeOrderRequest {
        record: Some(true),
        ..requests::order("contoso", "fabrikam")
    };
    server.decide(record).await;
    let after = figures(&port(&server)).await;
    let grew =
        |name: &str| after.get(name).copied().unwrap_or(0.0) - before.get(name).copied().unwrap_or(0.0);
    const AUTHORIZE: &str = "method=\"assent.v1.AuthorizationService/AuthorizeOrder\"";
    let calls = |code: &str| grew(&format!("assent_calls_total{{{AUTHORIZE},code=\"{code}\"}}"));
    assert_eq!((calls("OK"), calls("INVALID_ARGUMENT")), (7.0, 1.0), "{after:?}");
    assert_eq!(grew(&format!("assent_call_duration_seconds_count{{{AUTHORIZE}}}")), 8.0);
    assert_eq!(after[&format!("assent_calls_in_flight{{{AUTHORIZE}}}")], 0.0);
    assert_eq!(grew("assent_decisions_total{outcome=\"ALLOWED\"}"), 6.0);
    assert_eq!(grew("assent_decisions_total{outcome=\"DENIED\"}"), 1.0);
    assert_eq!(grew("assent_decision_reasons_total{reason=\"ACCEPTANCE_IN_FORCE\"}"), 6.0);
    assert_eq!(grew("assent_decision_reasons_total{reason=\"CUSTOMER_UNKNOWN\"}"), 1.0);
    assert_eq!(grew("assent_append_batches_total{outcome=\"stored\"}"), 1.0);
    assert_eq!(grew("assent_append_batch_commands_sum"), 1.0);
    assert_eq!(grew("assent_log_entries"), 1.0);
    assert_eq!(after["assent_follower_lag_positions{follower=\"index\"}"], 0.0);
    assert_eq!((after["assent_ready"], after["assent_replica_staleness_seconds"]), (1.0, 0.0));
    assert!(after["assent_connections_open"] >= 1.0 && after["assent_resident_memory_bytes"] > 0.0);
}

#[tokio::test]
async fn the_orders_of_a_batch_are_counted_once_though_one_of_them_can_not_be_decided() {
    let server = observed(&[]).await;
    server.accepted("contoso", "fabrikam").await;
    let before = figures(&port(&server)).await;
    let mut orders = vec![requests::order("contoso", "fabrikam"); 10];
    // Before the first policy.
    orders.push(AuthorizeOrderRequest { known_at: Some(1), ..requests::order("contoso", "fabrikam") });
    let batch = BatchAuthorizeOrdersRequest { orders };
    within(server.authorization().batch_authorize_orders(batch)).await.expect("it is answered");
    let after = figures(&port(&server)).await;
    let allowed = |it: &BTreeMap<String, f64>| it["assent_decisions_total{outcome=\"ALLOWED\"}"];
    assert_eq!(allowed(&after) - allowed(&before), 10.0);
}

#[tokio::test]
async fn a_server_that_can_not_sign_after_a_restart_says_what_was_signed_last_and_how_long_ago() {
    let mut server = observed(&[]).await;
    server.accepted("contoso", "fabrikam").await;
    let at_least = GetCheckpointRequest { min_position: Some(head(&server).await), position: None };
    let signed = within(server.audit().get_checkpoint(at_least)).await.expect("it signs").into_inner();
    within(server.terminate()).await;
    // Without its anchor a server signs nothing.
    std::fs::remove_file(server.folder().join("assent.db.anchor")).expect("it is there");
    within(server.restart()).await;
    server.registered("contoso", "northwind").await;
    let figures = figures(&port(&server)).await;
    assert_eq!(figures["assent_checkpoint_entries"], signed.position as f64);
    let signed_at = signed.signed_at.expect("it says when");
    let signed_at = Duration::new(signed_at.seconds as u64, signed_at.nanos as u32);
    let longest = SystemTime::UNIX_EPOCH.elapsed().expect("it is past 1970") - signed_at;
    let age = figures["assent_checkpoint_age_seconds"];
    assert!(age > 0.0 && age <= longest.as_secs_f64(), "{age} s, and it was signed {longest:?} ago");
    let lag = figures["assent_follower_lag_positions{follower=\"checkpoint\"}"];
    assert_eq!(lag, figures["assent_log_entries"] - signed.position as f64);
}

#[tokio::test]
async fn orders_of_a_stream_are_counted_one_by_one() {
    let server = observed(&[]).await;
    server.accepted("contoso", "fabrikam").await;
    let before = figures(&port(&server)).await;
    let order = || assent_proto::v1::StreamAuthorizeOrdersRequest {
        order: Some(requests::order("contoso", "fabrikam")),
    };
    let orders = tokio_stream::iter((0..300).map(move |_| order()));
    let mut answers =
        within(server.authorization().stream_authorize_orders(orders)).await.expect("it begins").into_inner();
    let mut answered = 0;
    while within(answers.message()).await.expect("the stream ends well").is_some() {
        answered += 1;
    }
    let after = figures(&port(&server)).await;
    const ALLOWED: &str = "assent_decisions_total{outcome=\"ALLOWED\"}";
    assert_eq!((answered, after[ALLOWED] - before[ALLOWED]), (300, 300.0));
}

#[tokio::test]
async fn whatever_somebody_calls_makes_no_label() {
    let server = observed(&[]).await;
    let mut grpc = tonic::client::Grpc::new(server.channel());
    within(grpc.ready()).await.expect("the server is there");
    let path = http::uri::PathAndQuery::from_static("/nobody.v1.Secret/anna.keller");
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let refused =
        within(grpc.unary(tonic::Request::new(()), path, codec)).await.expect_err("nobody serves it");
    assert_eq!(refused.code(), Code::Unimplemented);
    server.decide(requests::order("a-partner-of-ours", "a-customer-of-theirs")).await;
    let (_, page) = get(&port(&server), "metrics").await.expect("the port is open");
    for text in ["anna.keller", "a-partner-of-ours", "a-customer-of-theirs"] {
        assert!(!page.contains(text), "{page}");
    }
    assert!(page.contains("assent_calls_total{method=\"other\",code=\"UNIMPLEMENTED\"} 1"), "{page}");
}
