//! Partners, customers, and who sells to whom through whom.

use assent_domain::command::{Command, Parties};
use assent_domain::directory::{CustomerFacts, PartnerFacts};
use assent_domain::values::{Country, CustomerId, PartnerId, normal_domain};

use super::{Intent, What};
use crate::convert::fields::{Fields, Parsed};
use crate::convert::violations::Violations;
use crate::v1;

/// The most e-mail domains of a partner: so many of the longest ones still fit in one event.
pub const EMAIL_DOMAINS_MAX: usize = 200;

/// Longer texts are no domains: they are refused before they are normalised.
const GIVEN_DOMAIN_BYTES_MAX: usize = 1_024;

/// A partner's registration.
pub fn register_partner(request: v1::RegisterPartnerRequest) -> Result<Intent, Violations> {
    let v1::RegisterPartnerRequest { partner_id, program, country, email_domains, request_id, with_proof } =
        request;
    let mut fields = Fields::default();
    let partner = fields.partner(&partner_id);
    let program = fields.required_enum::<v1::Program>("program", program);
    let country = fields.required("country", &country, Country::parse);
    let email_domains = fields.email_domains(&email_domains);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    fields.finish(|| {
        let facts = PartnerFacts { program: program?, country: country?, email_domains: email_domains? };
        let command = Command::RegisterPartner { partner: partner?, facts };
        Ok(Intent::new("RegisterPartner", envelope?, What::Command(command)))
    })
}

/// A customer's registration.
pub fn register_customer(request: v1::RegisterCustomerRequest) -> Result<Intent, Violations> {
    let v1::RegisterCustomerRequest { customer_id, country, cloud, has_purchases, request_id, with_proof } =
        request;
    let mut fields = Fields::default();
    let customer = fields.customer(&customer_id);
    let country = fields.required("country", &country, Country::parse);
    let cloud = fields.required_enum::<v1::Cloud>("cloud", cloud);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    fields.finish(|| {
        let facts = CustomerFacts { country: country?, cloud: cloud?, has_purchases };
        let command = Command::RegisterCustomer { customer: customer?, facts };
        Ok(Intent::new("RegisterCustomer", envelope?, What::Command(command)))
    })
}

/// A commerce relationship, or a reseller's link to its provider.
pub fn establish_relationship(request: v1::EstablishRelationshipRequest) -> Result<Intent, Violations> {
    use v1::establish_relationship_request::Other;
    let v1::EstablishRelationshipRequest { partner_id, request_id, with_proof, expected_revision, other } =
        request;
    let mut fields = Fields::default();
    let partner = fields.partner(&partner_id);
    let other = match other {
        Some(Other::CustomerId(id)) => fields.customer(&id).map(Counterpart::Customer),
        Some(Other::ResellerId(id)) => fields.reseller(&partner, &id).map(Counterpart::Reseller),
        None => fields.counterpart_missing(),
    };
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let partner = partner?;
        let command = match other? {
            Counterpart::Customer(customer) => {
                Command::EstablishRelationship { parties: Parties { partner, customer } }
            }
            Counterpart::Reseller(reseller) => Command::LinkReseller { provider: partner, reseller },
        };
        Ok(Intent::new("EstablishRelationship", envelope?, What::Command(command)))
    })
}

/// The end of either.
pub fn end_relationship(request: v1::EndRelationshipRequest) -> Result<Intent, Violations> {
    use v1::end_relationship_request::Other;
    let v1::EndRelationshipRequest { partner_id, request_id, with_proof, expected_revision, other } = request;
    let mut fields = Fields::default();
    let partner = fields.partner(&partner_id);
    let other = match other {
        Some(Other::CustomerId(id)) => fields.customer(&id).map(Counterpart::Customer),
        Some(Other::ResellerId(id)) => fields.reseller(&partner, &id).map(Counterpart::Reseller),
        None => fields.counterpart_missing(),
    };
    let envelope = fields.envelope(request_id.as_deref(), with_proof, expected_revision);
    fields.finish(|| {
        let partner = partner?;
        let command = match other? {
            Counterpart::Customer(customer) => {
                Command::EndRelationship { parties: Parties { partner, customer } }
            }
            Counterpart::Reseller(reseller) => Command::UnlinkReseller { provider: partner, reseller },
        };
        Ok(Intent::new("EndRelationship", envelope?, What::Command(command)))
    })
}

/// A partner's status.
pub fn set_partner_status(request: v1::SetPartnerStatusRequest) -> Result<Intent, Violations> {
    let v1::SetPartnerStatusRequest { partner_id, status, request_id, with_proof } = request;
    let mut fields = Fields::default();
    let partner = fields.partner(&partner_id);
    let status = fields.required_enum::<v1::PartnerStatus>("status", status);
    let envelope = fields.envelope(request_id.as_deref(), with_proof, None);
    fields.finish(|| {
        let command = Command::SetPartnerStatus { partner: partner?, status: status? };
        Ok(Intent::new("SetPartnerStatus", envelope?, What::Command(command)))
    })
}

/// With whom a partner is brought together.
enum Counterpart {
    Customer(CustomerId),
    Reseller(PartnerId),
}

impl Fields {
    fn reseller(&mut self, partner: &Parsed<PartnerId>, text: &str) -> Parsed<PartnerId> {
        let reseller = self.required("reseller_id", text, PartnerId::parse);
        self.reseller_beside(partner, reseller)
    }

    fn counterpart_missing(&mut self) -> Parsed<Counterpart> {
        self.bad("customer_id", "or `reseller_id` must be given")
    }

    /// The domains in the form that rule W3 compares, sorted, each once.
    fn email_domains(&mut self, domains: &[String]) -> Parsed<Vec<String>> {
        let normal = |it: &String| email_domain(it).ok_or("must be a domain such as example.com");
        let mut domains = self.values("email_domains", domains, EMAIL_DOMAINS_MAX, normal)?;
        domains.sort_unstable();
        domains.dedup();
        Ok(domains)
    }
}

/// A domain that an e-mail address can have. IDNA alone lets through what no domain has, an `@` for one: such an
/// entry would be kept, and would never match an address.
fn email_domain(text: &str) -> Option<String> {
    if text.len() > GIVEN_DOMAIN_BYTES_MAX {
        return None;
    }
    let domain = normal_domain(text)?;
    let plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_');
    (domain.contains('.') && domain.bytes().all(plain)).then_some(domain)
}
