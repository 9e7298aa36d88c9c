//! What happens in the ledgers of tests: events of every type, in random order or one after the other.

use assent_domain::acceptance::EvidenceFacts;
use assent_domain::authorize::{AsOf, authorize};
use assent_domain::command::{AcceptanceClaim, AcceptedAt, Proof};
use assent_domain::event::{AcceptanceRecorded, Event, EventRef};
use assent_domain::privacy::{ErasedContact, InquiryExport, InquiryScope};
use assent_domain::scenario::{
    CLOUD_AGREEMENT, CUSTOMER_AGREEMENT, agreement, claim_of as claim_about, customer, customer_facts,
    instant, order, partner, partner_facts, version,
};
use assent_domain::values::{
    AgreementId, Date, Method, OrderOutcome, PartnerStatus, Position, Program, Scenario, TransactionKind,
};
use proptest::prelude::*;

use super::Ledger;

pub(crate) const PARTNERS: [&str; 2] = ["contoso", "tailspin"];
pub(crate) const RESELLER: &str = "wingtip";
pub(crate) const CUSTOMERS: [&str; 2] = ["fabrikam", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"];
/// How many kinds of steps there are.
const KINDS: u8 = 29;

/// A step: which kind of event, about whom, and whether time goes on before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    kind: u8,
    who: u8,
    later: bool,
}

/// Random stories of a few steps.
pub(crate) fn random() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..KINDS, 0..8_u8, any::<bool>()).prop_map(|(kind, who, later)| Step { kind, who, later });
    proptest::collection::vec(step, 0..14)
}

/// A ledger in which these steps happened.
pub(crate) fn steps(steps: &[Step]) -> Ledger {
    let mut ledger = Ledger::new();
    steps.iter().for_each(|it| take(&mut ledger, *it));
    ledger
}

/// A ledger in which everything happened that can happen, with everybody.
pub(crate) fn whole() -> Ledger {
    let everybody = (0..KINDS).flat_map(|kind| [0, 3, 5].map(|who| Step { kind, who, later: true }));
    steps(&everybody.collect::<Vec<_>>())
}

/// The same again and again.
pub(crate) fn long(events: usize) -> Ledger {
    let all = (0..).map(|it: u32| Step {
        kind: u8::try_from(it * 7 % u32::from(KINDS)).expect("there are few kinds"),
        who: u8::try_from(it / 3 % 8).expect("it is below 8"),
        later: it.is_multiple_of(4),
    });
    let mut ledger = Ledger::new();
    for step in all {
        if ledger.entries.len() >= events {
            return ledger;
        }
        take(&mut ledger, step);
    }
    ledger
}

/// A ledger of so many outcomes of orders.
pub(crate) fn orders(events: usize) -> Ledger {
    steps(&vec![Step { kind: 24, who: 0, later: false }; events])
}

fn take(ledger: &mut Ledger, Step { kind, who, later }: Step) {
    if later {
        ledger.now = ledger.now.plus_micros(60_000_001);
    }
    let event = event(ledger, kind, who);
    ledger.append(event);
}

fn event(ledger: &Ledger, kind: u8, who: u8) -> Event {
    let p = partner(PARTNERS[usize::from(who & 1)]);
    let c = customer(CUSTOMERS[usize::from(who >> 1 & 1)]);
    let a = agreement(if who & 4 == 0 { CUSTOMER_AGREEMENT } else { CLOUD_AGREEMENT });
    let r = partner(RESELLER);
    let at = instant("2024-01-10");
    let earlier = earlier(ledger, who);
    let recorded =
        |acceptance| Event::AcceptanceRecorded { partner: p.clone(), customer: c.clone(), acceptance };
    let plain = accepted(&a, Method::Confirmed);
    match kind {
        0 => Event::RulesActivated { edition: 1 },
        1 => Event::PartnerRegistered {
            partner: p.clone(),
            facts: partner_facts("p", Program::IndirectProvider),
        },
        2 => Event::PartnerChanged { partner: p.clone(), facts: partner_facts("q", Program::DirectBill) },
        3 => Event::PartnerStatusSet { partner: r, status: PartnerStatus::Inactive },
        4 => Event::CustomerRegistered { customer: c, facts: customer_facts() },
        5 => Event::CustomerChanged { customer: c, facts: customer_facts() },
        6 => Event::CustomerPurchased { customer: c, partner: p, occurred_at: at },
        7 => Event::RelationshipEstablished { partner: p, customer: c },
        8 => Event::RelationshipEnded { partner: p, customer: c },
        9 => Event::ResellerLinked { provider: p, reseller: r },
        10 => Event::ResellerUnlinked { provider: p, reseller: r },
        11 => recorded(plain),
        12 => recorded(accepted(&a, Method::Attested)),
        13 => recorded(accepted(&a, Method::Direct)),
        14 => recorded(AcceptanceRecorded { corrects: Some(earlier), ..plain }),
        15 => recorded(AcceptanceRecorded { evidence: Some(earlier), reseller: Some(r), ..plain }),
        16 => Event::AcceptanceVoided { partner: p, customer: c, agreement: a, acceptance: earlier },
        17 => Event::WithdrawalVoided { partner: p, customer: c, agreement: a, withdrawal: earlier },
        18 => Event::AcceptanceWithdrawn { partner: p, customer: c, agreement: a, withdrawn_at: at },
        19 => Event::CancellationRecorded {
            partner: p,
            customer: c,
            agreement: a,
            obligation: earlier,
            cancelled_at: at,
        },
        20 => {
            let evidence = EvidenceFacts { reseller: r, agreement: a, accepted_at: at };
            Event::EvidenceSubmitted { provider: p, customer: c, evidence }
        }
        21 => {
            Event::EvidenceRejected { provider: p, customer: c, reseller: r, agreement: a, evidence: earlier }
        }
        22 => Event::AgreementRetired {
            agreement: a,
            environment: None,
            channel: None,
            retired_at: at,
            successor: None,
        },
        23 => {
            let order = assent_domain::authorize::Order {
                reseller: Some(r).filter(|_| who & 4 == 0),
                ..order(PARTNERS[usize::from(who & 1)], CUSTOMERS[usize::from(who >> 1 & 1)])
            };
            let prefix = Position(ledger.size());
            let as_of = AsOf { prefix, effective_at: ledger.now };
            let decision = authorize(&ledger.facts, &order, &as_of).expect("the ledger has a policy");
            Event::OrderDecided { order, effective_at: ledger.now, prefix, decision }
        }
        24 => Event::OrderOutcomeRecorded {
            partner: p,
            customer: c,
            reseller: Some(r).filter(|_| who & 4 == 0),
            transaction: TransactionKind::Renewal,
            product_family: None,
            outcome: OrderOutcome::Placed,
            occurred_at: at,
        },
        25 => Event::PersonalDataErased { customer: c, contact: None, key_ids: vec![[who; 16]; 2] },
        26 => {
            let contact = Some(ErasedContact { partner: p, acceptance: earlier });
            Event::PersonalDataErased { customer: c, contact, key_ids: vec![[who; 16]] }
        }
        27 => Event::PersonLookedUp { records: vec![earlier] },
        _ => Event::InquiryExported {
            inquiry: earlier,
            export: InquiryExport {
                manifest_sha256: [who; 32],
                events: 1,
                payload_bytes: 2,
                checkpoint_size: Position(3),
            },
        },
    }
}

fn earlier(ledger: &Ledger, who: u8) -> EventRef {
    let place = (ledger.recorded.len() - 1).saturating_sub(usize::from(who));
    ledger.recorded[place].reference()
}

fn accepted(agreement: &AgreementId, method: Method) -> AcceptanceRecorded {
    let at = instant("2024-01-10");
    AcceptanceRecorded {
        method,
        agreement: agreement.clone(),
        version: version("2023-04"),
        version_inferred: true,
        document_sha256: Some([7; 32]),
        accepted_at: at,
        confirmed_at: at,
        backfilled: method == Method::Direct,
        corrects: None,
        evidence: None,
        reseller: None,
    }
}

/// What the record of an acceptance or of evidence claims.
pub(super) fn claim_of(event: &Event) -> Option<AcceptanceClaim> {
    let id = match event {
        Event::AcceptanceRecorded { acceptance, .. } => &acceptance.agreement,
        Event::EvidenceSubmitted { evidence, .. } => &evidence.agreement,
        _ => return None,
    };
    let proof = Proof {
        uri: "https://example.com/a".to_owned(),
        sha256: Some([9; 32]),
        media_type: Some("application/pdf".to_owned()),
    };
    let date = Date::parse("2024-01-10").expect("it is a date");
    let claim = claim_about(&id.to_string(), "2024-01-10");
    Some(AcceptanceClaim { accepted_at: AcceptedAt::Date(date), proof: Some(proof), ..claim })
}

/// Why a partner attests.
pub(super) fn scenario_of(event: &Event) -> Option<Scenario> {
    match event {
        Event::AcceptanceRecorded { acceptance, .. } if acceptance.method == Method::Attested => {
            Some(Scenario::NewPartner)
        }
        _ => None,
    }
}

/// Every scope that has something to select, and one that has nothing.
pub(crate) fn scopes(ledger: &Ledger) -> Vec<InquiryScope> {
    let mut scopes = vec![InquiryScope::Everything];
    scopes.extend(CUSTOMERS.map(|it| InquiryScope::Customer(customer(it))));
    scopes.extend(PARTNERS.map(|it| InquiryScope::Partner(partner(it))));
    scopes.push(InquiryScope::Partner(partner(RESELLER)));
    scopes.push(InquiryScope::Agreement(agreement(CUSTOMER_AGREEMENT)));
    let middle = ledger.recorded[ledger.recorded.len() / 2].recorded_at;
    let after = ledger.now.plus_micros(1);
    for (from, until) in [
        (Some(middle), None),
        (None, Some(middle)),
        (Some(middle), Some(ledger.now)),
        (Some(middle), Some(middle.plus_micros(120_000_000))),
        (Some(middle.plus_micros(1)), Some(middle.plus_micros(2))),
        (Some(after), Some(after.plus_micros(1))),
    ] {
        scopes.push(InquiryScope::Period { from, until });
    }
    scopes
}
