//! AuditService: the events, exactly as stored.

use assent_proto::convert::{asked, intent};
use assent_proto::v1::audit_service_server::AuditService;
use assent_proto::v1::*;
use tonic::{Request, Response, Status};

use super::{Answers, Handlers};
use crate::error::Error;
use crate::permission::Method;

#[tonic::async_trait]
impl AuditService for Handlers {
    type ReadEventsStream = Answers<ReadEventsResponse>;

    async fn read_events(
        &self,
        request: Request<ReadEventsRequest>,
    ) -> Result<Response<Self::ReadEventsStream>, Status> {
        let (permit, request) = self.let_in(request, Method::ReadEvents)?;
        let asked = asked::read_events(&request).map_err(Error::from)?;
        permit.narrow(asked.filter.partner.as_ref())?;
        Ok(Response::new(self.app.events(asked)))
    }

    async fn get_history(
        &self,
        request: Request<GetHistoryRequest>,
    ) -> Result<Response<GetHistoryResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetHistory)?;
        let asked = asked::get_history(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.parties.partner))?;
        Ok(Response::new(self.app.history(asked, &permit).await?))
    }

    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        let (_, request) = self.let_in(request, Method::GetCheckpoint)?;
        let wanted = asked::get_checkpoint(&request).map_err(Error::from)?;
        self.app.check_trusted()?;
        Ok(Response::new(self.app.evidence.checkpoint(wanted).await?))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetInclusionProof)?;
        let wanted = asked::get_inclusion_proof(&request).map_err(Error::from)?;
        self.app.check_trusted()?;
        self.app.narrow_proof(&wanted, &permit).await?;
        Ok(Response::new(self.app.evidence.inclusion(wanted, self.app.ids).await?))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<GetConsistencyProofRequest>,
    ) -> Result<Response<GetConsistencyProofResponse>, Status> {
        let (_, request) = self.let_in(request, Method::GetConsistencyProof)?;
        let wanted = asked::get_consistency_proof(&request).map_err(Error::from)?;
        self.app.check_trusted()?;
        Ok(Response::new(self.app.evidence.consistency(wanted).await?))
    }

    type ExportInquiryStream = Answers<ExportInquiryResponse>;

    async fn export_inquiry(
        &self,
        request: Request<ExportInquiryRequest>,
    ) -> Result<Response<Self::ExportInquiryStream>, Status> {
        let (permit, request) = self.let_in(request, Method::ExportInquiry)?;
        permit.is_oneself()?;
        let with_contacts = request.with_contacts;
        let asked = intent::export_inquiry(request).map_err(Error::from)?;
        if with_contacts {
            // Personal data is for whoever may see it (rule C14); why, the inquiry says.
            permit.may_disclose()?;
        }
        Ok(Response::new(self.app.export(asked, permit).await?))
    }
}
