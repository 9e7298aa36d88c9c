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
    let parsed = fields.required("email", email, Email::parse);
    let page = fields.page(*page_size, page_token, &["FindPerson"]);
    let mut why = fields.text("reason", reason);
    // The reason of a look-up is about no customer, so that no erasure would take the address along.
    if parsed.is_ok() && reason.to_lowercase().contains(&email.to_lowercase()) {
        why = fields
            .bad("reason", "must not hold the address that is looked for: no erasure would reach it there");
    }
    fields.finish(|| Ok(FindPerson { email: parsed?, page: page?, reason: why? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_does_not_write_down_the_address_that_it_looks_for() {
        let asked = |email: &str, reason: &str| {
            let (email, reason) = (email.to_owned(), reason.to_owned());
            find_person(&v1::FindPersonRequest { email, reason, ..Default::default() })
        };
        assert!(asked("ada@example.com", "request 17").is_ok());
        for reason in ["ada@example.com", "request of Ada@Example.com, by telephone"] {
            let refused = asked("ada@example.com", reason).unwrap_err();
            let fields: Vec<_> = refused.0.iter().map(|it| it.field.as_str()).collect();
            assert_eq!(fields, ["reason"]);
            assert!(!format!("{refused:?}").to_lowercase().contains("ada"), "{refused:?}");
        }
        assert!(asked("", "request 17").is_err());
    }
}
