//! Carries the story's steps out.

use std::collections::HashMap;

use assent_proto::client::{Connection, Outgoing};
use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::authorization_service_client::AuthorizationServiceClient;
use assent_proto::v1::directory_service_client::DirectoryServiceClient;
use assent_proto::v1::{
    Acceptance, AuthorizeOrderResponse, Decision, GetAcceptanceRequest, ImportAcceptancesRequest,
};
use tonic::{Code, Response, Status};
use tonic_types::{RpcStatusExt as _, StatusExt as _};

use super::{Act, Expected, Parties, calls};

/// Carries steps out on a running server, and remembers what later ones refer to.
#[derive(Clone, Debug)]
pub struct Player {
    authorization: AuthorizationServiceClient<Outgoing>,
    acceptance: AcceptanceServiceClient<Outgoing>,
    directory: DirectoryServiceClient<Outgoing>,
    /// The newest acceptance of a partner and a customer.
    newest: HashMap<(String, String), String>,
}

/// What a step led to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is recorded.
    Done,
    /// It is recorded, and made this acceptance.
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
    pub fn new(connection: &Connection) -> Self {
        Self {
            authorization: connection.authorization(),
            acceptance: connection.acceptance(),
            directory: connection.directory(),
            newest: HashMap::new(),
        }
    }

    /// Carries a step's act out.
    pub async fn play(&mut self, act: &Act) -> Result<Outcome, Broken> {
        match act.clone() {
            Act::Partner { id, program, email_domain } => {
                done(self.directory.register_partner(calls::partner(id, program, email_domain)).await)
            }
            Act::Customer { id, cloud, has_purchases } => {
                done(self.directory.register_customer(calls::customer(id, cloud, has_purchases)).await)
            }
            Act::Relationship(parties) => {
                done(self.directory.establish_relationship(calls::relationship(parties)).await)
            }
            Act::Link { provider, reseller } => {
                done(self.directory.establish_relationship(calls::link(provider, reseller)).await)
            }
            Act::Order(order) => match self.authorization.authorize_order(calls::order(order)?).await {
                Ok(answer) => Ok(Outcome::Decided(Box::new(answer.into_inner()))),
                Err(status) => refused(status),
            },
            Act::Confirm(accepted) => {
                let answer = self.acceptance.confirm_acceptance(calls::confirmation(accepted)).await;
                self.recorded(answer.map(|it| it.into_inner().acceptance))
            }
            Act::Backfill { accepted, confirmed_on } => {
                self.backfill(calls::backfill(accepted, confirmed_on)?).await
            }
            Act::Attest(accepted, scenario) => {
                let answer = self.acceptance.attest_acceptance(calls::attestation(accepted, scenario)).await;
                self.recorded(answer.map(|it| it.into_inner().acceptance))
            }
            Act::Direct(accepted) => {
                let answer = self.acceptance.record_direct_acceptance(calls::direct(accepted)).await;
                self.recorded(answer.map(|it| it.into_inner().acceptance))
            }
            Act::CorrectContact(Parties { partner, customer }, person) => {
                let newest = self.newest.get(&(partner.to_owned(), customer.to_owned())).cloned();
                let newest = newest.ok_or(Broken::Story("there is nothing to correct"))?;
                let answer = self.acceptance.correct_acceptance(calls::correction(newest, person)).await;
                self.recorded(answer.map(|it| it.into_inner().acceptance))
            }
            Act::Withdraw { parties, agreement, withdrawn_on } => {
                let request = calls::withdrawal(parties, agreement, withdrawn_on)?;
                done(self.acceptance.withdraw_acceptance(request).await)
            }
        }
    }

    async fn backfill(&mut self, row: ImportAcceptancesRequest) -> Result<Outcome, Broken> {
        let answers = self.acceptance.import_acceptances(tokio_stream::once(row)).await.map_err(server)?;
        let answer = answers.into_inner().message().await.map_err(server)?;
        let answer = answer.ok_or(Broken::Story("the import had no answer"))?;
        if let Some(error) = answer.error {
            let reason =
                error.get_error_details().error_info().map(|it| it.reason.clone()).unwrap_or_default();
            return Ok(Outcome::Refused { reason, message: error.message });
        }
        let acceptance_id = answer.acceptance_id.unwrap_or_default();
        let stored = self.acceptance.get_acceptance(GetAcceptanceRequest { acceptance_id }).await;
        self.recorded(stored.map(|it| it.into_inner().acceptance))
    }

    fn recorded(&mut self, answer: Result<Option<Acceptance>, Status>) -> Result<Outcome, Broken> {
        match answer {
            Ok(Some(acceptance)) => {
                let parties = (acceptance.partner_id.clone(), acceptance.customer_id.clone());
                self.newest.insert(parties, acceptance.acceptance_id.clone());
                Ok(Outcome::Accepted(Box::new(acceptance)))
            }
            Ok(None) => Err(Broken::Story("the answer had no acceptance")),
            Err(status) => refused(status),
        }
    }
}

impl Outcome {
    /// Whether this is what the story says.
    pub fn is(&self, expected: Expected) -> bool {
        let decided = |it: &AuthorizeOrderResponse, decision, reasons: &[_]| {
            it.decision() == decision && it.reasons.iter().map(|it| it.code()).eq(reasons.iter().copied())
        };
        match (self, expected) {
            (Self::Done | Self::Accepted(_), Expected::Done) => true,
            (Self::Decided(it), Expected::Allowed(reason)) => decided(it, Decision::Allowed, &[reason]),
            (Self::Decided(it), Expected::Denied(reasons)) => decided(it, Decision::Denied, reasons),
            (Self::Refused { reason, .. }, Expected::Refused(expected)) => reason == expected,
            (Self::Done | Self::Accepted(_) | Self::Decided(_) | Self::Refused { .. }, _) => false,
        }
    }
}

fn done<T>(answer: Result<Response<T>, Status>) -> Result<Outcome, Broken> {
    answer.map(|_| Outcome::Done).or_else(refused)
}

/// A refusal is part of the story; a server that cannot answer is not.
fn refused(status: Status) -> Result<Outcome, Broken> {
    let is_refusal = matches!(
        status.code(),
        Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::NotFound
            | Code::AlreadyExists
            | Code::Aborted
    );
    match status.get_error_details().error_info() {
        Some(info) if is_refusal => {
            Ok(Outcome::Refused { reason: info.reason.clone(), message: status.message().to_owned() })
        }
        Some(_) | None => Err(server(status)),
    }
}

fn server(status: Status) -> Broken {
    Broken::Server(Box::new(status))
}
