//! The encoded state of a row. Rows are thrown away with their edition, so these messages may change with it.

use assent_domain::acceptance::{
    AcceptanceFact, EvidenceFact, EvidenceFacts, EvidenceOutcome, Relationship, Rest, WithdrawalFact,
};
use assent_domain::catalog::{AgreementIndex, VersionIndex};
use assent_domain::directory::{Customer, CustomerFacts, Link, Partner, PartnerFacts, StreamHead};
use assent_domain::event::EventRef;
use assent_domain::facts::{Facts, Ledger};
use assent_domain::history::History;
use assent_domain::values::{
    AgreementId, Cloud, Country, Environment, Instant, Method, PartnerId, PartnerStatus, Position, Program,
};

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Head {
    #[prost(uint64, tag = "1")]
    last: u64,
    #[prost(uint32, tag = "2")]
    revision: u32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Reference {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(int64, tag = "2")]
    recorded_at: i64,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Since {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(uint32, tag = "2")]
    value: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RelationshipState {
    #[prost(message, repeated, tag = "1")]
    in_force: Vec<Since>,
    #[prost(message, repeated, tag = "2")]
    acceptances: Vec<AcceptanceState>,
    #[prost(message, repeated, tag = "3")]
    withdrawals: Vec<WithdrawalState>,
    #[prost(message, repeated, tag = "4")]
    evidence: Vec<EvidenceState>,
    #[prost(int64, optional, tag = "5")]
    first_purchase: Option<i64>,
    #[prost(message, optional, tag = "6")]
    orders: Option<Head>,
    #[prost(message, optional, tag = "7")]
    stream: Option<Head>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct AcceptanceState {
    #[prost(message, required, tag = "1")]
    recorded: Reference,
    #[prost(int64, tag = "2")]
    accepted_at: i64,
    #[prost(int64, tag = "3")]
    confirmed_at: i64,
    #[prost(uint64, tag = "4")]
    corrected_by: u64,
    #[prost(uint64, tag = "5")]
    voided_by: u64,
    #[prost(uint32, tag = "6")]
    agreement: u32,
    #[prost(uint32, tag = "7")]
    version: u32,
    #[prost(uint32, tag = "8")]
    method: u32,
    #[prost(bool, tag = "9")]
    backfilled: bool,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct WithdrawalState {
    #[prost(message, required, tag = "1")]
    recorded: Reference,
    #[prost(uint32, tag = "2")]
    agreement: u32,
    #[prost(int64, tag = "3")]
    withdrawn_at: i64,
    #[prost(message, optional, tag = "4")]
    voided_by: Option<Reference>,
    #[prost(message, optional, tag = "5")]
    cancelled: Option<Reference>,
    #[prost(int64, tag = "6")]
    cancelled_at: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EvidenceState {
    #[prost(message, required, tag = "1")]
    recorded: Reference,
    #[prost(string, tag = "2")]
    reseller: String,
    #[prost(string, tag = "3")]
    agreement: String,
    #[prost(int64, tag = "4")]
    accepted_at: i64,
    #[prost(message, optional, tag = "5")]
    confirmed: Option<Reference>,
    #[prost(uint64, tag = "6")]
    rejected: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PartnerState {
    #[prost(message, repeated, tag = "1")]
    facts: Vec<PartnerFactsState>,
    #[prost(message, repeated, tag = "2")]
    status: Vec<Since>,
    #[prost(message, repeated, tag = "3")]
    providers: Vec<LinkState>,
    #[prost(string, repeated, tag = "4")]
    resellers: Vec<String>,
    #[prost(message, required, tag = "5")]
    stream: Head,
    #[prost(uint64, tag = "6")]
    mentioned: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PartnerFactsState {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(uint32, tag = "2")]
    program: u32,
    #[prost(string, tag = "3")]
    country: String,
    #[prost(string, repeated, tag = "4")]
    email_domains: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LinkState {
    #[prost(string, tag = "1")]
    provider: String,
    #[prost(message, repeated, tag = "2")]
    in_force: Vec<Since>,
    #[prost(message, required, tag = "3")]
    stream: Head,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CustomerState {
    #[prost(message, repeated, tag = "1")]
    facts: Vec<CustomerFactsState>,
    #[prost(int64, optional, tag = "2")]
    first_purchase: Option<i64>,
    #[prost(message, required, tag = "3")]
    stream: Head,
    #[prost(uint64, tag = "4")]
    mentioned: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CustomerFactsState {
    #[prost(uint64, tag = "1")]
    position: u64,
    #[prost(string, tag = "2")]
    country: String,
    #[prost(uint32, tag = "3")]
    cloud: u32,
    #[prost(bool, tag = "4")]
    has_purchases: bool,
}

/// What concerns the ledger as a whole. Catalogue and policies are few events: they are folded again from the log.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LedgerState {
    #[prost(uint64, tag = "1")]
    tag: u64,
    #[prost(uint32, tag = "2")]
    environment: u32,
    #[prost(uint32, tag = "3")]
    rules_edition: u32,
    #[prost(message, required, tag = "4")]
    stream: Head,
    #[prost(message, required, tag = "5")]
    policies: Head,
    /// Of each agreement: its stream, and the last event that names it.
    #[prost(message, repeated, tag = "6")]
    agreements: Vec<AgreementHead>,
    /// The positions of the catalogue's and policies' events.
    #[prost(uint64, repeated, tag = "7")]
    pub(crate) catalogue_events: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct AgreementHead {
    #[prost(message, required, tag = "1")]
    stream: Head,
    #[prost(uint64, tag = "2")]
    mentioned: u64,
}

fn head(it: StreamHead) -> Head {
    Head { last: it.last.0, revision: it.revision }
}

fn stream(it: Head) -> StreamHead {
    StreamHead { last: Position(it.last), revision: it.revision }
}

fn reference(it: EventRef) -> Reference {
    Reference { position: it.position.0, recorded_at: it.recorded_at.micros() }
}

fn instant(micros: i64) -> Option<Instant> {
    Instant::from_micros(micros).ok()
}

fn event_ref(it: Reference) -> Option<EventRef> {
    Some(EventRef { position: Position(it.position), recorded_at: instant(it.recorded_at)? })
}

fn small(it: u32) -> Option<u16> {
    u16::try_from(it).ok()
}

fn kind<T: Copy>(all: &[T], number: u32) -> Option<T> {
    all.get(number as usize).copied()
}

fn history<T: Copy>(it: Option<&History<T>>, number: impl Fn(T) -> u32) -> Vec<Since> {
    let values = it.into_iter().flat_map(History::values);
    values.map(|(position, value)| Since { position: position.0, value: number(*value) }).collect()
}

fn restored<T>(values: &[Since], value: impl Fn(u32) -> Option<T>) -> Option<Option<History<T>>> {
    let of = |it: &Since| Some((Position(it.position), value(it.value)?));
    Some(History::from_values(values.iter().map(of).collect::<Option<Vec<_>>>()?))
}

impl RelationshipState {
    pub(crate) fn of(it: &Relationship) -> Self {
        let Relationship { in_force, acceptances, rest, stream } = it;
        let rest = rest.as_deref();
        Self {
            in_force: history(in_force.as_ref(), u32::from),
            acceptances: acceptances.iter().map(AcceptanceState::of).collect(),
            withdrawals: it.withdrawals().iter().map(WithdrawalState::of).collect(),
            evidence: it.evidence().iter().map(EvidenceState::of).collect(),
            first_purchase: rest.and_then(|it| it.first_purchase).map(Instant::micros),
            orders: rest.map(|it| head(it.orders)),
            stream: Some(head(*stream)),
        }
    }

    /// None: the row is no state of this edition.
    pub(crate) fn restore(&self) -> Option<Relationship> {
        let rest = Rest {
            withdrawals: self.withdrawals.iter().map(WithdrawalState::restore).collect::<Option<_>>()?,
            evidence: self.evidence.iter().map(EvidenceState::restore).collect::<Option<_>>()?,
            first_purchase: match self.first_purchase {
                None => None,
                Some(micros) => Some(instant(micros)?),
            },
            orders: self.orders.map(stream).unwrap_or_default(),
        };
        Some(Relationship {
            in_force: restored(&self.in_force, |it| Some(it != 0))?,
            acceptances: self.acceptances.iter().map(AcceptanceState::restore).collect::<Option<_>>()?,
            rest: self.orders.is_some().then(|| Box::new(rest)),
            stream: self.stream.map(stream)?,
        })
    }
}

impl AcceptanceState {
    fn of(it: &AcceptanceFact) -> Self {
        let AcceptanceFact {
            recorded,
            accepted_at,
            confirmed_at,
            corrected_by,
            voided_by,
            agreement,
            version,
            method,
            backfilled,
        } = it;
        Self {
            recorded: reference(*recorded),
            accepted_at: accepted_at.micros(),
            confirmed_at: confirmed_at.micros(),
            corrected_by: corrected_by.0,
            voided_by: voided_by.0,
            agreement: agreement.0.into(),
            version: version.0.into(),
            method: *method as u32,
            backfilled: *backfilled,
        }
    }

    fn restore(&self) -> Option<AcceptanceFact> {
        Some(AcceptanceFact {
            recorded: event_ref(self.recorded)?,
            accepted_at: instant(self.accepted_at)?,
            confirmed_at: instant(self.confirmed_at)?,
            corrected_by: Position(self.corrected_by),
            voided_by: Position(self.voided_by),
            agreement: AgreementIndex(small(self.agreement)?),
            version: VersionIndex(small(self.version)?),
            method: kind(Method::ALL, self.method)?,
            backfilled: self.backfilled,
        })
    }
}

impl WithdrawalState {
    fn of(it: &WithdrawalFact) -> Self {
        let WithdrawalFact { recorded, agreement, withdrawn_at, voided_by, cancelled } = it;
        Self {
            recorded: reference(*recorded),
            agreement: agreement.0.into(),
            withdrawn_at: withdrawn_at.micros(),
            voided_by: voided_by.map(reference),
            cancelled: cancelled.map(|(event, _)| reference(event)),
            cancelled_at: cancelled.map_or(0, |(_, at)| at.micros()),
        }
    }

    fn restore(&self) -> Option<WithdrawalFact> {
        Some(WithdrawalFact {
            recorded: event_ref(self.recorded)?,
            agreement: AgreementIndex(small(self.agreement)?),
            withdrawn_at: instant(self.withdrawn_at)?,
            voided_by: match self.voided_by {
                None => None,
                Some(event) => Some(event_ref(event)?),
            },
            cancelled: match self.cancelled {
                None => None,
                Some(event) => Some((event_ref(event)?, instant(self.cancelled_at)?)),
            },
        })
    }
}

impl EvidenceState {
    fn of(it: &EvidenceFact) -> Self {
        let EvidenceFact { recorded, facts, outcome } = it;
        let EvidenceFacts { reseller, agreement, accepted_at } = facts;
        let (confirmed, rejected) = match outcome {
            EvidenceOutcome::Pending => (None, 0),
            EvidenceOutcome::Confirmed(by) => (Some(reference(*by)), 0),
            EvidenceOutcome::Rejected(by) => (None, by.0),
        };
        Self {
            recorded: reference(*recorded),
            reseller: reseller.to_string(),
            agreement: agreement.to_string(),
            accepted_at: accepted_at.micros(),
            confirmed,
            rejected,
        }
    }

    fn restore(&self) -> Option<EvidenceFact> {
        let outcome = match (self.confirmed, self.rejected) {
            (Some(by), _) => EvidenceOutcome::Confirmed(event_ref(by)?),
            (None, 0) => EvidenceOutcome::Pending,
            (None, by) => EvidenceOutcome::Rejected(Position(by)),
        };
        let facts = EvidenceFacts {
            reseller: PartnerId::parse(&self.reseller).ok()?,
            agreement: AgreementId::parse(&self.agreement).ok()?,
            accepted_at: instant(self.accepted_at)?,
        };
        Some(EvidenceFact { recorded: event_ref(self.recorded)?, facts, outcome })
    }
}

impl PartnerState {
    pub(crate) fn of(it: &Partner) -> Self {
        let Partner { facts, status, providers, resellers, stream, mentioned } = it;
        let values = facts.iter().flat_map(History::values);
        let link = |it: &Link| LinkState {
            provider: it.provider.to_string(),
            in_force: history(Some(&it.in_force), u32::from),
            stream: head(it.stream),
        };
        Self {
            facts: values.map(|(position, it)| PartnerFactsState::of(position, it)).collect(),
            status: history(status.as_ref(), |it| it as u32),
            providers: providers.iter().map(link).collect(),
            resellers: resellers.iter().map(ToString::to_string).collect(),
            stream: head(*stream),
            mentioned: mentioned.0,
        }
    }

    pub(crate) fn restore(&self) -> Option<Partner> {
        let link = |it: &LinkState| {
            Some(Link {
                provider: PartnerId::parse(&it.provider).ok()?,
                in_force: restored(&it.in_force, |it| Some(it != 0))??,
                stream: stream(it.stream),
            })
        };
        let facts = self.facts.iter().map(PartnerFactsState::restore).collect::<Option<Vec<_>>>()?;
        Some(Partner {
            facts: History::from_values(facts),
            status: restored(&self.status, |it| kind(PartnerStatus::ALL, it))?,
            providers: self.providers.iter().map(link).collect::<Option<_>>()?,
            resellers: self.resellers.iter().map(|it| PartnerId::parse(it).ok()).collect::<Option<_>>()?,
            stream: stream(self.stream),
            mentioned: Position(self.mentioned),
        })
    }
}

impl PartnerFactsState {
    fn of(position: Position, it: &PartnerFacts) -> Self {
        let PartnerFacts { program, country, email_domains } = it;
        Self {
            position: position.0,
            program: *program as u32,
            country: country.to_string(),
            email_domains: email_domains.clone(),
        }
    }

    fn restore(&self) -> Option<(Position, PartnerFacts)> {
        let facts = PartnerFacts {
            program: kind(Program::ALL, self.program)?,
            country: Country::parse(&self.country).ok()?,
            email_domains: self.email_domains.clone(),
        };
        Some((Position(self.position), facts))
    }
}

impl CustomerState {
    pub(crate) fn of(it: &Customer) -> Self {
        let Customer { facts, first_purchase, stream, mentioned } = it;
        let of = |(position, it): (Position, &CustomerFacts)| CustomerFactsState {
            position: position.0,
            country: it.country.to_string(),
            cloud: it.cloud as u32,
            has_purchases: it.has_purchases,
        };
        Self {
            facts: facts.iter().flat_map(History::values).map(of).collect(),
            first_purchase: first_purchase.map(Instant::micros),
            stream: head(*stream),
            mentioned: mentioned.0,
        }
    }

    pub(crate) fn restore(&self) -> Option<Customer> {
        let of = |it: &CustomerFactsState| {
            let facts = CustomerFacts {
                country: Country::parse(&it.country).ok()?,
                cloud: kind(Cloud::ALL, it.cloud)?,
                has_purchases: it.has_purchases,
            };
            Some((Position(it.position), facts))
        };
        let facts = self.facts.iter().map(of).collect::<Option<Vec<_>>>()?;
        Some(Customer {
            facts: History::from_values(facts),
            first_purchase: match self.first_purchase {
                None => None,
                Some(micros) => Some(instant(micros)?),
            },
            stream: stream(self.stream),
            mentioned: Position(self.mentioned),
        })
    }
}

impl LedgerState {
    pub(crate) fn of(facts: &impl Facts, catalogue_events: Vec<u64>) -> Self {
        let Ledger { applied: _, tag, environment, rules_edition, stream } = facts.ledger();
        let agreements = facts.catalogue().agreements.iter();
        Self {
            tag: *tag,
            environment: *environment as u32,
            rules_edition: *rules_edition,
            stream: head(*stream),
            policies: head(facts.policies().stream),
            agreements: agreements
                .map(|it| AgreementHead { stream: head(it.stream), mentioned: it.mentioned.0 })
                .collect(),
            catalogue_events,
        }
    }

    /// Puts the ledger's own facts into an index that the catalogue's events were folded into.
    pub(crate) fn restore_into(
        &self,
        facts: &mut impl assent_domain::FactsMut,
        applied: Position,
    ) -> Option<()> {
        let environment = kind(Environment::ALL, self.environment)?;
        *facts.ledger_mut() = Ledger {
            applied,
            tag: self.tag,
            environment,
            rules_edition: self.rules_edition,
            stream: stream(self.stream),
        };
        facts.policies_mut().stream = stream(self.policies);
        let agreements = &mut facts.catalogue_mut().agreements;
        if agreements.len() != self.agreements.len() {
            return None;
        }
        for (agreement, its) in agreements.iter_mut().zip(&self.agreements) {
            agreement.stream = stream(its.stream);
            agreement.mentioned = Position(its.mentioned);
        }
        Some(())
    }
}
