//! DirectoryService: partners, customers, and who sells to whom through whom.

use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_proto::convert::asked::{Cursor, CustomerList};
use assent_proto::convert::{answer, asked, intent};
use assent_proto::v1::directory_service_server::DirectoryService;
use assent_proto::v1::*;
use tonic::{Request, Response, Status};

use super::Handlers;
use crate::app::{Answered, App};
use crate::error::{Error, Unknown};

#[tonic::async_trait]
impl DirectoryService for Handlers {
    async fn register_partner(
        &self,
        request: Request<RegisterPartnerRequest>,
    ) -> Result<Response<RegisterPartnerResponse>, Status> {
        let request = request.into_inner();
        let id = partner_id(&request.partner_id);
        let intent = intent::register_partner(request).map_err(Error::from)?;
        let Answered { position, replayed, proof, proof_pending, .. } =
            self.app.write(intent, self.app.caller()).await?;
        let partner = id.and_then(|it| self.app.partner(&it));
        Ok(Response::new(RegisterPartnerResponse {
            partner,
            position: position.0,
            replayed,
            proof,
            proof_pending,
        }))
    }

    async fn register_customer(
        &self,
        request: Request<RegisterCustomerRequest>,
    ) -> Result<Response<RegisterCustomerResponse>, Status> {
        let request = request.into_inner();
        let id = CustomerId::parse(&request.customer_id).ok();
        let intent = intent::register_customer(request).map_err(Error::from)?;
        let Answered { position, replayed, proof, proof_pending, .. } =
            self.app.write(intent, self.app.caller()).await?;
        let customer = id.and_then(|it| self.app.customer(&it));
        Ok(Response::new(RegisterCustomerResponse {
            customer,
            position: position.0,
            replayed,
            proof,
            proof_pending,
        }))
    }

    async fn establish_relationship(
        &self,
        request: Request<EstablishRelationshipRequest>,
    ) -> Result<Response<EstablishRelationshipResponse>, Status> {
        let intent = intent::establish_relationship(request.into_inner()).map_err(Error::from)?;
        let Answered { position, replayed, revision, proof, proof_pending, .. } =
            self.app.write(intent, self.app.caller()).await?;
        Ok(Response::new(EstablishRelationshipResponse {
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }

    async fn end_relationship(
        &self,
        request: Request<EndRelationshipRequest>,
    ) -> Result<Response<EndRelationshipResponse>, Status> {
        let intent = intent::end_relationship(request.into_inner()).map_err(Error::from)?;
        let Answered { position, replayed, revision, proof, proof_pending, .. } =
            self.app.write(intent, self.app.caller()).await?;
        Ok(Response::new(EndRelationshipResponse {
            position: position.0,
            replayed,
            revision,
            proof,
            proof_pending,
        }))
    }

    async fn set_partner_status(
        &self,
        request: Request<SetPartnerStatusRequest>,
    ) -> Result<Response<SetPartnerStatusResponse>, Status> {
        let request = request.into_inner();
        let id = partner_id(&request.partner_id);
        let intent = intent::set_partner_status(request).map_err(Error::from)?;
        let Answered { position, replayed, proof, proof_pending, .. } =
            self.app.write(intent, self.app.caller()).await?;
        let partner = id.and_then(|it| self.app.partner(&it));
        Ok(Response::new(SetPartnerStatusResponse {
            partner,
            position: position.0,
            replayed,
            proof,
            proof_pending,
        }))
    }

    async fn get_partner(
        &self,
        request: Request<GetPartnerRequest>,
    ) -> Result<Response<GetPartnerResponse>, Status> {
        let id = asked::get_partner(request.get_ref()).map_err(Error::from)?;
        let partner = self.app.partner(&id).ok_or(Error::NotFound(Unknown::Partner(id)))?;
        Ok(Response::new(GetPartnerResponse { partner: Some(partner) }))
    }

    async fn get_customer(
        &self,
        request: Request<GetCustomerRequest>,
    ) -> Result<Response<GetCustomerResponse>, Status> {
        let id = asked::get_customer(request.get_ref()).map_err(Error::from)?;
        let customer = self.app.customer(&id).ok_or(Error::NotFound(Unknown::Customer(id)))?;
        Ok(Response::new(GetCustomerResponse { customer: Some(customer) }))
    }

    async fn list_customers(
        &self,
        request: Request<ListCustomersRequest>,
    ) -> Result<Response<ListCustomersResponse>, Status> {
        let asked = asked::list_customers(request.get_ref()).map_err(Error::from)?;
        Ok(Response::new(self.app.list_customers(asked).await?))
    }
}

/// The id of a request that is parsed as a whole beside it: a bad one is told there.
fn partner_id(text: &str) -> Option<PartnerId> {
    PartnerId::parse(text).ok()
}

impl App {
    fn partner(&self, id: &PartnerId) -> Option<Partner> {
        answer::partner(&*self.index.read(), id, Position::END)
    }

    fn customer(&self, id: &CustomerId) -> Option<Customer> {
        answer::customer(&*self.index.read(), id, Position::END)
    }

    async fn list_customers(&self, asked: CustomerList) -> Result<ListCustomersResponse, Error> {
        self.wait_for_read_models().await?;
        let CustomerList { partner, page } = &asked;
        let after = match &page.after {
            Some(Cursor::Id(id)) => CustomerId::parse(id).ok(),
            Some(Cursor::Position(_)) | None => None,
        };
        let limit = u32::try_from(page.size).unwrap_or(u32::MAX);
        let ids = self.views.customers(partner, after.as_ref(), limit).await?;
        // The rows may be newer than what this replica has applied; they are no newer than this.
        self.wait_for(Some(self.views.position().await?)).await?;
        let full = ids.len() == page.size;
        let next_page_token = match ids.last().filter(|_| full) {
            Some(last) => page.token(&Cursor::Id(last.to_string())),
            None => String::new(),
        };
        let customers = ids.iter().filter_map(|it| self.customer(it)).collect();
        Ok(ListCustomersResponse { customers, next_page_token })
    }
}
