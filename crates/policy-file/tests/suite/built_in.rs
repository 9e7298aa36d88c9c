//! The pack that ships says what the tables of the rules say.

use assent_domain::catalog::Availability;
use assent_domain::policy::{Line, PolicyDocument, Roles, VersionRule};
use assent_domain::values::{Channel, Cloud, Environment, Instant, ProductFamily, TransactionKind};
use assent_policy_file::{built_in, parse};

const CLOUD: &str = "microsoft-cloud-agreement";
const CUSTOMER: &str = "microsoft-customer-agreement";

fn at(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

/// What an order needs, as words: the agreements, and from when on they must be accepted.
fn needed(channel: Channel, product: Option<&str>, instant: &str) -> String {
    let document = built_in().document;
    let product = product.map(|it| ProductFamily::parse(it).expect("a product family"));
    let changes = [TransactionKind::Renewal, TransactionKind::SubscriptionChange];
    let orders = TransactionKind::ALL.iter().filter(|it| **it != TransactionKind::AutoRenewal);
    let mut needs = orders.map(|transaction| {
        let version = if changes.contains(transaction) { VersionRule::MostCurrent } else { VersionRule::Any };
        let line = deciding(&document, channel, *transaction, product.as_ref(), at(instant));
        line.map_or_else(String::new, |it| words(it, version))
    });
    let first = needs.next().expect("there are transactions");
    assert!(needs.all(|it| it == first), "all transactions need the same at {instant}");
    first
}

fn deciding<'a>(
    document: &'a PolicyDocument,
    channel: Channel,
    transaction: TransactionKind,
    product: Option<&ProductFamily>,
    instant: Instant,
) -> Option<&'a Line> {
    let covering = || document.lines.iter().filter(|it| it.covers(channel, transaction, instant));
    let special = covering().find(|it| product.is_some_and(|product| it.products.contains(product)));
    special.or_else(|| covering().find(|it| it.products.is_empty()))
}

fn words(line: &Line, version: VersionRule) -> String {
    let word = |it: &assent_domain::policy::Requirement| {
        assert_eq!(it.version, version, "{}", line.id);
        let from = it.accepted_from.map_or_else(String::new, |it| format!(" since {it}"));
        format!("{}{from}", it.agreement)
    };
    line.any_of.iter().map(word).collect::<Vec<_>>().join(", ")
}

#[test]
fn each_row_of_the_timeline_begins_and_ends_at_its_instant() {
    let both = &format!("{CUSTOMER}, {CLOUD}");
    let refreshed = &format!("{CUSTOMER} since 2023-04-01T00:00:00Z");
    // The last microsecond before a boundary, and the boundary: dashboard, API, and the Azure plan in both.
    let rows = [
        ("2018-11-06T23:59:59.999999Z", "", "", None),
        ("2018-11-07T00:00:00Z", CLOUD, "", None),
        ("2019-03-21T23:59:59.999999Z", CLOUD, "", None),
        ("2019-03-22T00:00:00Z", CLOUD, CLOUD, None),
        ("2019-09-30T23:59:59.999999Z", CLOUD, CLOUD, Some(CLOUD)),
        ("2019-10-01T00:00:00Z", both, both, Some(CUSTOMER)),
        ("2020-01-30T23:59:59.999999Z", both, both, Some(CUSTOMER)),
        ("2020-01-31T00:00:00Z", CUSTOMER, CUSTOMER, Some(CUSTOMER)),
        ("2026-01-04T23:59:59.999999Z", CUSTOMER, CUSTOMER, Some(CUSTOMER)),
        ("2026-01-05T00:00:00Z", refreshed, refreshed, Some(refreshed.as_str())),
        ("9999-12-31T23:59:59.999999Z", refreshed, refreshed, Some(refreshed.as_str())),
    ];
    for (instant, dashboard, api, azure_plan) in rows {
        assert_eq!(needed(Channel::Dashboard, None, instant), *dashboard, "dashboard at {instant}");
        assert_eq!(needed(Channel::Api, None, instant), *api, "API at {instant}");
        for channel in [Channel::Dashboard, Channel::Api].into_iter().filter(|_| azure_plan.is_some()) {
            let needed = needed(channel, Some("azure-plan"), instant);
            assert_eq!(Some(needed.as_str()), azure_plan, "azure-plan, {channel} at {instant}");
        }
    }
}

#[test]
fn the_pack_has_the_agreements_of_the_tables() {
    let document = built_in().document;
    let published: Vec<_> = document
        .agreements
        .iter()
        .map(|(id, it)| (id.to_string(), it.version.to_string(), it.in_force_from.map(|it| it.to_string())))
        .collect();
    let expected = [
        (CUSTOMER, "2019-10", Some("2019-08-01T00:00:00Z")),
        (CUSTOMER, "2023-04", Some("2023-04-01T00:00:00Z")),
        (CLOUD, "2018-08", None),
    ]
    .map(|(id, version, from)| (id.to_owned(), version.to_owned(), from.map(String::from)));
    assert_eq!(published, expected);

    let [(_, customer), (_, refreshed), (_, cloud)] = &document.agreements[..] else {
        panic!("three versions")
    };
    assert_eq!(customer.template_id.as_deref(), Some("117a77b0-9360-443b-8795-c6dedc750cf9"));
    assert_eq!(cloud.template_id.as_deref(), Some("998b88de-aa99-4388-a42c-1b3517d49490"));
    assert_eq!(cloud.successor.as_ref().map(ToString::to_string).as_deref(), Some(CUSTOMER));
    assert_eq!((customer.templates.len(), refreshed.templates.len(), cloud.templates.len()), (337, 337, 0));
}

#[test]
fn the_pack_has_the_availability_of_the_table() {
    use Channel::{Api, Dashboard};
    use Environment::{Production, Sandbox};
    let document = built_in().document;
    let row = |environment, channel, from: &str, until: Option<&str>| {
        let midnight = |it: &str| at(&format!("{it}T00:00:00Z"));
        Availability { environment, channel, from: midnight(from), until: until.map(midnight) }
    };
    let customer = [
        row(Sandbox, Some(Dashboard), "2019-08-01", None),
        row(Sandbox, Some(Api), "2019-09-03", None),
        row(Production, None, "2019-10-01", None),
    ];
    let cloud =
        [row(Production, None, "2018-08-07", Some("2020-01-31")), row(Sandbox, None, "2018-08-07", None)];
    let of = |at: usize| document.agreements[at].1.availability.as_slice();
    assert_eq!((of(0), of(1), of(2)), (&customer[..], &[][..], &cloud[..]));
}

#[test]
fn the_pack_covers_the_public_cloud_and_writes_out_the_default_roles() {
    let document = built_in().document;
    assert_eq!(document.covered_clouds, [Cloud::Public]);
    assert_eq!(document.roles, Roles::default());
}

#[test]
fn the_pack_is_the_file_and_every_line_says_its_source() {
    let pack = built_in();
    assert_eq!(parse(pack.bytes), Ok(pack.document.clone()));
    for line in &pack.document.lines {
        let known = ["FAQ", "MCA", "ATT", "API", "FIELD", "OURS"];
        assert!(known.iter().any(|it| line.source.starts_with(it)), "{}: {}", line.id, line.source);
    }
}

#[test]
fn a_template_list_that_has_shipped_never_changes() {
    // Published documents name it, and are read again for as long as their ledger lives.
    let list = include_bytes!("../../../../policies/customer-agreement-templates.csv");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, list);
    let hash: String = hash.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    assert_eq!(hash, "eeccfab296f3dc3e59f8393ec0237952ea6ec5cc3071652bb3b5c109871b7011");
}
