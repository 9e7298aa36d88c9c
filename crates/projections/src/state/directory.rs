//! Partners and customers.

use assent_domain::directory::{Customer, CustomerFacts, Link, Partner, PartnerFacts};
use assent_domain::history::History;
use assent_domain::values::{Cloud, Country, Instant, PartnerId, PartnerStatus, Position, Program};

use super::{Head, Since, head, history, instant, kind, restored, stream};

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
        let Customer { facts, first_purchase, stream, mentioned: _ } = it;
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
        }
    }

    /// `mentioned` is a column of its own.
    pub(crate) fn restore(&self, mentioned: Position) -> Option<Customer> {
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
            mentioned,
        })
    }
}
