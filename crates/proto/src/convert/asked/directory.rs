//! Partners and customers.

use assent_domain::values::{CustomerId, PartnerId};

use super::Page;
use crate::convert::fields::Fields;
use crate::convert::violations::Violations;
use crate::v1;

/// Whose customers are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerList {
    /// The partner.
    pub partner: PartnerId,
    /// The page.
    pub page: Page,
}

/// One partner.
pub fn get_partner(request: &v1::GetPartnerRequest) -> Result<PartnerId, Violations> {
    let v1::GetPartnerRequest { partner_id } = request;
    let mut fields = Fields::default();
    let partner = fields.partner(partner_id);
    fields.finish(|| partner)
}

/// One customer.
pub fn get_customer(request: &v1::GetCustomerRequest) -> Result<CustomerId, Violations> {
    let v1::GetCustomerRequest { customer_id } = request;
    let mut fields = Fields::default();
    let customer = fields.customer(customer_id);
    fields.finish(|| customer)
}

/// The customers of a partner.
pub fn list_customers(request: &v1::ListCustomersRequest) -> Result<CustomerList, Violations> {
    let v1::ListCustomersRequest { partner_id, page_size, page_token } = request;
    let mut fields = Fields::default();
    let partner = fields.partner(partner_id);
    let page = fields.page(*page_size, page_token, &["customers", partner_id]);
    fields.finish(|| Ok(CustomerList { partner: partner?, page: page? }))
}
