//! Values of the business, parsed at the edge: whoever holds one holds a valid one.

mod contact;
mod country;
mod identifier;
mod instant;
mod kinds;

pub(crate) use kinds::kinds;

pub use contact::{
    Contact, EMAIL_BYTES_MAX, Email, InvalidEmail, InvalidText, NAME_BYTES_MAX, PHONE_BYTES_MAX, PersonName,
    PhoneNumber, normal_domain,
};
pub use country::{Country, InvalidCode, Language, Template};
pub use identifier::{
    AgreementId, CustomerId, GUID_TEXT_BYTES, IDENTIFIER_BYTES_MAX, Identifier, InvalidId, PartnerId,
    PolicyId, ProductFamily, VersionId, guid_text, write_guid,
};
pub use instant::{Date, Instant, InvalidInstant, Position};
pub use kinds::{
    Channel, Cloud, Environment, Method, OrderOutcome, PartnerStatus, Program, Role, Scenario,
    TransactionKind,
};

/// A SHA-256 hash of a document.
pub type Sha256 = [u8; 32];
