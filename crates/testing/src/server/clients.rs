//! Typed clients of a server.

use assent_proto::v1::acceptance_service_client::AcceptanceServiceClient;
use assent_proto::v1::audit_service_client::AuditServiceClient;
use assent_proto::v1::authorization_service_client::AuthorizationServiceClient;
use assent_proto::v1::catalog_service_client::CatalogServiceClient;
use assent_proto::v1::directory_service_client::DirectoryServiceClient;
use assent_proto::v1::privacy_service_client::PrivacyServiceClient;
use tonic::transport::Channel;

use super::Server;
use super::caller::{Authorized, Caller};

/// The largest answer that the clients take, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident $client:ident;)*) => {
        impl Server {
            $($(#[$doc])*
            pub fn $name(&self) -> $client<Channel> {
                $client::new(self.channel())
                    .max_decoding_message_size(ANSWER_BYTES_MAX)
                    .max_encoding_message_size(ANSWER_BYTES_MAX)
            })*
        }

        impl Caller {
            $($(#[$doc])*
            pub fn $name(&self) -> $client<Authorized> {
                $client::new(self.channel())
                    .max_decoding_message_size(ANSWER_BYTES_MAX)
                    .max_encoding_message_size(ANSWER_BYTES_MAX)
            })*
        }
    };
}

clients! {
    /// A client of `AcceptanceService`.
    acceptance AcceptanceServiceClient;
    /// A client of `AuditService`.
    audit AuditServiceClient;
    /// A client of `AuthorizationService`.
    authorization AuthorizationServiceClient;
    /// A client of `CatalogService`.
    catalog CatalogServiceClient;
    /// A client of `DirectoryService`.
    directory DirectoryServiceClient;
    /// A client of `PrivacyService`.
    privacy PrivacyServiceClient;
}
