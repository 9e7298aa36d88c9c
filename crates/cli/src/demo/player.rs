//! Carries the story's steps out.

use std::collections::HashMap;

use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::authorization_service_client::AuthorizationServiceClient;
use assent_proto::v1::directory_service_client::DirectoryServiceClient;
use assent_proto::v1::establish_relationship_request::Other;
use assent_proto::v1::import_acceptances_request::Record;
use assent_proto::v1::{
    Acceptance, AttestAcceptanceRequest, AuthorizeOrderRequest, AuthorizeOrderResponse,
    ConfirmAcceptanceRequest, Contact, CorrectAcceptanceRequest, Decision, EstablishRelationshipRequest,
    GetAcceptanceRequest, ImportAcceptancesRequest, RecordDirectAcceptanceRequest, RegisterCustomerRequest,
    RegisterPartnerRequest, WithdrawAcceptanceRequest,
};
use prost_types::Timestamp;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::{RpcStatusExt as _, StatusExt as _};

use super::{Accepted, Act, Expected, Order, Parties, Person};
use crate::instant;

/// The country of everybody in the story.
const COUNTRY: &str = "US";

/// Carries steps out on a running server, and remembers what later ones refer to.
#[derive(Clone, Debug)]
pub struct Player {
    authorization: AuthorizationServiceClient<Channel>,
    acceptance: AcceptanceServiceClient<Channel>,
    directory: DirectoryServiceClient<Channel>,
    /// The newest acceptance of a partner and a customer.
    newest: HashMap<(String, String), String>,
}

/// What a step led to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is recorded.
    Done,
    /// It is recorded, and this acceptance is what it made or left.
    Accepted(Box<Acceptance>),
    /// The order was decided.
    Decided(Box<AuthorizeOrderResponse>),
    /// It was refused, and nothing is recorded.
    Refused {
        /// The reason, a word of the API.
        reason: String,
        /// The sentence.
        message: String,
    },
}

/// Why a step had no outcome at all.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The server could not answer.
    #[error("the server could not answer")]
    Server(#[source] Box<Status>),
    /// The story is told wrongly.
    #[error("the story is wrong: {0}")]
    Story(&'static str),
}

impl Player {
    /// A player on an open connection.
    pub fn new(channel: Channel) -> Self {
        Self {
            authorization: AuthorizationServiceClient::new(channel.clone()),
            acceptance: AcceptanceServiceClient::new(channel.clone()),
            directory: DirectoryServiceClient::new(channel),
            newest: HashMap::new(),
        }
    }

    /// Carries a step's act out.
    pub async fn play(&mut self, act: &Act) -> Result<Outcome, Broken> {
        let answered = match act.clone() {
            Act::Partner { .. } | Act::Customer { .. } | Act::Relationship(_) | Act::Link { .. } => {
                return self.register(act).await.or_else(refused);
            }
            Act::Order(it) => {
                let answer = self.authorization.authorize_order(order(it)?).await;
                return answer.map(|it| Outcome::Decided(Box::new(it.into_inner()))).or_else(refused);
            }
            Act::Withdraw { parties, agreement, withdrawn_on } => {
                let request = WithdrawAcceptanceRequest {
                    partner_id: parties.partner.to_owned(),
                    customer_id: parties.customer.to_owned(),
                    agreement_id: agreement.to_owned(),
                    withdrawn_at: Some(day(withdrawn_on)?),
                    reason: "they wrote a letter".to_owned(),
                    ..Default::default()
                };
                return self
                    .acceptance
                    .withdraw_acceptance(request)
                    .await
                    .map(|_| Outcome::Done)
                    .or_else(refused);
            }
            Act::Backfill { accepted, confirmed_on } => return self.backfill(accepted, confirmed_on).await,
            Act::Confirm(it) => {
                let answer = self.acceptance.confirm_acceptance(confirmation(it)).await;
                answer.map(|it| it.into_inner().acceptance)
            }
            Act::Attest(it, scenario) => {
                let request = AttestAcceptanceRequest {
                    partner_id: it.parties.partner.to_owned(),
                    customer_id: it.parties.customer.to_owned(),
                    agreement_id: it.agreement.to_owned(),
                    contact: Some(contact(it.contact)),
                    accepted_on: Some(it.on.to_owned()),
                    scenario: scenario.into(),
                    ..Default::default()
                };
                self.acceptance.attest_acceptance(request).await.map(|it| it.into_inner().acceptance)
            }
            Act::Direct(it) => {
                let request = RecordDirectAcceptanceRequest {
                    partner_id: it.parties.partner.to_owned(),
                    customer_id: it.parties.customer.to_owned(),
                    agreement_id: it.agreement.to_owned(),
                    contact: Some(contact(it.contact)),
                    accepted_on: Some(it.on.to_owned()),
                    ..Default::default()
                };
                self.acceptance.record_direct_acceptance(request).await.map(|it| it.into_inner().acceptance)
            }
            Act::CorrectContact(parties, person) => {
                let newest = self.newest.get(&(parties.partner.to_owned(), parties.customer.to_owned()));
                let newest = newest.ok_or(Broken::Story("there is nothing to correct"))?;
                let request = CorrectAcceptanceRequest {
                    acceptance_id: newest.clone(),
                    reason: "a slip of the pen".to_owned(),
                    contact: Some(contact(person)),
                    ..Default::default()
                };
                self.acceptance.correct_acceptance(request).await.map(|it| it.into_inner().acceptance)
            }
        };
        match answered {
            Ok(acceptance) => Ok(self.remember(acceptance.unwrap_or_default())),
            Err(status) => refused(status),
        }
    }

    async fn register(&mut self, act: &Act) -> Result<Outcome, Status> {
        let directory = &mut self.directory;
        match act.clone() {
            Act::Partner { id, program, email_domain } => {
                let request = RegisterPartnerRequest {
                    partner_id: id.to_owned(),
                    program: program.into(),
                    country: COUNTRY.to_owned(),
                    email_domains: vec![email_domain.to_owned()],
                    ..Default::default()
                };
                directory.register_partner(request).await?;
            }
            Act::Customer { id, cloud, has_purchases } => {
                let (customer_id, country, cloud) = (id.to_owned(), COUNTRY.to_owned(), cloud.into());
                let request = RegisterCustomerRequest {
                    customer_id,
                    country,
                    cloud,
                    has_purchases,
                    ..Default::default()
                };
                directory.register_customer(request).await?;
            }
            Act::Link { provider, reseller } => {
                let other = Some(Other::ResellerId(reseller.to_owned()));
                let partner_id = provider.to_owned();
                let request = EstablishRelationshipRequest { partner_id, other, ..Default::default() };
                directory.establish_relationship(request).await?;
            }
            Act::Relationship(Parties { partner, customer }) => {
                let other = Some(Other::CustomerId(customer.to_owned()));
                let partner_id = partner.to_owned();
                let request = EstablishRelationshipRequest { partner_id, other, ..Default::default() };
                directory.establish_relationship(request).await?;
            }
            _ => {}
        }
        Ok(Outcome::Done)
    }

    async fn backfill(&mut self, accepted: Accepted, confirmed_on: &str) -> Result<Outcome, Broken> {
        let row = ImportAcceptancesRequest {
            row: 1,
            confirmed_at: Some(day(confirmed_on)?),
            record: Some(Record::Confirm(confirmation(accepted))),
        };
        let server = |status| Broken::Server(Box::new(status));
        let answers = self.acceptance.import_acceptances(tokio_stream::once(row)).await;
        let answer = answers.map_err(server)?.into_inner().message().await.map_err(server)?;
        let answer = answer.ok_or(Broken::Story("the import had no answer"))?;
        if let Some(error) = answer.error {
            let reason =
                error.get_error_details().error_info().map(|it| it.reason.clone()).unwrap_or_default();
            return Ok(Outcome::Refused { reason, message: error.message });
        }
        let acceptance_id = answer.acceptance_id.unwrap_or_default();
        let stored =
            self.acceptance.get_acceptance(GetAcceptanceRequest { acceptance_id }).await.map_err(server)?;
        Ok(self.remember(stored.into_inner().acceptance.unwrap_or_default()))
    }

    fn remember(&mut self, acceptance: Acceptance) -> Outcome {
        let parties = (acceptance.partner_id.clone(), acceptance.customer_id.clone());
        self.newest.insert(parties, acceptance.acceptance_id.clone());
        Outcome::Accepted(Box::new(acceptance))
    }
}

impl Outcome {
    /// Whether this is what the story says.
    pub fn is(&self, expected: Expected) -> bool {
        match (self, expected) {
            (Self::Done | Self::Accepted(_), Expected::Done) => true,
            (Self::Decided(it), Expected::Allowed(reason)) => {
                it.decision() == Decision::Allowed && it.reasons.len() == 1 && it.reasons[0].code() == reason
            }
            (Self::Decided(it), Expected::Denied(reasons)) => {
                it.decision() == Decision::Denied
                    && it.reasons.iter().map(|it| it.code()).eq(reasons.iter().copied())
            }
            (Self::Refused { reason, .. }, Expected::Refused(expected)) => reason == expected,
            (Self::Done | Self::Accepted(_) | Self::Decided(_) | Self::Refused { .. }, _) => false,
        }
    }
}

/// A refusal is part of the story; a server that cannot answer is not.
fn refused(status: Status) -> Result<Outcome, Broken> {
    match (status.code(), status.get_error_details().error_info()) {
        (Code::Unavailable | Code::Unimplemented | Code::Internal, _) | (_, None) => {
            Err(Broken::Server(Box::new(status)))
        }
        (_, Some(info)) => {
            Ok(Outcome::Refused { reason: info.reason.clone(), message: status.message().to_owned() })
        }
    }
}

fn order(order: Order) -> Result<AuthorizeOrderRequest, Broken> {
    let Order { parties, reseller, transaction, channel, product, on } = order;
    Ok(AuthorizeOrderRequest {
        partner_id: parties.partner.to_owned(),
        customer_id: parties.customer.to_owned(),
        reseller_id: reseller.map(str::to_owned),
        transaction: transaction.into(),
        channel: channel.into(),
        product_family: product.map(str::to_owned),
        effective_at: on.map(day).transpose()?,
        ..Default::default()
    })
}

fn confirmation(accepted: Accepted) -> ConfirmAcceptanceRequest {
    ConfirmAcceptanceRequest {
        partner_id: accepted.parties.partner.to_owned(),
        customer_id: accepted.parties.customer.to_owned(),
        agreement_id: accepted.agreement.to_owned(),
        contact: Some(contact(accepted.contact)),
        accepted_on: Some(accepted.on.to_owned()),
        ..Default::default()
    }
}

fn contact(Person { first_name, last_name, email }: Person) -> Contact {
    Contact {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        email: email.to_owned(),
        phone_number: None,
    }
}

fn day(text: &str) -> Result<Timestamp, Broken> {
    instant::parse(text).map_err(|_| Broken::Story("a day is none"))
}
