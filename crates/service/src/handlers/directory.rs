//! DirectoryService: partners, customers, and who sells to whom through whom.

use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_proto::convert::asked::{Cursor, CustomerList};
use assent_proto::convert::{answer, asked, intent};
use assent_proto::v1::directory_service_server::DirectoryService;
use assent_proto::v1::*;
use tonic::{Request, Response, Status};

use super::{Handlers, told};
use crate::app::App;
use crate::error::{Error, Unknown};
use crate::permission::Method;

#[tonic::async_trait]
impl DirectoryService for Handlers {
    async fn register_partner(
        &self,
        request: Request<RegisterPartnerRequest>,
    ) -> Result<Response<RegisterPartnerResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::RegisterPartner)?;
        let id = partner_id(&request.partner_id);
        let intent = intent::register_partner(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let partner = id.and_then(|it| self.app.partner(&it));
        told!(written, RegisterPartnerResponse { partner })
    }

    async fn register_customer(
        &self,
        request: Request<RegisterCustomerRequest>,
    ) -> Result<Response<RegisterCustomerResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::RegisterCustomer)?;
        let id = CustomerId::parse(&request.customer_id).ok();
        let intent = intent::register_customer(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let customer = id.and_then(|it| self.app.customer(&it));
        told!(written, RegisterCustomerResponse { customer })
    }

    async fn establish_relationship(
        &self,
        request: Request<EstablishRelationshipRequest>,
    ) -> Result<Response<EstablishRelationshipResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::EstablishRelationship)?;
        let intent = intent::establish_relationship(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        told!(written, EstablishRelationshipResponse { revision: written.revision })
    }

    async fn end_relationship(
        &self,
        request: Request<EndRelationshipRequest>,
    ) -> Result<Response<EndRelationshipResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::EndRelationship)?;
        let intent = intent::end_relationship(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        told!(written, EndRelationshipResponse { revision: written.revision })
    }

    async fn set_partner_status(
        &self,
        request: Request<SetPartnerStatusRequest>,
    ) -> Result<Response<SetPartnerStatusResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::SetPartnerStatus)?;
        let id = partner_id(&request.partner_id);
        let intent = intent::set_partner_status(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let partner = id.and_then(|it| self.app.partner(&it));
        told!(written, SetPartnerStatusResponse { partner })
    }

    async fn get_partner(
        &self,
        request: Request<GetPartnerRequest>,
    ) -> Result<Response<GetPartnerResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetPartner)?;
        let id = asked::get_partner(&request).map_err(Error::from)?;
        permit.narrow(Some(&id))?;
        let partner = self.app.partner(&id).ok_or(Error::NotFound(Unknown::Partner(id)))?;
        Ok(Response::new(GetPartnerResponse { partner: Some(partner) }))
    }

    async fn get_customer(
        &self,
        request: Request<GetCustomerRequest>,
    ) -> Result<Response<GetCustomerResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::GetCustomer)?;
        let id = asked::get_customer(&request).map_err(Error::from)?;
        let customer = self.app.customer(&id).filter(|_| self.app.sells_to(&permit, &id));
        let customer = customer.ok_or(Error::NotFound(Unknown::Customer(id)))?;
        Ok(Response::new(GetCustomerResponse { customer: Some(customer) }))
    }

    async fn list_customers(
        &self,
        request: Request<ListCustomersRequest>,
    ) -> Result<Response<ListCustomersResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::ListCustomers)?;
        let asked = asked::list_customers(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.partner))?;
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
