//! AcceptanceService: what customers accepted.

use assent_domain::command::Parties;
use assent_domain::event::EventRef;
use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Event as DomainEvent, Facts};
use assent_proto::convert::{Intent, answer, asked, intent};
use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::stored::StoredError;
use assent_proto::v1::acceptance_service_server::AcceptanceService;
use assent_proto::v1::*;
use tonic::{Request, Response, Status, Streaming};

use super::{Answers, Handlers, told};
use crate::app::{Answered, App};
use crate::error::{Error, Unknown};
use crate::permission::{Method, Permit, Viewing};
use crate::read::{domain_event, parties_of, sent};

/// Records an acceptance and answers it: what the three ways of recording, evidence and corrections share.
macro_rules! record {
    ($self:ident, $request:ident, $method:ident, $parse:path, $response:ident) => {{
        let (permit, request) = $self.let_in($request, Method::$method)?;
        let intent = Box::new($parse(request).map_err(Error::from)?);
        let (acceptance, written) = $self.app.record(&permit, intent).await?;
        told!(written, $response { acceptance: Some(acceptance), revision: written.revision })
    }};
}

#[tonic::async_trait]
impl AcceptanceService for Handlers {
    async fn confirm_acceptance(
        &self,
        request: Request<ConfirmAcceptanceRequest>,
    ) -> Result<Response<ConfirmAcceptanceResponse>, Status> {
        record!(self, request, ConfirmAcceptance, intent::confirm_acceptance, ConfirmAcceptanceResponse)
    }

    async fn attest_acceptance(
        &self,
        request: Request<AttestAcceptanceRequest>,
    ) -> Result<Response<AttestAcceptanceResponse>, Status> {
        record!(self, request, AttestAcceptance, intent::attest_acceptance, AttestAcceptanceResponse)
    }

    async fn record_direct_acceptance(
        &self,
        request: Request<RecordDirectAcceptanceRequest>,
    ) -> Result<Response<RecordDirectAcceptanceResponse>, Status> {
        record!(
            self,
            request,
            RecordDirectAcceptance,
            intent::record_direct_acceptance,
            RecordDirectAcceptanceResponse
        )
    }

    async fn submit_evidence(
        &self,
        request: Request<SubmitEvidenceRequest>,
    ) -> Result<Response<SubmitEvidenceResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::SubmitEvidence)?;
        let intent = intent::submit_evidence(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let evidence_id = stored(&written)?.event_id.clone();
        told!(written, SubmitEvidenceResponse { evidence_id, revision: written.revision })
    }

    async fn confirm_evidence(
        &self,
        request: Request<ConfirmEvidenceRequest>,
    ) -> Result<Response<ConfirmEvidenceResponse>, Status> {
        record!(self, request, ConfirmEvidence, intent::confirm_evidence, ConfirmEvidenceResponse)
    }

    async fn reject_evidence(
        &self,
        request: Request<RejectEvidenceRequest>,
    ) -> Result<Response<RejectEvidenceResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::RejectEvidence)?;
        let intent = intent::reject_evidence(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        told!(written, RejectEvidenceResponse { revision: written.revision })
    }

    async fn list_evidence(
        &self,
        request: Request<ListEvidenceRequest>,
    ) -> Result<Response<ListEvidenceResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::ListEvidence)?;
        let asked = asked::list_evidence(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.partner))?;
        Ok(Response::new(self.app.list_evidence(asked, &mut self.app.viewing(&permit)).await?))
    }

    async fn correct_acceptance(
        &self,
        request: Request<CorrectAcceptanceRequest>,
    ) -> Result<Response<CorrectAcceptanceResponse>, Status> {
        record!(self, request, CorrectAcceptance, intent::correct_acceptance, CorrectAcceptanceResponse)
    }

    async fn void_record(
        &self,
        request: Request<VoidRecordRequest>,
    ) -> Result<Response<VoidRecordResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::VoidRecord)?;
        let voided = match &request.record {
            Some(void_record_request::Record::AcceptanceId(id)) => Some(id.clone()),
            Some(void_record_request::Record::WithdrawalEventId(_)) | None => None,
        };
        let intent = intent::void_record(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let acceptance = match voided {
            Some(acceptance_id) => {
                let id =
                    asked::get_acceptance(&GetAcceptanceRequest { acceptance_id }).map_err(Error::from)?;
                Some(self.app.acceptance_of(id, &permit).await?)
            }
            None => None,
        };
        told!(written, VoidRecordResponse { acceptance, revision: written.revision })
    }

    async fn withdraw_acceptance(
        &self,
        request: Request<WithdrawAcceptanceRequest>,
    ) -> Result<Response<WithdrawAcceptanceResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::WithdrawAcceptance)?;
        let intent = intent::withdraw_acceptance(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let stored = stored(&written)?;
        let obligation = self.app.obligation_of(stored, Position(stored.position))?;
        let acceptance = self.app.last_ended_by(stored, &mut self.app.viewing(&permit)).await?;
        let obligation = Some(obligation);
        told!(written, WithdrawAcceptanceResponse { acceptance, obligation, revision: written.revision })
    }

    async fn record_cancellation(
        &self,
        request: Request<RecordCancellationRequest>,
    ) -> Result<Response<RecordCancellationResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::RecordCancellation)?;
        let id = request.obligation_id.clone();
        let intent = intent::record_cancellation(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let id = assent_proto::convert::EventId::parse(&id).map_err(|_| {
            Error::from(assent_proto::convert::Violations::one("obligation_id", "must be a UUID"))
        })?;
        let opened = self.app.ids.position_of(id).ok_or(Error::NotFound(Unknown::Obligation(id)))?;
        let withdrawal = self.app.event_at(opened).await?;
        let obligation = Some(self.app.obligation_of(&withdrawal, opened)?);
        told!(written, RecordCancellationResponse { obligation, revision: written.revision })
    }

    async fn get_acceptance(
        &self,
        request: Request<GetAcceptanceRequest>,
    ) -> Result<Response<GetAcceptanceResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetAcceptance)?;
        let id = asked::get_acceptance(&request).map_err(Error::from)?;
        let acceptance = Some(self.app.acceptance_of(id, &permit).await?);
        Ok(Response::new(GetAcceptanceResponse { acceptance }))
    }

    async fn list_acceptances(
        &self,
        request: Request<ListAcceptancesRequest>,
    ) -> Result<Response<ListAcceptancesResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::ListAcceptances)?;
        let asked = asked::list_acceptances(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.partner))?;
        Ok(Response::new(self.app.list_acceptances(asked, &mut self.app.viewing(&permit)).await?))
    }

    async fn get_acceptance_status(
        &self,
        request: Request<GetAcceptanceStatusRequest>,
    ) -> Result<Response<GetAcceptanceStatusResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetAcceptanceStatus)?;
        let asked = asked::get_acceptance_status(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.parties.partner))?;
        self.app.wait_for(asked.min_position).await?;
        Ok(Response::new(self.app.status(&asked).await?))
    }

    type WatchAcceptanceStatusStream = Answers<WatchAcceptanceStatusResponse>;

    async fn watch_acceptance_status(
        &self,
        request: Request<WatchAcceptanceStatusRequest>,
    ) -> Result<Response<Self::WatchAcceptanceStatusStream>, Status> {
        let (permit, request) = self.let_in(request, Method::WatchAcceptanceStatus)?;
        let asked = asked::watch_acceptance_status(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.partner))?;
        Ok(Response::new(self.app.watch(asked).await?))
    }

    async fn list_customers_needing_acceptance(
        &self,
        request: Request<ListCustomersNeedingAcceptanceRequest>,
    ) -> Result<Response<ListCustomersNeedingAcceptanceResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::ListCustomersNeedingAcceptance)?;
        let asked = asked::list_customers_needing_acceptance(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.partner))?;
        Ok(Response::new(self.app.list_customers_needing_acceptance(asked).await?))
    }

    async fn list_obligations(
        &self,
        request: Request<ListObligationsRequest>,
    ) -> Result<Response<ListObligationsResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::ListObligations)?;
        let asked = asked::list_obligations(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.partner))?;
        Ok(Response::new(self.app.list_obligations(asked).await?))
    }

    type ImportAcceptancesStream = Answers<ImportAcceptancesResponse>;

    async fn import_acceptances(
        &self,
        request: Request<Streaming<ImportAcceptancesRequest>>,
    ) -> Result<Response<Self::ImportAcceptancesStream>, Status> {
        let (permit, rows) = self.let_in(request, Method::ImportAcceptances)?;
        Ok(Response::new(self.app.import(rows, permit)))
    }
}

fn stored(written: &Answered) -> Result<&Event, Error> {
    written
        .event
        .as_deref()
        .ok_or_else(|| Error::corrupt(Some(written.position), std::io::Error::other("no event")))
}

impl App {
    async fn record(&self, permit: &Permit, intent: Box<Intent>) -> Result<(Acceptance, Answered), Error> {
        let mut viewing = self.viewing(permit);
        let sent = sent(&intent).filter(|_| viewing.allowed);
        let written = self.write(intent, permit).await?;
        let stored = stored(&written)?;
        let acceptance = match sent {
            Some(opened) if !written.replayed => self.acceptance_showing(stored, &opened)?,
            _ => Box::pin(self.acceptance(stored, &mut viewing)).await?,
        };
        Ok((acceptance, written))
    }

    /// The acceptance of this id; one of another partner than the caller's is not there.
    async fn acceptance_of(
        &self,
        id: assent_proto::convert::EventId,
        permit: &Permit,
    ) -> Result<Acceptance, Error> {
        self.check_trusted()?;
        let unknown = || Error::NotFound(Unknown::Acceptance(id));
        let position = self.ids.position_of(id).ok_or_else(unknown)?;
        let entry = self.log.entry(position.0).await?.ok_or_else(unknown)?;
        let stored = prost::Message::decode(entry.entry).map_err(StoredError::from)?;
        let stored: Event = stored;
        let is_it = stored.event_id == id.to_string() && crate::append::is_acceptance(&stored);
        if !(is_it && permit.owns(&stored)) {
            return Err(unknown());
        }
        self.acceptance(&stored, &mut self.viewing(permit)).await
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
    async fn last_ended_by(
        &self,
        withdrawal: &Event,
        viewing: &mut Viewing<'_>,
    ) -> Result<Option<Acceptance>, Error> {
        let DomainEvent::AcceptanceWithdrawn { partner, customer, agreement, withdrawn_at } =
            domain_event(withdrawal)?
        else {
            return Ok(None);
        };
        let ended = self.ended_at(&partner, &customer, &agreement, withdrawn_at);
        match ended {
            Some(acceptance) => {
                let stored = self.event_at(acceptance.position).await?;
                Ok(Some(self.acceptance(&stored, viewing).await?))
            }
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
