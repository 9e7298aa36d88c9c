//! The domain's facts and decisions as messages.

use assent_domain::acceptance::{
    AcceptanceFact, EvidenceFact, EvidenceFacts, EvidenceOutcome, Obligation, ObligationState, Relationship,
    WithdrawalFact,
};
use assent_domain::authorize::{
    AsOf, By, Call, Decision, Outcome, Reason, ReasonCode, Remediation, RemediationAction,
};
use assent_domain::catalog::{Agreement, AgreementIndex, Availability, Version, VersionIndex};
use assent_domain::command::Parties;
use assent_domain::directory::{CustomerFacts, Link, PartnerFacts, StreamHead};
use assent_domain::event::EventRef;
use assent_domain::history::History;
use assent_domain::values::{
    AgreementId, Cloud, Country, CustomerId, Environment, Instant, Method, PartnerId, PartnerStatus,
    PolicyId, Position, Program, VersionId,
};
use assent_domain::{FactsMut, Overlay};
use assent_proto::convert::answer::acceptance::{
    AcceptanceView, Opened, acceptance, obligation, submitted_evidence,
};
use assent_proto::convert::answer::decision::response;
use assent_proto::convert::answer::{catalog, directory};
use assent_proto::convert::{Ids, timestamp};
use assent_proto::event::event::Payload;
use assent_proto::event::{self, AcceptanceDetails};
use assent_proto::v1;
use bytes::Bytes;

const IDS: Ids = Ids { tag: 7 };

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn named(position: u64) -> EventRef {
    EventRef { position: Position(position), recorded_at: at("2020-02-01T00:00:00Z") }
}

fn agreement() -> AgreementId {
    AgreementId::parse("microsoft-customer-agreement").unwrap()
}

#[test]
fn a_denial_tells_why_what_to_do_and_what_it_rests_on() {
    let partner = PartnerId::parse("contoso").unwrap();
    let reason = Reason {
        agreement: Some(agreement()),
        version: Some(VersionId::parse("2023-04").unwrap()),
        acceptance: Some(named(4)),
        partner: Some(partner.clone()),
        ..Reason::of(ReasonCode::AcceptanceStale)
    };
    let remedy = Remediation {
        call: Some(Call::ConfirmAcceptance),
        partner: Some(partner),
        customer: Some(CustomerId::parse("fabrikam").unwrap()),
        accepted_from: Some(at("2023-04-01T00:00:00Z")),
        obligation: Some(named(6)),
        ..Remediation::of(RemediationAction::ReconfirmCurrentVersion, By::Partner)
    };
    let decision = Decision {
        outcome: Outcome::Denied,
        reasons: [reason].into_iter().collect(),
        remediations: vec![remedy],
        valid_until: Some(at("2026-01-05T00:00:00Z")),
    };
    let as_of = AsOf { prefix: Position(9), effective_at: at("2025-01-01T00:00:00.000001Z") };
    let answer = response(&decision, &as_of, &PolicyId::parse("microsoft-csp").unwrap(), 3, &IDS);
    assert_eq!((answer.decision(), answer.position, answer.policy_version), (v1::Decision::Denied, 9, 3));
    assert_eq!(answer.evaluated_at, Some(timestamp(as_of.effective_at)));
    assert_eq!(answer.valid_until.unwrap().seconds, 1_767_571_200);
    let reason = &answer.reasons[0];
    assert_eq!((reason.code(), reason.rule.as_str()), (v1::ReasonCode::AcceptanceStale, "O4"));
    assert_eq!(reason.acceptance_id, Some(IDS.text(named(4))));
    assert!(!reason.message.is_empty());
    let remedy = &answer.remediations[0];
    assert_eq!(remedy.action(), v1::RemediationAction::ReconfirmCurrentVersion);
    assert_eq!(remedy.by(), v1::Party::Partner);
    assert_eq!(remedy.call.as_deref(), Some("assent.v1.AcceptanceService/ConfirmAcceptance"));
    assert!(!remedy.message.is_empty() && remedy.reseller_id.is_none());
    assert_eq!(remedy.obligation_id, Some(IDS.text(named(6))));
    assert_eq!((answer.order_ref, answer.recorded_position, answer.replayed), (None, None, false));
}

#[test]
fn every_call_is_the_full_name_of_a_method() {
    let pool = prost_reflect::DescriptorPool::decode(assent_proto::DESCRIPTORS).unwrap();
    for call in Call::ALL {
        let (service, method) = call.name().split_once('/').unwrap();
        let service = pool.get_service_by_name(service).unwrap();
        assert!(service.methods().any(|it| it.name() == method), "{call}");
    }
}

fn fact(position: u64, accepted_at: &str) -> AcceptanceFact {
    AcceptanceFact {
        recorded: named(position),
        accepted_at: at(accepted_at),
        confirmed_at: at("2020-02-01T00:00:00Z"),
        corrected_by: Position::START,
        voided_by: Position::START,
        agreement: AgreementIndex(0),
        version: VersionIndex(0),
        method: Method::Attested,
        backfilled: false,
    }
}

fn stored() -> event::Event {
    let details = AcceptanceDetails {
        partner_id: "contoso".to_owned(),
        customer_id: "fabrikam".to_owned(),
        agreement_id: agreement().to_string(),
        version: Some("2019-10".to_owned()),
        version_inferred: true,
        template: Some(event::TemplateKey { country: "DE".to_owned(), language: "de-DE".to_owned() }),
        evidence: Some(event::Evidence {
            uri: Some(event::SealedBox::default()),
            sha256: Some(Bytes::from_static(&[7; 32])),
            media_type: Some("application/pdf".to_owned()),
        }),
        accepted_at: Some(timestamp(at("2019-10-02T00:00:00Z"))),
        accepted_on: Some("2019-10-02".to_owned()),
        channel: event::Channel::Dashboard as i32,
        ..Default::default()
    };
    event::Event {
        actor: Some(event::Actor {
            user_id: "user-1".to_owned(),
            role: Some("ADMIN_AGENT".to_owned()),
            employee: None,
        }),
        payload: Some(Payload::AcceptanceAttested(event::AcceptanceAttested {
            acceptance: Some(details),
            scenario: event::Scenario::NewPartner as i32,
        })),
        position: 4,
        revision: 2,
        recorded_at: Some(timestamp(named(4).recorded_at)),
        event_id: IDS.text(named(4)),
        ..Default::default()
    }
}

fn shown(relationship: &Relationship, opened: &Opened) -> v1::Acceptance {
    let stored = stored();
    let fact = &relationship.acceptances[0];
    let view = AcceptanceView { stored: &stored, relationship, fact, as_of: AsOf::EVERYTHING, opened };
    acceptance(&view, &IDS).unwrap()
}

fn relationship(acceptances: Vec<AcceptanceFact>) -> Relationship {
    Relationship { acceptances: acceptances.into_iter().collect(), ..Default::default() }
}

#[test]
fn an_acceptance_shows_what_was_stored_and_what_it_is_now() {
    let only = relationship(vec![fact(4, "2019-10-02T00:00:00Z")]);
    let it = shown(&only, &Opened::default());
    assert_eq!((it.acceptance_id.as_str(), it.position, it.revision), (IDS.text(named(4)).as_str(), 4, 2));
    assert_eq!(
        (it.method(), it.scenario(), it.state()),
        (v1::Method::Attested, v1::Scenario::NewPartner, v1::AcceptanceState::Current)
    );
    assert_eq!((it.channel(), it.version_inferred), (v1::Channel::Dashboard, true));
    assert_eq!((it.accepted_on.as_deref(), it.confirmed_at), (Some("2019-10-02"), it.recorded_at));
    assert_eq!(it.recorded_by.unwrap().user_id, "user-1");
    assert!(it.corrects.is_none() && it.superseded_by.is_none() && it.withdrawn_at.is_none());
}

#[test]
fn personal_data_is_shown_only_where_it_was_opened() {
    let only = relationship(vec![fact(4, "2019-10-02T00:00:00Z")]);
    let hidden = shown(&only, &Opened::default());
    assert_eq!((hidden.contact, hidden.contact_erased), (None, false));
    let evidence = hidden.evidence.unwrap();
    assert_eq!((evidence.uri.as_str(), evidence.media_type.as_deref()), ("", Some("application/pdf")));
    let opened = Opened {
        contact: Some(event::Contact { first_name: "Zoë".to_owned(), ..Default::default() }),
        contact_erased: false,
        employee: Some("Ann".to_owned()),
        uri: Some("https://contoso.example/1".to_owned()),
    };
    let open = shown(&only, &opened);
    assert_eq!(open.contact.unwrap().first_name, "Zoë");
    assert_eq!(open.evidence.unwrap().uri, "https://contoso.example/1");
    assert_eq!(open.recorded_by.unwrap().employee.as_deref(), Some("Ann"));
    assert_eq!(format!("{opened:?}"), "Opened(redacted)");
}

#[test]
fn a_superseded_acceptance_names_the_current_one() {
    let three = relationship(vec![
        fact(4, "2019-10-02T00:00:00Z"),
        fact(5, "2019-10-03T00:00:00Z"),
        fact(6, "2019-10-04T00:00:00Z"),
    ]);
    let it = shown(&three, &Opened::default());
    assert_eq!((it.state(), it.superseded_by), (v1::AcceptanceState::Superseded, Some(IDS.text(named(6)))));
}

#[test]
fn a_corrected_acceptance_names_its_successor_and_a_withdrawn_one_its_end() {
    let mut corrected = fact(4, "2019-10-02T00:00:00Z");
    corrected.corrected_by = Position(5);
    let it = shown(&relationship(vec![corrected, fact(5, "2019-10-02T00:00:00Z")]), &Opened::default());
    assert_eq!((it.state(), it.corrected_by), (v1::AcceptanceState::Corrected, Some(IDS.text(named(5)))));

    let mut withdrawn = relationship(vec![fact(4, "2019-10-02T00:00:00Z")]);
    withdrawn.rest_mut().withdrawals.push(WithdrawalFact {
        recorded: named(5),
        agreement: AgreementIndex(0),
        withdrawn_at: at("2020-01-01T00:00:00Z"),
        voided_by: None,
        cancelled: None,
    });
    let it = shown(&withdrawn, &Opened::default());
    assert_eq!(it.state(), v1::AcceptanceState::Withdrawn);
    assert_eq!(it.withdrawn_at, Some(timestamp(at("2020-01-01T00:00:00Z"))));
}

#[test]
fn another_event_is_no_acceptance_and_no_evidence() {
    let mut stored = stored();
    stored.payload = Some(Payload::RulesActivated(event::RulesActivated { edition: 1 }));
    let only = relationship(vec![fact(4, "2019-10-02T00:00:00Z")]);
    let opened = Opened::default();
    let view = AcceptanceView {
        stored: &stored,
        relationship: &only,
        fact: &only.acceptances[0],
        as_of: AsOf::EVERYTHING,
        opened: &opened,
    };
    assert_eq!(acceptance(&view, &IDS), None);
    assert_eq!(submitted_evidence(&stored, &evidence_fact(), &opened, &IDS), None);
}

fn evidence_fact() -> EvidenceFact {
    EvidenceFact {
        recorded: named(4),
        facts: EvidenceFacts {
            reseller: PartnerId::parse("reseller-1").unwrap(),
            agreement: agreement(),
            accepted_at: at("2019-10-02T00:00:00Z"),
        },
        outcome: EvidenceOutcome::Confirmed(named(8)),
    }
}

#[test]
fn evidence_names_the_acceptance_that_it_became() {
    let claim = AcceptanceDetails { partner_id: "provider".to_owned(), ..Default::default() };
    let submitted = event::EvidenceSubmitted { claim: Some(claim), reseller_id: "reseller-1".to_owned() };
    let stored = event::Event { payload: Some(Payload::EvidenceSubmitted(submitted)), ..stored() };
    let it = submitted_evidence(&stored, &evidence_fact(), &Opened::default(), &IDS).unwrap();
    assert_eq!((it.state(), it.acceptance_id), (v1::EvidenceState::Confirmed, Some(IDS.text(named(8)))));
    assert_eq!((it.reseller_id.as_str(), it.version), ("reseller-1", None));
}

#[test]
fn an_obligation_has_the_id_of_its_withdrawal() {
    let parties = Parties {
        partner: PartnerId::parse("contoso").unwrap(),
        customer: CustomerId::parse("fabrikam").unwrap(),
    };
    let open = Obligation {
        withdrawal: named(5),
        agreement: AgreementIndex(0),
        opened_at: at("2020-01-01T00:00:00Z"),
        state: ObligationState::Cancelled,
        closed_by: Some(named(6)),
    };
    let it = obligation(&open, &parties, &agreement(), &IDS);
    assert_eq!((&it.obligation_id, &it.withdrawal_event_id), (&IDS.text(named(5)), &IDS.text(named(5))));
    assert_eq!((it.state(), it.closed_by), (v1::ObligationState::Cancelled, Some(IDS.text(named(6)))));
}

#[test]
fn a_partner_shows_the_links_that_are_in_force_and_a_customer_its_purchases() {
    let mut facts = Overlay::empty();
    let [provider, linked, unlinked] =
        ["provider", "linked", "unlinked"].map(|it| PartnerId::parse(it).unwrap());
    let registration = PartnerFacts {
        program: Program::IndirectProvider,
        country: Country::parse("DE").unwrap(),
        email_domains: vec!["contoso.example".to_owned()],
    };
    let partner = facts.partner_mut(&provider);
    partner.facts = Some(History::new(Position(2), registration));
    partner.status = Some(History::new(Position(2), PartnerStatus::Inactive));
    partner.resellers = vec![linked.clone(), unlinked.clone()];
    for (reseller, in_force) in [(&linked, true), (&unlinked, false)] {
        let (provider, in_force) = (provider.clone(), History::new(Position(3), in_force));
        facts.partner_mut(reseller).providers.push(Link {
            provider,
            in_force,
            stream: StreamHead::default(),
        });
    }
    let it = directory::partner(&facts, &provider, Position::END).unwrap();
    assert_eq!((it.program(), it.status()), (v1::Program::IndirectProvider, v1::PartnerStatus::Inactive));
    assert_eq!((it.country.as_str(), it.resellers), ("DE", vec!["linked".to_owned()]));
    assert_eq!(directory::partner(&facts, &provider, Position(1)), None);
    assert_eq!(directory::partner(&facts, &linked, Position::END), None);

    let fabrikam = CustomerId::parse("fabrikam").unwrap();
    let registration =
        CustomerFacts { country: Country::parse("US").unwrap(), cloud: Cloud::China, has_purchases: false };
    facts.customer_mut(&fabrikam).facts = Some(History::new(Position(2), registration));
    assert!(!directory::customer(&facts, &fabrikam, Position::END).unwrap().has_purchases);
    facts.customer_mut(&fabrikam).first_purchase = Some(at("2020-01-01T00:00:00Z"));
    let it = directory::customer(&facts, &fabrikam, Position::END).unwrap();
    assert_eq!((it.has_purchases, it.cloud()), (true, v1::Cloud::China));
}

#[test]
fn an_agreement_shows_the_version_in_force_at_the_instant() {
    let version = |id: &str, published, from: &str| Version {
        id: VersionId::parse(id).unwrap(),
        published: Position(published),
        in_force_from: Some(at(from)),
        document_sha256: Some([3; 32]),
        templates: Vec::new().into(),
    };
    let available = Availability {
        environment: Environment::Sandbox,
        channel: None,
        from: at("2019-08-01T00:00:00Z"),
        until: None,
    };
    let agreement = Agreement {
        id: agreement(),
        versions: vec![
            version("2019-10", 2, "2019-08-01T00:00:00Z"),
            version("2023-04", 5, "2023-04-01T00:00:00Z"),
        ],
        availability: History::new(Position(2), vec![available]),
        successor: None,
        template_id: Some("117a77b0".to_owned()),
        stream: StreamHead::default(),
        mentioned: Position(5),
    };
    let now = at("2024-01-01T00:00:00Z");
    let it = catalog::agreement(&agreement, now, Position::END);
    assert_eq!((it.version_in_force.as_deref(), it.versions.len()), (Some("2023-04"), 2));
    let availability = &it.availability[0];
    assert_eq!(
        (availability.environment(), availability.channel()),
        (v1::Environment::Sandbox, v1::Channel::Unspecified)
    );
    let it = catalog::agreement(&agreement, now, Position(4));
    assert_eq!((it.version_in_force.as_deref(), it.versions.len()), (Some("2019-10"), 1));
}
