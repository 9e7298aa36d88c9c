//! AcceptanceService: what customers accepted.

use assent_domain::command::Parties;
use assent_domain::event::EventRef;
use assent_domain::policy::Action;
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Event as DomainEvent, Facts};
use assent_proto::convert::{Intent, answer, asked, intent};
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::StoredError;
use assent_proto::v1::acceptance_service_server::AcceptanceService;
use assent_proto::v1::*;
use tonic::{Request, Response, Status, Streaming};

use super::{Answers, Handlers};
use crate::app::{Answered, App};
use crate::append::Caller;
use crate::error::{Error, Unknown};
use crate::read::{domain_event, parties_of, sent};

/// Records an acceptance and answers it: what the three ways of recording, evidence and corrections share.
macro_rules! record {
    ($self:ident, $intent:expr, $action:expr, $response:ident) => {{
        let intent = $intent.map_err(Error::from)?;
        let (acceptance, written) = $self.app.record($self.app.permitted($action)?, intent).await?;
        let Answered { position, replayed, revision, proof, proof_pending, .. } = written;
        let acceptance = Some(acceptance);
        Ok(Response::new($response {
            acceptance,
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }};
}

#[tonic::async_trait]
impl AcceptanceService for Handlers {
    async fn confirm_acceptance(
        &self,
        request: Request<ConfirmAcceptanceRequest>,
    ) -> Result<Response<ConfirmAcceptanceResponse>, Status> {
        record!(
            self,
            intent::confirm_acceptance(request.into_inner()),
            Action::Confirm,
            ConfirmAcceptanceResponse
        )
    }

    async fn attest_acceptance(
        &self,
        request: Request<AttestAcceptanceRequest>,
    ) -> Result<Response<AttestAcceptanceResponse>, Status> {
        record!(
            self,
            intent::attest_acceptance(request.into_inner()),
            Action::Attest,
            AttestAcceptanceResponse
        )
    }

    async fn record_direct_acceptance(
        &self,
        request: Request<RecordDirectAcceptanceRequest>,
    ) -> Result<Response<RecordDirectAcceptanceResponse>, Status> {
        let intent = intent::record_direct_acceptance(request.into_inner());
        record!(self, intent, Action::RecordDirect, RecordDirectAcceptanceResponse)
    }

    async fn submit_evidence(
        &self,
        request: Request<SubmitEvidenceRequest>,
    ) -> Result<Response<SubmitEvidenceResponse>, Status> {
        let intent = intent::submit_evidence(request.into_inner()).map_err(Error::from)?;
        let written = self.app.write(intent, self.app.permitted(Action::SubmitEvidence)?).await?;
        let evidence_id = stored(&written)?.event_id.clone();
        let Answered { position, replayed, revision, proof, proof_pending, .. } = written;
        Ok(Response::new(SubmitEvidenceResponse {
            evidence_id,
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }

    async fn confirm_evidence(
        &self,
        request: Request<ConfirmEvidenceRequest>,
    ) -> Result<Response<ConfirmEvidenceResponse>, Status> {
        record!(
            self,
            intent::confirm_evidence(request.into_inner()),
            Action::Confirm,
            ConfirmEvidenceResponse
        )
    }

    async fn reject_evidence(
        &self,
        request: Request<RejectEvidenceRequest>,
    ) -> Result<Response<RejectEvidenceResponse>, Status> {
        let intent = intent::reject_evidence(request.into_inner()).map_err(Error::from)?;
        let written = self.app.write(intent, self.app.permitted(Action::Confirm)?).await?;
        let Answered { position, replayed, revision, proof, proof_pending, .. } = written;
        Ok(Response::new(RejectEvidenceResponse {
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }

    async fn list_evidence(
        &self,
        request: Request<ListEvidenceRequest>,
    ) -> Result<Response<ListEvidenceResponse>, Status> {
        let asked = asked::list_evidence(request.get_ref()).map_err(Error::from)?;
        self.app.permitted(Action::ReadConfirmation)?;
        Ok(Response::new(self.app.list_evidence(asked).await?))
    }

    async fn correct_acceptance(
        &self,
        request: Request<CorrectAcceptanceRequest>,
    ) -> Result<Response<CorrectAcceptanceResponse>, Status> {
        record!(
            self,
            intent::correct_acceptance(request.into_inner()),
            Action::Correct,
            CorrectAcceptanceResponse
        )
    }

    async fn void_record(
        &self,
        request: Request<VoidRecordRequest>,
    ) -> Result<Response<VoidRecordResponse>, Status> {
        let request = request.into_inner();
        let voided = match &request.record {
            Some(void_record_request::Record::AcceptanceId(id)) => Some(id.clone()),
            Some(void_record_request::Record::WithdrawalEventId(_)) | None => None,
        };
        let intent = intent::void_record(request).map_err(Error::from)?;
        let written = self.app.write(intent, self.app.permitted(Action::Correct)?).await?;
        let acceptance = match voided {
            Some(acceptance_id) => {
                let id =
                    asked::get_acceptance(&GetAcceptanceRequest { acceptance_id }).map_err(Error::from)?;
                Some(self.app.acceptance_of(id).await?)
            }
            None => None,
        };
        let Answered { position, replayed, revision, proof, proof_pending, .. } = written;
        Ok(Response::new(VoidRecordResponse {
            acceptance,
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }

    async fn withdraw_acceptance(
        &self,
        request: Request<WithdrawAcceptanceRequest>,
    ) -> Result<Response<WithdrawAcceptanceResponse>, Status> {
        let intent = intent::withdraw_acceptance(request.into_inner()).map_err(Error::from)?;
        let written = self.app.write(intent, self.app.permitted(Action::Withdraw)?).await?;
        let stored = stored(&written)?;
        let obligation = self.app.obligation_of(stored, Position(stored.position))?;
        let acceptance = self.app.last_ended_by(stored).await?;
        let Answered { position, replayed, revision, proof, proof_pending, .. } = written;
        let obligation = Some(obligation);
        Ok(Response::new(WithdrawAcceptanceResponse {
            acceptance,
            obligation,
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }

    async fn record_cancellation(
        &self,
        request: Request<RecordCancellationRequest>,
    ) -> Result<Response<RecordCancellationResponse>, Status> {
        let request = request.into_inner();
        let id = request.obligation_id.clone();
        let intent = intent::record_cancellation(request).map_err(Error::from)?;
        let written = self.app.write(intent, self.app.permitted(Action::Withdraw)?).await?;
        let id = assent_proto::convert::EventId::parse(&id).map_err(|_| {
            Error::from(assent_proto::convert::Violations::one("obligation_id", "must be a UUID"))
        })?;
        let opened = self.app.ids.position_of(id).ok_or(Error::NotFound(Unknown::Obligation(id)))?;
        let withdrawal = self.app.event_at(opened).await?;
        let obligation = Some(self.app.obligation_of(&withdrawal, opened)?);
        let Answered { position, replayed, revision, proof, proof_pending, .. } = written;
        Ok(Response::new(RecordCancellationResponse {
            obligation,
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }

    async fn get_acceptance(
        &self,
        request: Request<GetAcceptanceRequest>,
    ) -> Result<Response<GetAcceptanceResponse>, Status> {
        let id = asked::get_acceptance(request.get_ref()).map_err(Error::from)?;
        self.app.permitted(Action::ReadConfirmation)?;
        let acceptance = Some(self.app.acceptance_of(id).await?);
        Ok(Response::new(GetAcceptanceResponse { acceptance }))
    }

    async fn list_acceptances(
        &self,
        request: Request<ListAcceptancesRequest>,
    ) -> Result<Response<ListAcceptancesResponse>, Status> {
        let asked = asked::list_acceptances(request.get_ref()).map_err(Error::from)?;
        self.app.permitted(Action::ReadConfirmation)?;
        Ok(Response::new(self.app.list_acceptances(asked).await?))
    }

    async fn get_acceptance_status(
        &self,
        request: Request<GetAcceptanceStatusRequest>,
    ) -> Result<Response<GetAcceptanceStatusResponse>, Status> {
        let asked = asked::get_acceptance_status(request.get_ref()).map_err(Error::from)?;
        self.app.wait_for(asked.min_position).await?;
        Ok(Response::new(self.app.status(&asked).await?))
    }

    type WatchAcceptanceStatusStream = Answers<WatchAcceptanceStatusResponse>;

    async fn watch_acceptance_status(
        &self,
        request: Request<WatchAcceptanceStatusRequest>,
    ) -> Result<Response<Self::WatchAcceptanceStatusStream>, Status> {
        let asked = asked::watch_acceptance_status(request.get_ref()).map_err(Error::from)?;
        Ok(Response::new(self.app.watch(asked).await?))
    }

    async fn list_customers_needing_acceptance(
        &self,
        request: Request<ListCustomersNeedingAcceptanceRequest>,
    ) -> Result<Response<ListCustomersNeedingAcceptanceResponse>, Status> {
        let asked = asked::list_customers_needing_acceptance(request.get_ref()).map_err(Error::from)?;
        Ok(Response::new(self.app.list_customers_needing_acceptance(asked).await?))
    }

    async fn list_obligations(
        &self,
        request: Request<ListObligationsRequest>,
    ) -> Result<Response<ListObligationsResponse>, Status> {
        let asked = asked::list_obligations(request.get_ref()).map_err(Error::from)?;
        Ok(Response::new(self.app.list_obligations(asked).await?))
    }

    type ImportAcceptancesStream = Answers<ImportAcceptancesResponse>;

    async fn import_acceptances(
        &self,
        request: Request<Streaming<ImportAcceptancesRequest>>,
    ) -> Result<Response<Self::ImportAcceptancesStream>, Status> {
        Ok(Response::new(self.app.import(request.into_inner())))
    }
}

fn stored(written: &Answered) -> Result<&Event, Error> {
    written
        .event
        .as_ref()
        .ok_or_else(|| Error::corrupt(Some(written.position), std::io::Error::other("no event")))
}

impl App {
    async fn record(&self, caller: Caller, intent: Intent) -> Result<(Acceptance, Answered), Error> {
        let sent = sent(&intent);
        let written = self.write(intent, caller).await?;
        let stored = stored(&written)?;
        let acceptance = match sent {
            Some(opened) if !written.replayed => self.acceptance_showing(stored, &opened)?,
            _ => self.acceptance(stored).await?,
        };
        Ok((acceptance, written))
    }

    /// The acceptance of this id.
    async fn acceptance_of(&self, id: assent_proto::convert::EventId) -> Result<Acceptance, Error> {
        self.check_trusted()?;
        let unknown = || Error::NotFound(Unknown::Acceptance(id));
        let position = self.ids.position_of(id).ok_or_else(unknown)?;
        let entry = self.log.entry(position.0).await?.ok_or_else(unknown)?;
        let stored = prost::Message::decode(entry.entry).map_err(StoredError::from)?;
        let stored: Event = stored;
        if stored.event_id != id.to_string() || !crate::append::is_acceptance(&stored) {
            return Err(unknown());
        }
        self.acceptance(&stored).await
    }

    /// The obligation that the withdrawal at this position opened.
    fn obligation_of(&self, withdrawal: &Event, position: Position) -> Result<Obligation, Error> {
        let Some(Payload::AcceptanceWithdrawn(it)) = &withdrawal.payload else {
            return Err(StoredError::Field { field: "acceptance_withdrawn" }.into());
        };
        let parties = parties_of(&it.partner_id, &it.customer_id)?;
        self.obligation_at(&parties, position)
            .ok_or_else(|| StoredError::Field { field: "agreement_id" }.into())
    }

    /// The obligation that the withdrawal at this position opened, as it is now.
    pub(crate) fn obligation_at(&self, parties: &Parties, position: Position) -> Option<Obligation> {
        let Parties { partner, customer } = parties;
        let (relationship, as_of) = self.relationship(partner, customer);
        let relationship = relationship?;
        let withdrawal = relationship.withdrawal(position)?;
        let obligation = relationship.obligation(withdrawal, as_of);
        let agreement = self.index.read().catalogue().agreement(withdrawal.agreement).id.clone();
        Some(answer::obligation(&obligation, parties, &agreement, &self.ids))
    }

    /// The latest acceptance that a withdrawal ended.
    async fn last_ended_by(&self, withdrawal: &Event) -> Result<Option<Acceptance>, Error> {
        let DomainEvent::AcceptanceWithdrawn { partner, customer, agreement, withdrawn_at } =
            domain_event(withdrawal)?
        else {
            return Ok(None);
        };
        let ended = self.ended_at(&partner, &customer, &agreement, withdrawn_at);
        match ended {
            Some(acceptance) => Ok(Some(self.acceptance(&self.event_at(acceptance.position).await?).await?)),
            None => Ok(None),
        }
    }

    fn ended_at(
        &self,
        partner: &PartnerId,
        customer: &CustomerId,
        agreement: &assent_domain::values::AgreementId,
        withdrawn_at: assent_domain::values::Instant,
    ) -> Option<EventRef> {
        let (relationship, as_of) = self.relationship(partner, customer);
        let relationship = relationship?;
        let place = self.index.read().catalogue().index_of(agreement)?;
        let ended = relationship.acceptances.iter().filter(|it| {
            it.agreement == place && it.stands_at(as_of.prefix) && it.counts_from() <= withdrawn_at
        });
        ended.max_by_key(|it| it.rank()).map(|it| it.recorded)
    }
}
