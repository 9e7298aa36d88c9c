//! Rules O8 and O9: the parties of an order, and the whole way to ALLOWED.

use assent_domain::authorize::{By, Call, Order, Outcome, ReasonCode, Remediation, RemediationAction};
use assent_domain::command::Command;
use assent_domain::scenario::{
    CUSTOMER_AGREEMENT, World, agreement, confirm, customer, instant, microsoft, order, partner,
    partner_facts, withdraw,
};
use assent_domain::values::{Program, TransactionKind};

use crate::{actions, codes};

use ReasonCode::{
    AcceptanceMissing, CustomerUnknown, PartnerInactive, PartnerNotEligible, PartnerUnknown,
    RelationshipMissing, ResellerNotLinked,
};
use RemediationAction::{
    ActivatePartner, ConfirmAcceptance, EstablishRelationship, OrderThroughProvider, RegisterCustomer,
    RegisterPartner,
};

fn indirect() -> World {
    microsoft()
        .partner("provider", Program::IndirectProvider)
        .partner("reseller", Program::IndirectReseller)
        .linked("provider", "reseller")
        .customer("fabrikam")
        .related("provider", "fabrikam")
        .did(confirm("provider", "fabrikam"))
}

fn through(reseller: &str) -> Order {
    Order { reseller: Some(partner(reseller)), ..order("provider", "fabrikam") }
}

#[test]
fn o9_where_nothing_is_known_the_answer_is_the_whole_way_to_allowed() {
    let decision = microsoft().ask(&order("contoso", "fabrikam"));
    assert_eq!(codes(&decision), [PartnerUnknown, CustomerUnknown, RelationshipMissing, AcceptanceMissing]);
    assert_eq!(
        actions(&decision),
        [
            (RegisterPartner, By::Operator),
            (RegisterCustomer, By::Operator),
            (EstablishRelationship, By::Partner),
            (ConfirmAcceptance, By::Partner),
        ]
    );
}

#[test]
fn o8_an_inactive_partner_is_denied_whatever_it_recorded() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let decision = world.inactive("contoso").ask(&order("contoso", "fabrikam"));
    assert_eq!(codes(&decision), [PartnerInactive]);
    assert_eq!(actions(&decision), [(ActivatePartner, By::Operator)]);
    assert_eq!(decision.remediations[0].partner, Some(partner("contoso")));
}

#[test]
fn o8_party_reasons_apply_to_automatic_renewals_too() {
    let automatic = Order { transaction: TransactionKind::AutoRenewal, ..order("contoso", "fabrikam") };
    let decision = microsoft().ask(&automatic);
    assert_eq!(codes(&decision), [PartnerUnknown, CustomerUnknown, RelationshipMissing]);
}

#[test]
fn w1_a_reseller_that_orders_itself_is_sent_to_its_provider() {
    let world = indirect();
    let decision = world.ask(&order("reseller", "fabrikam"));
    assert_eq!(codes(&decision), [PartnerNotEligible, RelationshipMissing, AcceptanceMissing]);
    assert_eq!(actions(&decision), [(OrderThroughProvider, By::Reseller)]);
    let Remediation { partner: through, reseller, call, .. } = &decision.remediations[0];
    assert_eq!((through, reseller), (&Some(partner("provider")), &Some(partner("reseller"))));
    assert_eq!(*call, Some(Call::AuthorizeOrder));
}

#[test]
fn w1_what_the_provider_still_lacks_is_the_provider_s_to_do() {
    let world = indirect().customer("northwind");
    let decision = world.ask(&order("reseller", "northwind"));
    assert_eq!(
        actions(&decision),
        [
            (OrderThroughProvider, By::Reseller),
            (EstablishRelationship, By::Provider),
            (ConfirmAcceptance, By::Provider),
        ]
    );
    assert!(decision.remediations.iter().all(|it| it.partner == Some(partner("provider"))));
}

#[test]
fn w1_what_the_provider_must_cancel_is_the_provider_s_to_do() {
    let world = indirect().did(withdraw("provider", "fabrikam", "2024-01-12"));
    let obligation = world.last();
    let automatic = Order { transaction: TransactionKind::AutoRenewal, ..order("reseller", "fabrikam") };
    let decision = world.ask(&automatic);
    let cancel = (RemediationAction::CancelSubscriptions, By::Provider);
    assert_eq!(actions(&decision), [(OrderThroughProvider, By::Reseller), cancel]);
    assert_eq!(decision.remediations[1].obligation, Some(obligation));
}

#[test]
fn o9_what_cannot_be_confirmed_is_named_and_is_first_the_operator_s_to_put_right() {
    let retire = Command::RetireAgreement {
        agreement: agreement(CUSTOMER_AGREEMENT),
        environment: None,
        channel: None,
        retired_at: Some(instant("2024-01-14")),
        successor: None,
    };
    let world = microsoft().parties("contoso", "fabrikam").did(retire);
    let decision = world.ask(&order("contoso", "fabrikam"));
    assert_eq!(codes(&decision), [AcceptanceMissing]);
    assert_eq!(actions(&decision), [(ConfirmAcceptance, By::Operator)]);
    let remedy = &decision.remediations[0];
    assert_eq!((&remedy.agreement, remedy.call), (&Some(agreement(CUSTOMER_AGREEMENT)), None));
    let message = remedy.message();
    assert!(
        message.starts_with("The operator publishes") && message.contains(CUSTOMER_AGREEMENT),
        "{message}"
    );
    assert!(message.contains("contoso") && message.contains("fabrikam"), "{message}");
}

#[test]
fn w1_an_active_provider_is_preferred_and_all_are_named() {
    let world = indirect().partner("second", Program::IndirectProvider).linked("second", "reseller");
    let decision = world.inactive("provider").ask(&order("reseller", "fabrikam"));
    let named: Vec<_> = decision
        .remediations
        .iter()
        .filter(|it| it.action == OrderThroughProvider)
        .map(|it| it.partner.clone())
        .collect();
    assert_eq!(named, [Some(partner("second")), Some(partner("provider"))]);
}

#[test]
fn w1_a_reseller_without_a_provider_is_told_to_be_linked_to_one() {
    let world = microsoft().partner("reseller", Program::IndirectReseller).customer("fabrikam");
    let decision = world.ask(&order("reseller", "fabrikam"));
    assert_eq!(
        actions(&decision),
        [
            (OrderThroughProvider, By::Reseller),
            (EstablishRelationship, By::Provider),
            (EstablishRelationship, By::Provider),
            (ConfirmAcceptance, By::Provider),
        ]
    );
    assert_eq!(decision.remediations[1].reseller, Some(partner("reseller")));
}

#[test]
fn o8_a_reseller_must_be_one_that_is_linked_to_this_provider() {
    let world = indirect()
        .partner("stranger", Program::IndirectReseller)
        .partner("contoso", Program::DirectBill)
        .related("contoso", "fabrikam")
        .did(confirm("contoso", "fabrikam"));
    let by_contoso = Order { reseller: Some(partner("reseller")), ..order("contoso", "fabrikam") };
    for order in [through("unknown"), through("stranger"), through("contoso"), by_contoso] {
        let decision = world.ask(&order);
        assert_eq!(codes(&decision), [ResellerNotLinked], "{order:?}");
        assert_eq!(decision.reasons[0].partner, order.reseller);
        let (last, before) = actions(&decision).pop().zip(Some(decision.remediations.len())).unwrap();
        assert_eq!(last, (EstablishRelationship, By::Provider));
        let registers = order.reseller == Some(partner("unknown"))
            || order.reseller == Some(partner("contoso"))
            || order.partner == partner("contoso");
        assert_eq!(before, if registers { 2 } else { 1 }, "{order:?}");
    }
    assert_eq!(world.ask(&through("reseller")).outcome, Outcome::Allowed);
}

#[test]
fn o8_an_inactive_reseller_is_named() {
    let decision = indirect().inactive("reseller").ask(&through("reseller"));
    assert_eq!(codes(&decision), [PartnerInactive]);
    assert_eq!(decision.reasons[0].partner, Some(partner("reseller")));
    assert_eq!(decision.remediations[0].partner, Some(partner("reseller")));
}

#[test]
fn o8_a_link_does_not_hold_while_a_side_has_another_program() {
    let register = |id: &str, program| Command::RegisterPartner {
        partner: partner(id),
        facts: partner_facts(id, program),
    };
    for (id, program) in [("reseller", Program::IndirectReseller), ("provider", Program::IndirectProvider)] {
        let world = indirect().did(register(id, Program::DirectBill));
        assert_eq!(codes(&world.ask(&through("reseller"))), [ResellerNotLinked], "{id}");
        let world = world.did(register(id, program));
        assert_eq!(world.ask(&through("reseller")).outcome, Outcome::Allowed, "{id}");
    }
}

#[test]
fn o9_no_message_is_empty_and_each_names_whom_it_is_about() {
    let decision =
        microsoft().ask(&Order { reseller: Some(partner("reseller")), ..order("contoso", "fabrikam") });
    for reason in &decision.reasons {
        assert!(reason.message().ends_with('.') && reason.message().len() > 20, "{reason}");
    }
    for remedy in &decision.remediations {
        let message = remedy.message();
        let names = |id: Option<String>| id.is_none_or(|it| message.contains(&it));
        assert!(message.ends_with('.'), "{message}");
        assert!(names(remedy.partner.as_ref().map(ToString::to_string)), "{message}");
        assert!(names(remedy.agreement.as_ref().map(ToString::to_string)), "{message}");
    }
    assert_eq!(decision.remediations[0].customer.as_ref(), None);
    assert!(decision.remediations.iter().any(|it| it.customer == Some(customer("fabrikam"))));
}
