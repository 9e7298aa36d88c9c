//! The table is whole, and the document shows it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use assent_domain::policy::Action;
use assent_domain::values::{PartnerId, Role};
use assent_identity::{Caller, Partners, Scope, Scopes};
use assent_proto::event::event::Payload;
use assent_proto::event::{
    AcceptanceDetails, Event, EvidenceConfirmed, EvidenceSubmitted, PersonalDataErased, PolicyPublished,
    RelationshipEnded,
};
use prost::Message;
use prost_types::FileDescriptorSet;

use super::table::{MONITORS, Narrowing, Row, TABLE};
use super::{Opened, Permit, name, opened_by, permit_monitor};
use crate::error::{Error, Reason};

/// Where the document shows the table.
const BEGIN: &str = "<!-- The table begins. -->\n";
const END: &str = "<!-- The table ends. -->\n";

fn caller(scopes: &[Scope], partners: &[&str]) -> Caller {
    let partners = partners.iter().map(|it| PartnerId::parse(it).expect("it is an id")).collect();
    Caller {
        user_id: "somebody".to_owned(),
        scopes: scopes.iter().copied().collect(),
        roles: Vec::new(),
        partners: Partners::Only(partners),
        shared_account: false,
    }
}

fn permit(row: &'static Row, caller: Caller) -> Permit {
    Permit { caller: caller.into(), row, role: None::<Role> }
}

fn rows_of(narrowing: impl Fn(Narrowing) -> bool) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |it| narrowing(it.narrowing))
}

#[test]
fn every_method_of_the_contract_has_a_row_and_every_row_is_a_method() {
    let described = FileDescriptorSet::decode(assent_proto::DESCRIPTORS).expect("the descriptors are valid");
    let services = described.file.iter().filter(|it| it.package() == "assent.v1").flat_map(|it| &it.service);
    let methods: BTreeSet<_> = services
        .flat_map(|service| service.method.iter().map(|it| (service.name().to_owned(), it.name().to_owned())))
        .collect();
    let rows: BTreeSet<_> = TABLE.iter().map(|it| (it.service.to_owned(), it.name.to_owned())).collect();
    assert_eq!(rows, methods);
    assert_eq!(rows.len(), TABLE.len(), "a method has one row");
}

#[test]
fn nothing_opens_without_a_scope_and_disclosing_by_itself_opens_nothing() {
    for row in TABLE.iter().chain([&MONITORS]) {
        assert!(!row.ways.is_empty(), "{}", row.name);
        for scopes in [&[][..], &[Scope::Disclose]] {
            let Err(error) = opened_by(&caller(scopes, &["contoso"]), row) else { panic!("{}", row.name) };
            assert_eq!(error.reason(), Reason::RoleNotPermitted, "{}", row.name);
        }
    }
}

#[test]
fn a_commerce_service_decides_orders_and_writes_nothing_else() {
    let service = caller(&[Scope::Authorize], &["contoso"]);
    let opened = TABLE.iter().filter(|it| opened_by(&service, it).is_ok());
    let mut writes = opened.filter(|it| it.narrowing != Narrowing::Nothing).map(|it| it.name);
    let orders = ["AuthorizeOrder", "BatchAuthorizeOrders", "StreamAuthorizeOrders", "RecordOrderOutcome"];
    assert!(writes.by_ref().take(4).eq(orders));
    assert!(writes.eq(["GetInclusionProof"]));
}

#[test]
fn of_two_ways_the_one_without_a_role_counts() {
    let row = TABLE.iter().find(|it| it.name == "GetAcceptance").expect("it is there");
    let by = |scopes: &[Scope]| opened_by(&caller(scopes, &[]), row);
    assert!(matches!(by(&[Scope::Audit]), Ok(Opened::Freely)));
    assert!(matches!(by(&[Scope::Audit, Scope::AcceptancesRead]), Ok(Opened::Freely)));
    let Ok(Opened::As(actions)) = by(&[Scope::AcceptancesRead]) else { panic!("it needs a role") };
    assert_eq!(actions, [Action::ReadConfirmation]);
}

#[test]
fn a_partner_that_is_named_is_the_callers_and_none_is_for_those_who_act_for_every_one() {
    let (own, other) = (PartnerId::parse("contoso"), PartnerId::parse("adatum"));
    let (own, other) = (own.expect("it is an id"), other.expect("it is an id"));
    let by_partner =
        |it| matches!(it, Narrowing::Partner | Narrowing::Items | Narrowing::Rows | Narrowing::Reseller);
    for row in rows_of(by_partner) {
        let permit = permit(row, caller(&[], &["contoso"]));
        assert!(permit.narrow(Some(&own)).is_ok(), "{}", row.name);
        for refused in [Some(&other), None] {
            let Err(error) = permit.narrow(refused) else { panic!("{} {refused:?}", row.name) };
            assert_eq!(error.reason(), Reason::PartnerOutOfScope, "{}", row.name);
        }
    }
    for row in rows_of(|it| it == Narrowing::Every) {
        assert!(permit(row, caller(&[], &["contoso"])).narrow(Some(&own)).is_err(), "{}", row.name);
    }
    let nobody = caller(&[], &[]);
    let everybody = Caller { partners: Partners::Every, scopes: Scopes::all(), ..nobody.clone() };
    for row in rows_of(|it| by_partner(it) || it == Narrowing::Every) {
        assert!(permit(row, nobody.clone()).narrow(Some(&own)).is_err(), "{}", row.name);
        assert!(permit(row, everybody.clone()).narrow(None).is_ok(), "{}", row.name);
    }
}

#[test]
fn a_monitor_is_an_auditor_of_every_partner() {
    let by = |scope, partners| {
        let caller = Caller { partners, ..caller(&[scope], &[]) };
        permit_monitor(caller.into()).map_err(|it| it.reason())
    };
    let one = || caller(&[], &["contoso"]).partners;
    assert_eq!(by(Scope::Audit, Partners::Every), Ok(()));
    assert_eq!(by(Scope::Audit, one()), Err(Reason::PartnerOutOfScope));
    assert_eq!(by(Scope::Authorize, Partners::Every), Err(Reason::RoleNotPermitted));
}

#[test]
fn a_refusal_names_what_would_permit_it() {
    let row = TABLE.iter().find(|it| it.name == "ReadEvents").expect("it is there");
    let Err(error) = opened_by(&caller(&[Scope::Authorize], &[]), row) else { panic!("it is refused") };
    assert!(
        matches!(&error, Error::ScopeMissing { method: "ReadEvents", opening } if *opening == [Scope::Audit])
    );
    assert!(error.to_string().contains("assent.audit"), "{error}");
}

fn shown(row: &Row) -> String {
    let ways: Vec<_> = row
        .ways
        .iter()
        .map(|way| match way.action {
            Some(action) => format!("`{}` as `{}`", way.scope.name(), name(action)),
            None => format!("`{}`", way.scope.name()),
        })
        .collect();
    let narrowing = match row.narrowing {
        Narrowing::Nothing => "",
        Narrowing::Partner => "the partner named; none: every partner",
        Narrowing::Items => "each order: its partner",
        Narrowing::Rows => "each row: its partner, and the role of its kind of record",
        Narrowing::Reseller => "the reseller named",
        Narrowing::Record => "the record's partner, else unknown",
        Narrowing::Customer => "a customer of a partner, else unknown",
        Narrowing::Every => "every partner",
    };
    format!("| `{}` | {} | {narrowing} |\n", row.name, ways.join(", "))
}

#[test]
fn the_document_shows_the_table() {
    let mut table = String::new();
    let mut service = "";
    for row in TABLE.iter().chain([&MONITORS]) {
        if row.service != service {
            service = row.service;
            let head = "| method | opened by any of | narrowed to |\n|---|---|---|\n";
            write!(table, "\n### {service}\n\n{head}").expect("a text grows");
        }
        table.push_str(&shown(row));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/permissions.md");
    let document = std::fs::read_to_string(&path).expect("the document is there");
    let (_, rest) = document.split_once(BEGIN).expect("it says where the table begins");
    let (is, _) = rest.split_once(END).expect("it says where the table ends");
    let wanted = format!("{table}\n");
    assert_eq!(is, wanted, "docs/permissions.md is stale: put this table in its place");
}

#[test]
fn what_names_no_partner_was_written_by_who_needs_none() {
    let row = |name: &str| TABLE.iter().find(|it| it.name == name).expect("it is there");
    let stored = |payload| Event { payload: Some(payload), ..Event::default() };
    let erased = stored(Payload::PersonalDataErased(PersonalDataErased::default()));
    let published = stored(Payload::PolicyPublished(PolicyPublished::default()));
    let own = RelationshipEnded { partner_id: "contoso".to_owned(), customer_id: "fabrikam".to_owned() };
    let own = stored(Payload::RelationshipEnded(own));
    let one = |name| permit(row(name), caller(&[], &["contoso"]));
    assert!(one("VoidRecord").wrote(&own) && one("EndRelationship").wrote(&own));
    assert!(!one("VoidRecord").wrote(&erased) && !one("EndRelationship").wrote(&erased));
    assert!(permit(row("PublishPolicy"), caller(&[], &[])).wrote(&published));
    let everybody = Caller { partners: Partners::Every, ..caller(&[], &[]) };
    assert!(permit(row("ErasePersonalData"), everybody).wrote(&erased));
}

#[test]
fn a_reseller_opens_what_it_submitted_and_not_what_its_provider_made_of_it() {
    let row = TABLE.iter().find(|it| it.name == "GetHistory").expect("it is there");
    let details = AcceptanceDetails { partner_id: "contoso".to_owned(), ..Default::default() };
    let reseller_id = "tailspin".to_owned();
    let (claim, acceptance) = (Some(details.clone()), Some(details));
    let submitted = EvidenceSubmitted { claim, reseller_id: reseller_id.clone() };
    let confirmed = EvidenceConfirmed { acceptance, reseller_id, ..Default::default() };
    let erased = PersonalDataErased { customer_id: "fabrikam".to_owned(), ..Default::default() };
    let payloads = [
        Payload::EvidenceSubmitted(submitted),
        Payload::EvidenceConfirmed(confirmed),
        Payload::PersonalDataErased(erased),
    ];
    let events = payloads.map(|it| Event { payload: Some(it), ..Event::default() });
    let opens = |partners: &[&str]| {
        let permit = permit(row, caller(&[], partners));
        events.each_ref().map(|it| permit.may_unseal(it))
    };
    assert_eq!(opens(&["tailspin"]), [true, false, false]);
    assert_eq!(opens(&["contoso"]), [true, true, false]);
    assert_eq!(opens(&["adatum"]), [false; 3]);
    let everybody = Caller { partners: Partners::Every, ..caller(&[], &[]) };
    let permit = permit(row, everybody);
    assert!(events.iter().all(|it| permit.may_unseal(it)));
}
