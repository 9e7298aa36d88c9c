//! Rules O1 to O7 and O13: what the policy's lines want, on the timeline that ships.

use std::sync::Arc;

use assent_domain::authorize::{Order, Outcome, ReasonCode, Remediation, RemediationAction};
use assent_domain::command::{AcceptanceClaim, Command};
use assent_domain::directory::CustomerFacts;
use assent_domain::event::VersionPublished;
use assent_domain::scenario::{
    CLOUD_AGREEMENT, CUSTOMER_AGREEMENT, World, agreement, attest, claim, claim_of, confirm, customer,
    customer_facts, direct, instant, microsoft, order, partner, product, timeline, version, withdraw,
};
use assent_domain::values::{Channel, Cloud, Position, TransactionKind};

use crate::{actions, codes, confirm_as};

use ReasonCode::{
    AcceptanceInForce, AcceptanceMissing, AcceptanceStale, AcceptanceWithdrawn, AgreementNoLongerHonoured,
    AgreementNotValidForProduct, CloudNotCovered, RequirementNotInForce, TransactionExempt,
};

const COVERED: [TransactionKind; 5] = [
    TransactionKind::NewPurchase,
    TransactionKind::SeatIncrease,
    TransactionKind::SeatDecrease,
    TransactionKind::Renewal,
    TransactionKind::SubscriptionChange,
];

fn world() -> World {
    microsoft().parties("contoso", "fabrikam")
}

fn with(transaction: TransactionKind) -> Order {
    Order { transaction, ..order("contoso", "fabrikam") }
}

fn asked(world: &World, order: &Order, at: &str) -> Vec<ReasonCode> {
    codes(&world.ask_as_of(order, Position::END, instant(at)))
}

/// An old record, confirmed at the instant of its acceptance.
fn old(agreement: &str, accepted_at: &str) -> Command {
    let confirmed_at = Some(instant(accepted_at).max(instant("2019-10-01")));
    confirm_as("contoso", "fabrikam", AcceptanceClaim { confirmed_at, ..claim_of(agreement, accepted_at) })
}

#[test]
fn o1_a_covered_transaction_without_an_acceptance_is_denied_and_told_what_would_allow_it() {
    for transaction in COVERED {
        let decision = world().ask(&with(transaction));
        assert_eq!(codes(&decision), [AcceptanceMissing]);
        let [remedy] = &decision.remediations[..] else { panic!() };
        let Remediation { action, partner: by, customer: of, agreement: named, .. } = remedy;
        assert_eq!(*action, RemediationAction::ConfirmAcceptance);
        assert_eq!((by.as_ref(), of.as_ref()), (Some(&partner("contoso")), Some(&customer("fabrikam"))));
        assert_eq!(*named, Some(agreement(CUSTOMER_AGREEMENT)));
    }
}

#[test]
fn o2_an_automatic_renewal_is_exempt_whatever_was_accepted_or_withdrawn() {
    let automatic = with(TransactionKind::AutoRenewal);
    assert_eq!(codes(&world().ask(&automatic)), [TransactionExempt]);
    let stale = world().did(old(CUSTOMER_AGREEMENT, "2020-02-01"));
    assert_eq!(codes(&stale.ask(&automatic)), [TransactionExempt]);
}

#[test]
fn o2_an_answer_that_allows_names_the_cancellation_owed_while_it_is_owed() {
    let world =
        world().did(confirm("contoso", "fabrikam")).did(withdraw("contoso", "fabrikam", "2024-01-12"));
    let withdrawal = world.last();
    let decision = world.ask(&with(TransactionKind::AutoRenewal));
    assert_eq!((decision.outcome, codes(&decision)), (Outcome::Allowed, vec![TransactionExempt]));
    let [remedy] = &decision.remediations[..] else { panic!() };
    assert_eq!(remedy.action, RemediationAction::CancelSubscriptions);
    assert_eq!(remedy.agreement, Some(agreement(CUSTOMER_AGREEMENT)));
    let world = world.did(crate::cancel("contoso", "fabrikam", withdrawal, "2024-01-14"));
    assert_eq!(actions(&world.ask(&with(TransactionKind::AutoRenewal))), []);
}

#[test]
fn o3_confirmation_attestation_and_direct_acceptance_satisfy_alike_through_any_channel() {
    let dashboard = AcceptanceClaim { channel: Channel::Dashboard, ..claim("2024-01-10") };
    for recording in [
        confirm_as("contoso", "fabrikam", dashboard.clone()),
        attest("contoso", "fabrikam", dashboard.clone()),
        direct("contoso", "fabrikam", dashboard),
    ] {
        let world = world().did(recording);
        let decision = world.ask(&order("contoso", "fabrikam"));
        assert_eq!(codes(&decision), [AcceptanceInForce]);
        assert_eq!(decision.reasons[0].acceptance, Some(world.last()));
        assert_eq!(decision.reasons[0].version, Some(version("2023-04")));
    }
}

#[test]
fn o3_the_reason_names_the_latest_acceptance_that_fits() {
    let world = world().did(confirm("contoso", "fabrikam"));
    let latest = world.last();
    let world = world.did(old(CUSTOMER_AGREEMENT, "2021-01-01"));
    assert_eq!(world.ask(&order("contoso", "fabrikam")).reasons[0].acceptance, Some(latest));
}

#[test]
fn o4_renewals_and_changes_want_the_most_current_version_and_others_take_any() {
    let world = world().did(old(CUSTOMER_AGREEMENT, "2020-02-01"));
    for transaction in COVERED {
        let current = matches!(transaction, TransactionKind::Renewal | TransactionKind::SubscriptionChange);
        let expected = if current { AcceptanceStale } else { AcceptanceInForce };
        assert_eq!(asked(&world, &with(transaction), "2024-01-15"), [expected], "{transaction}");
        assert_eq!(asked(&world, &with(transaction), "2023-03-31"), [AcceptanceInForce], "{transaction}");
    }
    let decision = world.ask(&with(TransactionKind::Renewal));
    assert_eq!(decision.reasons[0].acceptance, Some(world.last()));
    let [remedy] = &decision.remediations[..] else { panic!() };
    assert_eq!(remedy.action, RemediationAction::ReconfirmCurrentVersion);
    assert_eq!(remedy.version, Some(version("2023-04")));
}

#[test]
fn o4_an_acceptance_must_not_lie_before_the_date_that_a_line_gives() {
    let too_old = AcceptanceClaim { version: Some(version("2019-10")), ..claim("2023-03-31") };
    let world = world().did(confirm_as("contoso", "fabrikam", too_old));
    let order = order("contoso", "fabrikam");
    assert_eq!(asked(&world, &order, "2026-01-04"), [AcceptanceInForce]);
    assert_eq!(asked(&world, &order, "2026-01-05"), [AcceptanceStale]);
    let denied = world.ask_as_of(&order, Position::END, instant("2026-01-05"));
    assert_eq!(denied.remediations[0].accepted_from, Some(instant("2023-04-01")));
    let dated = AcceptanceClaim { version: Some(version("2019-10")), ..claim("2023-04-01") };
    let world = world.did(confirm_as("contoso", "fabrikam", dated));
    assert_eq!(asked(&world, &order, "2026-01-05"), [AcceptanceInForce]);
}

#[test]
fn o4_an_acceptance_does_not_expire_by_itself() {
    let world = world().did(confirm("contoso", "fabrikam"));
    assert_eq!(asked(&world, &order("contoso", "fabrikam"), "9999-12-31"), [AcceptanceInForce]);
}

#[test]
fn o5_in_a_national_cloud_the_requirement_does_not_apply() {
    for cloud in [Cloud::UsGovernment, Cloud::Germany, Cloud::China] {
        let facts = CustomerFacts { cloud, ..customer_facts() };
        let world = world().did(Command::RegisterCustomer { customer: customer("fabrikam"), facts });
        assert_eq!(codes(&world.ask(&order("contoso", "fabrikam"))), [CloudNotCovered]);
        let ended =
            Command::EndRelationship { parties: assent_domain::scenario::parties("contoso", "fabrikam") };
        let denied = world.did(ended).ask(&order("contoso", "fabrikam"));
        assert_eq!(codes(&denied), [ReasonCode::RelationshipMissing]);
    }
}

#[test]
fn o6_the_azure_plan_needs_the_customer_agreement() {
    let world = world().did(old(CLOUD_AGREEMENT, "2019-09-01"));
    let accepted = world.last();
    let azure = Order { product_family: Some(product("azure-plan")), ..order("contoso", "fabrikam") };
    let office = Order { product_family: Some(product("office")), ..order("contoso", "fabrikam") };
    assert_eq!(asked(&world, &office, "2019-11-01"), [AcceptanceInForce]);
    let denied = world.ask_as_of(&azure, Position::END, instant("2019-11-01"));
    assert_eq!(codes(&denied), [AgreementNotValidForProduct]);
    assert_eq!(denied.reasons[0].acceptance, Some(accepted));
    assert_eq!(denied.reasons[0].agreement, Some(agreement(CLOUD_AGREEMENT)));
    let [remedy] = &denied.remediations[..] else { panic!() };
    assert_eq!(remedy.action, RemediationAction::AcceptOtherAgreement);
    assert_eq!(remedy.agreement, Some(agreement(CUSTOMER_AGREEMENT)));
}

#[test]
fn o6_without_any_acceptance_the_product_s_agreement_is_simply_missing() {
    let azure = Order { product_family: Some(product("azure-plan")), ..order("contoso", "fabrikam") };
    let denied = world().ask_as_of(&azure, Position::END, instant("2019-11-01"));
    assert_eq!(codes(&denied), [AcceptanceMissing]);
    assert_eq!(denied.remediations[0].agreement, Some(agreement(CUSTOMER_AGREEMENT)));
}

#[test]
fn o7_after_its_removal_the_cloud_agreement_is_no_longer_honoured() {
    let world = world().did(old(CLOUD_AGREEMENT, "2019-09-01"));
    let order = order("contoso", "fabrikam");
    assert_eq!(asked(&world, &order, "2020-01-30T23:59:59Z"), [AcceptanceInForce]);
    let denied = world.ask_as_of(&order, Position::END, instant("2020-01-31"));
    assert_eq!(codes(&denied), [AgreementNoLongerHonoured]);
    assert_eq!(denied.reasons[0].agreement, Some(agreement(CLOUD_AGREEMENT)));
    let [remedy] = &denied.remediations[..] else { panic!() };
    assert_eq!(remedy.action, RemediationAction::AcceptOtherAgreement);
    assert_eq!(remedy.agreement, Some(agreement(CUSTOMER_AGREEMENT)));
}

#[test]
fn o7_what_is_no_longer_honoured_is_named_beside_what_is_stale_or_withdrawn() {
    let world = world().did(old(CLOUD_AGREEMENT, "2019-09-01")).did(old(CUSTOMER_AGREEMENT, "2020-02-01"));
    let renewal = world.ask(&with(TransactionKind::Renewal));
    assert_eq!(codes(&renewal), [AcceptanceStale, AgreementNoLongerHonoured]);
    let world = world.did(withdraw("contoso", "fabrikam", "2024-01-12"));
    let purchase = world.ask(&order("contoso", "fabrikam"));
    assert_eq!(codes(&purchase), [AcceptanceWithdrawn, AgreementNoLongerHonoured]);
}

#[test]
fn the_latest_acceptance_that_fails_in_one_thing_only_tells_stale_from_withdrawn() {
    let renewal = with(TransactionKind::Renewal);
    let both =
        world().did(old(CUSTOMER_AGREEMENT, "2020-02-01")).did(withdraw("contoso", "fabrikam", "2021-01-01"));
    assert_eq!(codes(&both.ask(&renewal)), [AcceptanceWithdrawn]);
    let world = both.did(confirm_as("contoso", "fabrikam", claim("2022-01-01")));
    assert_eq!(codes(&world.ask(&renewal)), [AcceptanceStale]);
    let world = world.did(confirm("contoso", "fabrikam")).did(withdraw("contoso", "fabrikam", "2024-01-12"));
    assert_eq!(codes(&world.ask(&renewal)), [AcceptanceWithdrawn]);
}

#[test]
fn o13_before_the_first_line_nothing_is_needed() {
    let api = order("contoso", "fabrikam");
    let dashboard = Order { channel: Channel::Dashboard, ..api.clone() };
    for (order, before, from) in [(api, "2019-03-21", "2019-03-22"), (dashboard, "2018-11-06", "2018-11-07")]
    {
        assert_eq!(asked(&world(), &order, before), [RequirementNotInForce]);
        assert_eq!(asked(&world(), &order, from), [AcceptanceMissing]);
    }
}

#[test]
fn a_remedy_names_an_agreement_that_can_be_confirmed_then() {
    let order = order("contoso", "fabrikam");
    let named = |at| world().ask_as_of(&order, Position::END, instant(at)).remediations[0].agreement.clone();
    assert_eq!(named("2019-10-05"), Some(agreement(CLOUD_AGREEMENT)));
    let retire = Command::RetireAgreement {
        agreement: agreement(CLOUD_AGREEMENT),
        environment: None,
        channel: None,
        retired_at: Some(instant("2019-10-01")),
        successor: None,
    };
    let denied = world().did(retire).ask_as_of(&order, Position::END, instant("2019-10-05"));
    assert_eq!(denied.remediations[0].agreement, Some(agreement(CUSTOMER_AGREEMENT)));
}

/// The timeline with a further version of an agreement.
fn published(world: World, id: &str, version_id: &str, from: &str) -> World {
    let of_2023 = timeline().agreements.pop().unwrap().1;
    let published =
        VersionPublished { version: version(version_id), in_force_from: Some(instant(from)), ..of_2023 };
    world.did(Command::PublishAgreementVersion { agreement: agreement(id), published })
}

#[test]
fn o4_of_two_versions_that_begin_at_once_the_later_published_is_current() {
    let world =
        published(world().did(confirm("contoso", "fabrikam")), CUSTOMER_AGREEMENT, "again", "2023-04-01");
    assert_eq!(codes(&world.ask(&with(TransactionKind::Renewal))), [AcceptanceStale]);
}

#[test]
fn o11_a_version_is_unknown_to_prefixes_before_it_was_published() {
    let before = world().did(confirm("contoso", "fabrikam"));
    let prefix = before.last().position;
    let world = published(before, CUSTOMER_AGREEMENT, "2023-12", "2023-12-01");
    let renewal = with(TransactionKind::Renewal);
    assert_eq!(codes(&world.ask_as_of(&renewal, prefix, world.now)), [AcceptanceInForce]);
    assert_eq!(codes(&world.ask(&renewal)), [AcceptanceStale]);
    let ahead = published(world, CUSTOMER_AGREEMENT, "2024-02", "2024-02-01");
    let until = |prefix| ahead.ask_as_of(&renewal, prefix, ahead.now).valid_until;
    assert_eq!(until(prefix), Some(instant("2026-01-05")));
    assert_eq!(until(Position::END), Some(instant("2024-02-01")));
}

#[test]
fn the_acceptance_named_as_withdrawn_is_one_that_would_otherwise_fit() {
    let old_text = AcceptanceClaim { version: Some(version("2019-10")), ..claim("2023-06-01") };
    let world = world().did(confirm_as("contoso", "fabrikam", claim("2023-05-01")));
    let fitting = world.last();
    let world = world.did(confirm_as("contoso", "fabrikam", old_text)).did(withdraw(
        "contoso",
        "fabrikam",
        "2023-07-01",
    ));
    assert_eq!(world.ask(&with(TransactionKind::Renewal)).reasons[0].acceptance, Some(fitting));
}

#[test]
fn o7_an_agreement_that_only_later_lines_take_is_not_one_no_longer_honoured() {
    let early = AcceptanceClaim { confirmed_at: Some(instant("2019-10-01")), ..claim("2019-08-05") };
    let world = world().did(confirm_as("contoso", "fabrikam", early));
    assert_eq!(asked(&world, &order("contoso", "fabrikam"), "2019-09-01"), [AcceptanceMissing]);
}

#[test]
fn o7_a_stale_acceptance_that_the_base_line_still_takes_is_honoured_elsewhere() {
    let world =
        published(world().did(old(CLOUD_AGREEMENT, "2019-09-01")), CLOUD_AGREEMENT, "2019-10", "2019-10-15");
    let azure = Order { product_family: Some(product("azure-plan")), ..with(TransactionKind::Renewal) };
    assert_eq!(asked(&world, &azure, "2019-11-01"), [AcceptanceMissing]);
}

#[test]
fn o6_a_stale_acceptance_of_the_product_s_own_agreement_is_stale_and_not_invalid() {
    let mut document = timeline();
    let mut line = document.lines.iter().find(|it| it.id == "customer-renewals").unwrap().clone();
    line.id = "azure-plan-of-late".to_owned();
    line.transactions = vec![TransactionKind::NewPurchase];
    line.products = vec![product("azure-plan")];
    document.lines.push(line);
    let publish =
        Command::PublishPolicy { document: Arc::new(document), sha256: [2; 32], expected_version: None };
    let world = world().did(old(CUSTOMER_AGREEMENT, "2020-02-01")).did(publish);
    let azure = Order { product_family: Some(product("azure-plan")), ..order("contoso", "fabrikam") };
    assert_eq!(codes(&world.ask(&azure)), [AcceptanceStale]);
    assert_eq!(codes(&world.ask(&order("contoso", "fabrikam"))), [AcceptanceInForce]);
}

#[test]
fn a_denial_holds_until_another_agreement_can_be_confirmed() {
    let retire = Command::RetireAgreement {
        agreement: agreement(CLOUD_AGREEMENT),
        environment: None,
        channel: None,
        retired_at: Some(instant("2019-12-01")),
        successor: None,
    };
    let denied =
        world().did(retire).ask_as_of(&order("contoso", "fabrikam"), Position::END, instant("2019-11-01"));
    assert_eq!(denied.valid_until, Some(instant("2019-12-01")));
}
