//! What valid requests are parsed into.

use assent_domain::command::{AcceptedAt, Command, Recording};
use assent_domain::values::{Channel, Instant, Scenario};
use assent_proto::convert::intent::{self, Intent, What};
use assent_proto::v1;

use crate::requests::{
    EVENT, attest, confirm, correct, direct, publish_policy, publish_version, register_partner, submit,
};

fn command(intent: &Intent) -> &Command {
    let What::Command(command) = &intent.what else { panic!("it is no command of the domain") };
    command
}

#[test]
fn a_confirmation_is_normalised() {
    let intent = intent::confirm_acceptance(confirm()).unwrap();
    assert_eq!(intent.method, "ConfirmAcceptance");
    assert_eq!(intent.request_id.unwrap().to_string(), "3b0e5c9a-7b2f-4b3e-9c55-0a1b2c3d4e5f");
    assert_eq!((intent.with_proof, intent.expected_revision), (true, Some(3)));
    assert_eq!(intent.scope().unwrap().to_string(), "contoso");
    assert_eq!(intent.employee.as_ref().unwrap().as_str(), "Ann Employee");
    let Command::RecordAcceptance { parties, recording, claim } = command(&intent) else { panic!() };
    assert_eq!(parties.customer.to_string(), "117a77b0-9360-443b-8795-c6dedc750cf9");
    assert_eq!(*recording, Recording::Confirm);
    let contact = claim.contact.as_ref().unwrap();
    assert_eq!((contact.first_name.as_str(), contact.email.as_str()), ("Zoë", "zoe@Fabrikam.example"));
    assert_eq!(
        claim.accepted_at,
        AcceptedAt::Instant(Instant::parse("2019-10-02T08:30:00.123456Z").unwrap())
    );
    assert_eq!((claim.channel, claim.confirmed_at), (Channel::Dashboard, None));
    assert_eq!(claim.template.as_ref().unwrap().country.as_str(), "DE");
}

#[test]
fn what_is_left_out_takes_its_default() {
    let intent = intent::record_direct_acceptance(direct()).unwrap();
    let Command::RecordAcceptance { claim, recording, .. } = command(&intent) else { panic!() };
    assert_eq!((claim.channel, recording), (Channel::Api, &Recording::Direct));
    assert!(claim.contact.is_none() && claim.version.is_none() && claim.proof.is_none());
    assert!(intent.request_id.is_none() && !intent.with_proof && intent.expected_revision.is_none());
}

#[test]
fn an_attestation_names_its_scenario_and_may_give_a_date() {
    let intent = intent::attest_acceptance(attest()).unwrap();
    assert_eq!(intent.scenario, Some(Scenario::NewPartner));
    let Command::RecordAcceptance { claim, recording, .. } = command(&intent) else { panic!() };
    assert_eq!(*recording, Recording::Attest(Scenario::NewPartner));
    assert_eq!(claim.accepted_at.instant().to_string(), "2019-10-02T00:00:00Z");
}

#[test]
fn evidence_keeps_what_it_claims() {
    let intent = intent::submit_evidence(submit()).unwrap();
    let Command::SubmitEvidence { parties, evidence, claim } = command(&intent) else { panic!() };
    assert_eq!(
        (parties.partner.to_string(), evidence.reseller.to_string()),
        ("contoso".into(), "reseller-1".into())
    );
    assert_eq!((&evidence.agreement, evidence.accepted_at), (&claim.agreement, claim.accepted_at.instant()));
}

#[test]
fn a_correction_overrides_only_what_it_gives() {
    let intent = intent::correct_acceptance(correct()).unwrap();
    assert_eq!((intent.reason.as_deref(), intent.scope()), (Some("The name was misspelt."), None));
    let What::CorrectAcceptance { acceptance, overrides } = &intent.what else { panic!() };
    assert_eq!(acceptance.to_string(), EVENT.to_lowercase());
    assert!(overrides.contact.is_some() && overrides.accepted_at.is_some());
    assert!(overrides.version.is_none() && overrides.template.is_none() && overrides.proof.is_none());
    assert_eq!(overrides.channel, None);
}

#[test]
fn confirming_evidence_is_through_a_channel() {
    let request = v1::ConfirmEvidenceRequest { evidence_id: EVENT.to_owned(), ..Default::default() };
    let intent = intent::confirm_evidence(request).unwrap();
    let What::ConfirmEvidence { overrides, .. } = &intent.what else { panic!() };
    assert_eq!(overrides.channel, Some(Channel::Api));
}

#[test]
fn email_domains_are_in_idna_form_sorted_and_each_once() {
    let intent = intent::register_partner(register_partner()).unwrap();
    let Command::RegisterPartner { facts, .. } = command(&intent) else { panic!() };
    assert_eq!(facts.email_domains, ["contoso.example", "xn--bcher-kva.example"]);
    assert_eq!(facts.country.as_str(), "DE");
}

#[test]
fn a_reseller_is_linked_by_the_relationship_methods() {
    let other = Some(v1::establish_relationship_request::Other::ResellerId("reseller-1".to_owned()));
    let request =
        v1::EstablishRelationshipRequest { partner_id: "provider".to_owned(), other, ..Default::default() };
    let intent = intent::establish_relationship(request).unwrap();
    assert!(matches!(command(&intent), Command::LinkReseller { .. }));
    let other = Some(v1::end_relationship_request::Other::CustomerId("fabrikam".to_owned()));
    let request =
        v1::EndRelationshipRequest { partner_id: "provider".to_owned(), other, ..Default::default() };
    let intent = intent::end_relationship(request).unwrap();
    assert!(matches!(command(&intent), Command::EndRelationship { .. }));
    assert_eq!(intent.scope().unwrap().to_string(), "provider");
}

#[test]
fn a_version_brings_its_templates_and_availability() {
    let intent = intent::publish_agreement_version(publish_version()).unwrap();
    assert_eq!(intent.scope(), None);
    let Command::PublishAgreementVersion { published, .. } = command(&intent) else { panic!() };
    assert_eq!((published.templates.len(), published.availability.len()), (2, 1));
    assert_eq!((published.templates[1].uri.as_str(), published.availability[0].channel), ("", None));
}

#[test]
fn a_policy_keeps_its_bytes_and_their_hash() {
    let intent = intent::publish_policy(publish_policy()).unwrap();
    let Command::PublishPolicy { document, sha256, expected_version } = command(&intent) else { panic!() };
    assert_eq!((document.id.to_string().as_str(), *expected_version), ("microsoft-csp", Some(2)));
    let bytes = intent.document.as_ref().unwrap();
    assert_eq!(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref(), sha256);
}

#[test]
fn personal_data_and_free_text_stay_out_of_debug() {
    let shown = format!(
        "{:?} {:?}",
        intent::confirm_acceptance(confirm()).unwrap(),
        intent::correct_acceptance(correct()).unwrap()
    );
    for secret in ["Zoë", "Nguy", "abrikam.example", "+49", "Ann", "proof/1", "misspelt"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_cancellation_without_an_instant_stays_without_one() {
    let request = v1::RecordCancellationRequest { obligation_id: EVENT.to_owned(), ..Default::default() };
    let what = intent::record_cancellation(request).unwrap().what;
    assert!(matches!(what, What::RecordCancellation { cancelled_at: None, .. }));
}
