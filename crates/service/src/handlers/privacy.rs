//! PrivacyService: not built yet, and saying so.

use assent_proto::v1::privacy_service_server::PrivacyService;
use assent_proto::v1::{
    ErasePersonalDataRequest, ErasePersonalDataResponse, FindPersonRequest, FindPersonResponse,
};
use tonic::{Request, Response, Status};

use super::Handlers;
use crate::error::Error;

#[tonic::async_trait]
impl PrivacyService for Handlers {
    async fn erase_personal_data(
        &self,
        _: Request<ErasePersonalDataRequest>,
    ) -> Result<Response<ErasePersonalDataResponse>, Status> {
        let what =
            "erase a customer's personal data, or one contact's, without touching a proof or a decision";
        Err(Error::NotBuiltYet { what }.into())
    }

    async fn find_person(
        &self,
        _: Request<FindPersonRequest>,
    ) -> Result<Response<FindPersonResponse>, Status> {
        Err(Error::NotBuiltYet { what: "find the records that hold a person's e-mail address" }.into())
    }
}
