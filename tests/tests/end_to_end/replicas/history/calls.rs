//! A call, its answer, and when it was under way.

use std::collections::BTreeMap;

use assent_proto::convert::{Asked, Intent, asked, intent};
use assent_proto::v1::{
    AttestAcceptanceRequest, AuthorizeOrderRequest, AuthorizeOrderResponse, ConfirmAcceptanceRequest,
    EstablishRelationshipRequest, RecordDirectAcceptanceRequest, RecordOrderOutcomeRequest,
    RegisterCustomerRequest, WithdrawAcceptanceRequest,
};
use assent_testing::{Server, reason};
use tonic::Status;
use tonic_types::StatusExt as _;

/// What a ledger is asked.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Customer(RegisterCustomerRequest),
    Relationship(EstablishRelationshipRequest),
    Confirm(ConfirmAcceptanceRequest),
    Attest(AttestAcceptanceRequest),
    Direct(RecordDirectAcceptanceRequest),
    Withdraw(WithdrawAcceptanceRequest),
    Outcome(RecordOrderOutcomeRequest),
    Order(AuthorizeOrderRequest),
}

/// What a call was answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Written(Written),
    Decided(Box<AuthorizeOrderResponse>),
    /// The reason, and what it is about.
    Refused(String, BTreeMap<String, String>),
}

/// A write that was carried out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub(super) position: u64,
    pub(super) replayed: bool,
    /// Of the relationship, where the answer tells it.
    pub(super) revision: Option<u64>,
    /// The id of the acceptance that was recorded, where one was.
    pub(super) acceptance_id: Option<String>,
    /// The decision that was recorded, where one was.
    pub(super) decision: Option<Box<AuthorizeOrderResponse>>,
}

/// A call with its answer.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) call: Call,
    /// The replica that was asked.
    pub(super) server: usize,
    /// When it was sent and when it was answered, in ticks that all clients share.
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) answer: Answer,
}

impl Answer {
    /// The position that the caller knows from then on.
    pub(super) fn position(&self) -> Option<u64> {
        match self {
            Self::Written(written) => Some(written.position),
            Self::Decided(response) => Some(response.position),
            Self::Refused(..) => None,
        }
    }

    /// A number below 4: written, replayed, decided, refused.
    pub(super) fn kind(&self) -> usize {
        match self {
            Self::Written(written) => usize::from(written.replayed),
            Self::Decided(_) => 2,
            Self::Refused(..) => 3,
        }
    }
}

impl Done {
    /// The write, where this call is the one that carried it out.
    pub(super) fn write(&self) -> Option<&Written> {
        match &self.answer {
            Answer::Written(written) => Some(written).filter(|it| !it.replayed),
            Answer::Decided(_) | Answer::Refused(..) => None,
        }
    }
}

macro_rules! write {
    ($client:expr, $method:ident, $request:expr, |$it:ident| $written:expr) => {{
        let answer = $client.$method($request.clone()).await;
        answer.map(|it| {
            let $it = it.into_inner();
            Answer::Written($written)
        })
    }};
}

macro_rules! acceptance {
    ($client:expr, $method:ident, $request:expr) => {
        write!($client, $method, $request, |it| Written {
            acceptance_id: it.acceptance.map(|it| it.acceptance_id),
            ..Written::at(it.position, it.replayed, Some(it.revision))
        })
    };
}

impl Written {
    pub(super) fn at(position: u64, replayed: bool, revision: Option<u64>) -> Self {
        Self { position, replayed, revision, acceptance_id: None, decision: None }
    }
}

impl Call {
    /// Asks a replica, and waits for its answer.
    pub(super) async fn send(&self, server: &Server) -> Answer {
        let answer = match self {
            Self::Customer(request) => write!(server.directory(), register_customer, request, |it| {
                Written::at(it.position, it.replayed, None)
            }),
            Self::Relationship(request) => {
                write!(server.directory(), establish_relationship, request, |it| Written::at(
                    it.position,
                    it.replayed,
                    Some(it.revision)
                ))
            }
            Self::Confirm(request) => acceptance!(server.acceptance(), confirm_acceptance, request),
            Self::Attest(request) => acceptance!(server.acceptance(), attest_acceptance, request),
            Self::Direct(request) => acceptance!(server.acceptance(), record_direct_acceptance, request),
            Self::Withdraw(request) => write!(server.acceptance(), withdraw_acceptance, request, |it| {
                Written::at(it.position, it.replayed, Some(it.revision))
            }),
            Self::Outcome(request) => write!(server.authorization(), record_order_outcome, request, |it| {
                Written::at(it.position, it.replayed, None)
            }),
            Self::Order(request) => {
                let answer = server.authorization().authorize_order(request.clone()).await;
                answer.map(|it| decided(it.into_inner()))
            }
        };
        answer.unwrap_or_else(|status| refused(&status))
    }

    /// The call as the service reads it, where it writes.
    pub(super) fn intent(&self) -> Option<Intent> {
        let intent = match self.clone() {
            Self::Customer(request) => intent::register_customer(request),
            Self::Relationship(request) => intent::establish_relationship(request),
            Self::Confirm(request) => intent::confirm_acceptance(request),
            Self::Attest(request) => intent::attest_acceptance(request),
            Self::Direct(request) => intent::record_direct_acceptance(request),
            Self::Withdraw(request) => intent::withdraw_acceptance(request),
            Self::Outcome(request) => intent::record_order_outcome(request),
            Self::Order(request) if request.record == Some(true) => intent::record_decision(request),
            Self::Order(_) => return None,
        };
        Some(intent.expect("the tests' requests are well-formed"))
    }

    /// The order as the service reads it, where it only asks.
    pub(super) fn asked(&self) -> Option<Asked> {
        let Self::Order(request) = self else { return None };
        let asked = asked::authorize_order(request).expect("the tests' requests are well-formed");
        Some(asked).filter(|it| !it.record)
    }
}

fn decided(response: AuthorizeOrderResponse) -> Answer {
    let Some(position) = response.recorded_position else { return Answer::Decided(Box::new(response)) };
    let replayed = response.replayed;
    Answer::Written(Written { decision: Some(Box::new(response)), ..Written::at(position, replayed, None) })
}

fn refused(status: &Status) -> Answer {
    let about = status.get_error_details().error_info().map(|it| it.metadata.clone()).unwrap_or_default();
    let reason = Some(reason(status)).filter(|it| !it.is_empty());
    Answer::Refused(reason.unwrap_or_else(|| format!("{status:?}")), about.into_iter().collect())
}
