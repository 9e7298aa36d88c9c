//! A client with good defaults: one connection, on which every call has a deadline, a name in the server's logs, and
//! its retries.
//!
//! [`Connector`] says where and as whom, [`Connection`] has the services. Deadlines and retries are those of the gRPC
//! service config that the API ships for every language, [`SERVICE_CONFIG`]: a unary call that answers UNAVAILABLE is
//! sent again, within its deadline. A write that has no `request_id` is given one before it is sent first: a write whose
//! answer was lost is carried out once, however often this client sends it. Who may have to send a write again after this
//! process has ended gives it an id of its own ([`request_id`] makes one).

mod backoff;
mod connector;
mod outgoing;
mod request_ids;
mod service_config;
mod token;

pub use self::connector::{ConnectError, Connector};
pub use self::outgoing::Outgoing;
pub use self::service_config::SERVICE_CONFIG;

use crate::v1::acceptance_service_client::AcceptanceServiceClient;
use crate::v1::audit_service_client::AuditServiceClient;
use crate::v1::authorization_service_client::AuthorizationServiceClient;
use crate::v1::catalog_service_client::CatalogServiceClient;
use crate::v1::directory_service_client::DirectoryServiceClient;
use crate::v1::privacy_service_client::PrivacyServiceClient;

/// The largest answer, in bytes: a page of 1,000 customers, or 256 events of 64 KiB, fits.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A new id for the field `request_id` of a write: a random UUID.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// A connection, and the API's services on it. Clones share the connection.
#[derive(Clone, Debug)]
pub struct Connection {
    outgoing: Outgoing,
}

impl Connection {
    /// The way to the server, for clients of other services (health, reflection).
    pub fn outgoing(&self) -> Outgoing {
        self.outgoing.clone()
    }
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident $client:ident;)*) => {
        impl Connection {
            $($(#[$doc])*
            pub fn $name(&self) -> $client<Outgoing> {
                $client::new(self.outgoing()).max_decoding_message_size(ANSWER_BYTES_MAX)
            })*
        }
    };
}

services! {
    /// Acceptances: confirm, attest, withdraw, list, watch, import.
    acceptance AcceptanceServiceClient;
    /// Events, proofs, and exports for inquiries.
    audit AuditServiceClient;
    /// May this order go through?
    authorization AuthorizationServiceClient;
    /// Agreements and policy.
    catalog CatalogServiceClient;
    /// Partners, customers, and their relationships.
    directory DirectoryServiceClient;
    /// Erasing and finding personal data.
    privacy PrivacyServiceClient;
}
