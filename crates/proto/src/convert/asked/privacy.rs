//! Whom to find.

use std::fmt;

use assent_domain::values::Email;

use super::Page;
use crate::convert::fields::Fields;
use crate::convert::violations::Violations;
use crate::v1;

/// Whose records are asked for.
#[derive(Clone)]
pub struct FindPerson {
    /// The address.
    pub email: Email,
    /// Which page of them.
    pub page: Page,
    /// Why. Free text: sealed later.
    pub reason: String,
}

/// Leaves out the reason, which is a person's free text; an address never shows itself.
impl fmt::Debug for FindPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindPerson").field("page", &self.page).finish_non_exhaustive()
    }
}

/// Whose records are asked for. A page's token does not tell of whom: it would be a fingerprint of the address.
pub fn find_person(request: &v1::FindPersonRequest) -> Result<FindPerson, Violations> {
    let v1::FindPersonRequest { email, page_size, page_token, reason } = request;
    let mut fields = Fields::default();
    let email = fields.required("email", email, Email::parse);
    let page = fields.page(*page_size, page_token, &["FindPerson"]);
    let reason = fields.text("reason", reason);
    fields.finish(|| Ok(FindPerson { email: email?, page: page?, reason: reason? }))
}
