//! All checks that fail are told, in the contract's order.

use assent_domain::command::{AcceptanceClaim, Command, Recording};
use assent_domain::directory::CustomerFacts;
use assent_domain::refusal::Refusal;
use assent_domain::scenario::{
    CLOUD_AGREEMENT, agreement, attest, by_contact, claim, claim_of, confirm, customer, customer_facts,
    instant, microsoft, parties, partner, version,
};
use assent_domain::values::{
    Cloud, Country, Language, OrderOutcome, Position, Program, Template, TransactionKind,
};

use crate::{confirm_as, record};

/// What a refusal is, without what it names.
fn kinds(refusals: &[Refusal]) -> Vec<String> {
    let kind = |it: &Refusal| {
        let text = format!("{it:?}");
        text.split([' ', '(']).next().unwrap_or_default().to_owned()
    };
    refusals.iter().map(kind).collect()
}

#[test]
fn unknown_parties_and_agreement_come_first_and_what_follows_from_them_after() {
    let unknown = claim_of("unheard-of", "2024-01-20");
    let refused = microsoft().when(confirm_as("contoso", "fabrikam", unknown)).result.unwrap_err();
    assert_eq!(
        kinds(&refused.0),
        ["PartnerUnknown", "CustomerUnknown", "AgreementUnknown", "FieldInvalid", "RelationshipMissing"]
    );
}

#[test]
fn everything_that_can_be_wrong_with_known_parties_is_told_at_once() {
    let facts = CustomerFacts { cloud: Cloud::China, ..customer_facts() };
    let world = microsoft()
        .partner("reseller", Program::IndirectReseller)
        .customer("fabrikam")
        .did(Command::RegisterCustomer { customer: customer("fabrikam"), facts })
        .inactive("reseller")
        .expecting(7);
    let wrong = AcceptanceClaim {
        version: Some(version("2023-04")),
        template: None,
        ..by_contact("ada@reseller.example", claim_of(CLOUD_AGREEMENT, "2024-01-20"))
    };
    let refused = world.when(confirm_as("reseller", "fabrikam", wrong)).result.unwrap_err();
    assert_eq!(
        kinds(&refused.0),
        [
            "FieldInvalid",
            "ResellerCannotConfirm",
            "PartnerInactive",
            "RelationshipMissing",
            "CloudNotSupported",
            "AgreementRetired",
            "VersionMismatch",
            "ContactIsPartner",
            "RevisionConflict",
        ]
    );
}

#[test]
fn must_attest_conflict_and_duplicate_come_last_in_this_order() {
    let placed = Command::RecordOrderOutcome {
        parties: parties("contoso", "fabrikam"),
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        product_family: None,
        outcome: OrderOutcome::Placed,
        occurred_at: instant("2024-01-01"),
        decision: Some(Position(1)),
    };
    let world = microsoft().parties("contoso", "fabrikam").did(confirm("contoso", "fabrikam")).did(placed);
    let template =
        Template { country: Country::parse("FR").unwrap(), language: Language::parse("fr-FR").unwrap() };
    let again = AcceptanceClaim { template: Some(template), ..claim("2024-01-10") };
    let refused = world.expecting(0).when(record("contoso", "fabrikam", Recording::Direct, again));
    assert_eq!(
        kinds(&refused.result.unwrap_err().0),
        ["TemplateUnknown", "PartnerMustAttest", "RevisionConflict", "AcceptanceAlreadyConfirmed",]
    );
}

#[test]
fn the_revision_expected_is_that_of_the_relationship() {
    let world = microsoft().parties("contoso", "fabrikam").expecting(1).did(confirm("contoso", "fabrikam"));
    let stale = world.expecting(1).when(attest("contoso", "fabrikam", claim("2024-01-11")));
    let _ = stale.then_refused([Refusal::RevisionConflict { expected: 1, actual: 2 }]);
}

#[test]
fn an_outcome_is_of_known_parties_neither_in_the_future_nor_beyond_the_log() {
    let outcome = |decision, occurred_at| Command::RecordOrderOutcome {
        parties: parties("contoso", "fabrikam"),
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        product_family: None,
        outcome: OrderOutcome::Placed,
        occurred_at: instant(occurred_at),
        decision,
    };
    let world = microsoft().when(outcome(None, "2024-01-15")).then_refused([
        Refusal::PartnerUnknown { partner: partner("contoso") },
        Refusal::CustomerUnknown { customer: customer("fabrikam") },
    ]);
    let world = world.parties("contoso", "fabrikam");
    let beyond = outcome(Some(Position(99)), "2024-01-16");
    let _ = world.when(beyond).then_fields_invalid(&["occurred_at", "decision_position"]);
}

#[test]
fn withdrawing_what_nobody_knows_names_all_that_is_unknown() {
    let withdraw = Command::WithdrawAcceptance {
        parties: parties("contoso", "fabrikam"),
        agreement: agreement("unheard-of"),
        withdrawn_at: None,
    };
    let refused = microsoft().when(withdraw).result.unwrap_err();
    assert_eq!(
        kinds(&refused.0),
        ["PartnerUnknown", "CustomerUnknown", "AgreementUnknown", "RelationshipMissing", "NothingToWithdraw",]
    );
}
