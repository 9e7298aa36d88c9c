//! Rules W1 to W6: who may record an acceptance, and for whom it counts.

use assent_domain::acceptance::{AcceptanceState, EvidenceFacts};
use assent_domain::authorize::{Order, Outcome};
use assent_domain::command::{Command, Recording};
use assent_domain::event::{Event, EventRef};
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CUSTOMER_AGREEMENT, World, agreement, attest, by_contact, claim, confirm, customer, direct, instant,
    microsoft, order, parties, partner, withdraw,
};
use assent_domain::values::{Position, Program};

use crate::{acceptance, cancel, confirm_as, record, recorded, void};

/// A provider, its reseller, and the provider's customer.
fn indirect() -> World {
    microsoft()
        .partner("provider", Program::IndirectProvider)
        .partner("reseller", Program::IndirectReseller)
        .linked("provider", "reseller")
        .customer("fabrikam")
        .related("provider", "fabrikam")
}

fn submit(reseller: &str, provider: &str) -> Command {
    let evidence = EvidenceFacts {
        reseller: partner(reseller),
        agreement: agreement(CUSTOMER_AGREEMENT),
        accepted_at: instant("2024-01-10"),
    };
    Command::SubmitEvidence { parties: parties(provider, "fabrikam"), evidence, claim: claim("2024-01-10") }
}

fn confirm_evidence(evidence: EventRef) -> Command {
    record("provider", "fabrikam", Recording::ConfirmEvidence(evidence), claim("2024-01-10"))
}

fn reject(evidence: EventRef) -> Command {
    Command::RejectEvidence { parties: parties("provider", "fabrikam"), evidence }
}

#[test]
fn w1_a_direct_bill_partner_and_an_indirect_provider_confirm_and_attest() {
    for program in [Program::DirectBill, Program::IndirectProvider] {
        let world =
            microsoft().partner("contoso", program).customer("fabrikam").related("contoso", "fabrikam");
        let confirmed = recorded(&world, "2024-01-10", "2023-04");
        let world =
            world.when(confirm("contoso", "fabrikam")).then([acceptance("contoso", "fabrikam", confirmed)]);
        let _ = world.did(attest("contoso", "fabrikam", claim("2024-01-11")));
    }
}

#[test]
fn w1_an_indirect_reseller_confirms_nothing_and_is_told_its_providers() {
    let refused = || Refusal::ResellerCannotConfirm {
        partner: partner("reseller"),
        providers: vec![partner("provider")],
    };
    let of_its_own = claim("2024-01-10");
    for command in [
        confirm("reseller", "fabrikam"),
        attest("reseller", "fabrikam", of_its_own.clone()),
        direct("reseller", "fabrikam", of_its_own),
    ] {
        let world = indirect().related("reseller", "fabrikam").when(command).then_refused([refused()]);
        assert!(world.relationship("reseller", "fabrikam").acceptances.is_empty());
    }
}

#[test]
fn w2_evidence_satisfies_nothing_until_the_provider_confirms_it() {
    let world = indirect().did(submit("reseller", "provider"));
    let evidence = world.last();
    assert_eq!(world.ask(&order("provider", "fabrikam")).outcome, Outcome::Denied);
    let world = world.did(confirm_evidence(evidence));
    let Event::AcceptanceRecorded { acceptance, .. } = &world.log.last().unwrap().event else { panic!() };
    assert_eq!(acceptance.evidence, Some(evidence));
    assert_eq!(world.ask(&order("provider", "fabrikam")).outcome, Outcome::Allowed);
}

#[test]
fn w2_every_check_of_a_confirmation_runs_when_evidence_is_confirmed() {
    let world = indirect().did(submit("reseller", "provider"));
    let evidence = world.last();
    let _ = world
        .inactive("provider")
        .when(confirm_evidence(evidence))
        .then_refused([Refusal::PartnerInactive { partner: partner("provider") }]);
}

#[test]
fn w2_evidence_is_submitted_only_to_a_provider_that_the_reseller_is_linked_to() {
    let world = indirect().partner("other", Program::IndirectProvider).related("other", "fabrikam");
    let _ = world.when(submit("reseller", "other")).then_refused([Refusal::ResellerNotLinked {
        provider: partner("other"),
        reseller: partner("reseller"),
    }]);
}

#[test]
fn w2_evidence_is_confirmed_once_and_then_no_longer_rejected() {
    let world = indirect().did(submit("reseller", "provider"));
    let evidence = world.last();
    let world = world.did(confirm_evidence(evidence));
    let first = world.last();
    let confirmed =
        || Refusal::AcceptanceAlreadyConfirmed { acceptance: first, state: AcceptanceState::Current };
    let again = record("provider", "fabrikam", Recording::ConfirmEvidence(evidence), claim("2024-01-12"));
    let world = world.when(again).then_refused([confirmed()]);
    let _ = world.when(reject(evidence)).then_refused([confirmed()]);
}

#[test]
fn w2_rejected_evidence_is_not_confirmed_and_rejecting_twice_is_a_retry() {
    let world = indirect().did(submit("reseller", "provider"));
    let evidence = world.last();
    let world = world.did(reject(evidence)).when(reject(evidence)).then_nothing();
    let _ = world.when(confirm_evidence(evidence)).then_fields_invalid(&["evidence_id"]);
}

#[test]
fn w2_evidence_of_another_relationship_is_unknown() {
    let world = indirect().did(submit("reseller", "provider")).parties("contoso", "northwind");
    let elsewhere = EventRef { position: Position(1), ..world.last() };
    let unknown = record("provider", "fabrikam", Recording::ConfirmEvidence(elsewhere), claim("2024-01-10"));
    let _ = world.when(unknown).then_refused([Refusal::EvidenceUnknown]);
}

#[test]
fn w3_a_contact_at_the_partner_or_at_a_reseller_linked_to_it_is_refused() {
    for (domain, id) in [("PROVIDER.example", "provider"), ("reseller.Example", "reseller")] {
        let of_partner = by_contact(&format!("ada@{domain}"), claim("2024-01-10"));
        let refused = Refusal::ContactIsPartner { partner: partner(id), domain: domain.to_ascii_lowercase() };
        let _ = indirect().when(confirm_as("provider", "fabrikam", of_partner)).then_refused([refused]);
    }
}

#[test]
fn w3_a_subdomain_and_a_stranger_s_domain_are_the_customer_s_own_affair() {
    let world = indirect().partner("stranger", Program::DirectBill);
    let world = world.did(confirm_as(
        "provider",
        "fabrikam",
        by_contact("a@it.provider.example", claim("2024-01-10")),
    ));
    let _ =
        world.did(confirm_as("provider", "fabrikam", by_contact("a@stranger.example", claim("2024-01-10"))));
}

#[test]
fn w3_a_reseller_that_is_no_longer_linked_is_a_stranger() {
    let unlink = Command::UnlinkReseller { provider: partner("provider"), reseller: partner("reseller") };
    let of_reseller = by_contact("ada@reseller.example", claim("2024-01-10"));
    let _ = indirect().did(unlink).did(confirm_as("provider", "fabrikam", of_reseller));
}

#[test]
fn w3_a_domain_that_a_partner_gave_up_is_no_longer_its_own() {
    let mut facts = assent_domain::scenario::partner_facts("provider", Program::IndirectProvider);
    facts.email_domains = vec!["new.example".to_owned()];
    let world = indirect().did(Command::RegisterPartner { partner: partner("provider"), facts });
    let world =
        world.did(confirm_as("provider", "fabrikam", by_contact("a@provider.example", claim("2024-01-10"))));
    let refused =
        Refusal::ContactIsPartner { partner: partner("provider"), domain: "new.example".to_owned() };
    let of_new = by_contact("a@new.example", claim("2024-01-10"));
    let _ = world.when(confirm_as("provider", "fabrikam", of_new)).then_refused([refused]);
}

#[test]
fn w3_evidence_and_corrections_carry_contacts_too() {
    let by_partner = by_contact("ada@provider.example", claim("2024-01-10"));
    let refused =
        || Refusal::ContactIsPartner { partner: partner("provider"), domain: "provider.example".to_owned() };
    let Command::SubmitEvidence { parties, evidence, .. } = submit("reseller", "provider") else { panic!() };
    let submission = Command::SubmitEvidence { parties, evidence, claim: by_partner.clone() };
    let world = indirect().when(submission).then_refused([refused()]).did(confirm("provider", "fabrikam"));
    let wrong = world.last();
    let correction = assent_domain::scenario::correct("provider", "fabrikam", wrong, by_partner);
    let _ = world.when(correction).then_refused([refused()]);
}

#[test]
fn w4_an_acceptance_through_one_partner_never_authorises_another_s_order() {
    let world = microsoft()
        .parties("contoso", "fabrikam")
        .partner("adatum", Program::DirectBill)
        .related("adatum", "fabrikam")
        .did(confirm("contoso", "fabrikam"));
    assert_eq!(world.ask(&order("contoso", "fabrikam")).outcome, Outcome::Allowed);
    assert_eq!(world.ask(&order("adatum", "fabrikam")).outcome, Outcome::Denied);
    let _ = world.did(confirm("adatum", "fabrikam"));
}

#[test]
fn w5_one_confirmation_by_the_provider_covers_every_one_of_its_resellers() {
    let world = indirect()
        .partner("second", Program::IndirectReseller)
        .linked("provider", "second")
        .did(confirm("provider", "fabrikam"));
    for reseller in ["reseller", "second"] {
        let order = Order { reseller: Some(partner(reseller)), ..order("provider", "fabrikam") };
        assert_eq!(world.ask(&order).outcome, Outcome::Allowed, "{reseller}");
    }
}

#[test]
fn w6_recording_needs_a_relationship_in_force_and_an_active_partner() {
    let ended = Command::EndRelationship { parties: parties("contoso", "fabrikam") };
    let world = microsoft().parties("contoso", "fabrikam").did(ended).inactive("contoso");
    let missing =
        Refusal::RelationshipMissing { partner: partner("contoso"), customer: customer("fabrikam") };
    let inactive = Refusal::PartnerInactive { partner: partner("contoso") };
    let _ = world.when(confirm("contoso", "fabrikam")).then_refused([inactive, missing]);
}

#[test]
fn w6_correcting_voiding_withdrawing_and_cancelling_need_only_that_the_relationship_once_was() {
    let ended = Command::EndRelationship { parties: parties("contoso", "fabrikam") };
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let first = world.last();
    let world = world.did(ended).inactive("contoso");
    let correction = assent_domain::scenario::correct("contoso", "fabrikam", first, claim("2024-01-11"));
    let world = world.did(correction).did(withdraw("contoso", "fabrikam", "2024-01-12"));
    let withdrawal = world.last();
    let second = world.relationship("contoso", "fabrikam").acceptances[1].recorded;
    let _ = world
        .did(cancel("contoso", "fabrikam", withdrawal, "2024-01-13"))
        .did(void("contoso", "fabrikam", second));
}

#[test]
fn w6_ending_a_relationship_leaves_its_acceptances_and_establishing_it_again_finds_them() {
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam"));
    let world = world.did(Command::EndRelationship { parties: parties("contoso", "fabrikam") });
    assert_eq!(world.ask(&order("contoso", "fabrikam")).outcome, Outcome::Denied);
    let world = world.related("contoso", "fabrikam");
    assert_eq!(world.ask(&order("contoso", "fabrikam")).outcome, Outcome::Allowed);
}

#[test]
fn w2_a_correction_keeps_the_evidence_also_when_it_is_corrected_again() {
    let world = indirect().did(submit("reseller", "provider"));
    let evidence = world.last();
    let mut world = world.did(confirm_evidence(evidence));
    for accepted_at in ["2024-01-11", "2024-01-12"] {
        let last = world.last();
        world = world.did(assent_domain::scenario::correct("provider", "fabrikam", last, claim(accepted_at)));
        let Event::AcceptanceRecorded { acceptance, .. } = &world.log.last().unwrap().event else { panic!() };
        assert_eq!(acceptance.evidence, Some(evidence));
    }
}

#[test]
fn w2_evidence_is_submitted_by_an_active_reseller_into_a_relationship_in_force() {
    let ended = Command::EndRelationship { parties: parties("provider", "fabrikam") };
    let missing =
        Refusal::RelationshipMissing { partner: partner("provider"), customer: customer("fabrikam") };
    let inactive = |id| Refusal::PartnerInactive { partner: partner(id) };
    let world = indirect().did(ended).inactive("provider").inactive("reseller");
    let _ = world.when(submit("reseller", "provider")).then_refused([
        inactive("provider"),
        inactive("reseller"),
        missing,
    ]);
}
