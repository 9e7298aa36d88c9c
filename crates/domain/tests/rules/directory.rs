//! Registering, establishing and linking are upserts: the same content stores nothing, other content is a change.

use assent_domain::command::Command;
use assent_domain::directory::CustomerFacts;
use assent_domain::event::Event;
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{customer, customer_facts, given, microsoft, parties, partner, partner_facts};
use assent_domain::values::{Cloud, PartnerStatus, Program};

#[test]
fn a_partner_is_registered_changed_and_left_as_it_is() {
    let register = |program| Command::RegisterPartner {
        partner: partner("contoso"),
        facts: partner_facts("contoso", program),
    };
    let (id, facts) = (partner("contoso"), partner_facts("contoso", Program::DirectBill));
    let world = given([]).when(register(Program::DirectBill));
    let world = world.then([Event::PartnerRegistered { partner: id.clone(), facts }]);
    let world = world.when(register(Program::DirectBill)).then_nothing();
    let facts = partner_facts("contoso", Program::IndirectProvider);
    let _ =
        world.when(register(Program::IndirectProvider)).then([Event::PartnerChanged { partner: id, facts }]);
}

#[test]
fn a_partner_is_active_until_it_is_set_inactive_and_a_change_keeps_its_status() {
    let set = |status| Command::SetPartnerStatus { partner: partner("contoso"), status };
    let world = given([]).when(set(PartnerStatus::Active));
    let world = world.then_refused([Refusal::PartnerUnknown { partner: partner("contoso") }]);
    let world = world.partner("contoso", Program::DirectBill).when(set(PartnerStatus::Active)).then_nothing();
    let world = world.inactive("contoso").partner("contoso", Program::IndirectProvider);
    let _ = world.when(set(PartnerStatus::Inactive)).then_nothing();
}

#[test]
fn a_customer_is_registered_changed_and_left_as_it_is() {
    let register = |cloud| Command::RegisterCustomer {
        customer: customer("fabrikam"),
        facts: CustomerFacts { cloud, ..customer_facts() },
    };
    let world = given([]).did(register(Cloud::Public)).when(register(Cloud::Public)).then_nothing();
    let facts = CustomerFacts { cloud: Cloud::Germany, ..customer_facts() };
    let changed = Event::CustomerChanged { customer: customer("fabrikam"), facts };
    let _ = world.when(register(Cloud::Germany)).then([changed]);
}

#[test]
fn a_relationship_is_established_once_ended_once_and_needs_both_sides() {
    let establish = || Command::EstablishRelationship { parties: parties("contoso", "fabrikam") };
    let end = || Command::EndRelationship { parties: parties("contoso", "fabrikam") };
    let world = given([]).when(establish()).then_refused([
        Refusal::PartnerUnknown { partner: partner("contoso") },
        Refusal::CustomerUnknown { customer: customer("fabrikam") },
    ]);
    let world = world.partner("contoso", Program::DirectBill).customer("fabrikam");
    let world = world.when(end()).then_refused([Refusal::RelationshipMissing {
        partner: partner("contoso"),
        customer: customer("fabrikam"),
    }]);
    let world = world.did(establish()).when(establish()).then_nothing();
    let _ = world.did(end()).when(end()).then_nothing().did(establish());
}

#[test]
fn w1_an_indirect_reseller_can_have_a_relationship() {
    let world = given([]).partner("reseller", Program::IndirectReseller).customer("fabrikam");
    let _ = world.related("reseller", "fabrikam");
}

#[test]
fn a_link_needs_an_indirect_provider_and_an_indirect_reseller() {
    let link = |provider: &str, reseller: &str| Command::LinkReseller {
        provider: partner(provider),
        reseller: partner(reseller),
    };
    let world = given([])
        .partner("contoso", Program::DirectBill)
        .partner("provider", Program::IndirectProvider)
        .partner("reseller", Program::IndirectReseller);
    let world = world.when(link("contoso", "provider")).then_refused([
        Refusal::ProgramNotEligible { partner: partner("contoso"), wanted: Program::IndirectProvider },
        Refusal::ProgramNotEligible { partner: partner("provider"), wanted: Program::IndirectReseller },
    ]);
    let world = world.when(link("provider", "nobody"));
    let world = world.then_refused([Refusal::PartnerUnknown { partner: partner("nobody") }]);
    let _ = world.did(link("provider", "reseller")).when(link("provider", "reseller")).then_nothing();
}

#[test]
fn a_link_is_ended_once_and_can_be_made_again() {
    let unlink = || Command::UnlinkReseller { provider: partner("provider"), reseller: partner("reseller") };
    let world = microsoft()
        .partner("provider", Program::IndirectProvider)
        .partner("reseller", Program::IndirectReseller)
        .when(unlink())
        .then_refused([Refusal::ResellerNotLinked {
            provider: partner("provider"),
            reseller: partner("reseller"),
        }]);
    let world = world.linked("provider", "reseller").did(unlink()).when(unlink()).then_nothing();
    let _ = world.linked("provider", "reseller");
}
