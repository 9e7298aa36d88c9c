//! Who was shown whose personal data (rule C14). Looking for a person and exporting are events of the log; every other read
//! that shows sealed texts is one line on the target `assent::access`, which names records by position and no person.

use assent_proto::convert::answer::Opened;
use assent_proto::event::Event;
use tracing::info;

use super::Permit;
use crate::app::App;
use crate::error::Error;

/// What a call shows of sealed texts. What was opened is recorded when it ends, whether or not the answer arrives.
pub(crate) struct Viewing<'a> {
    permit: &'a Permit,
    /// Whether the caller may see them; else they are left out.
    pub(crate) allowed: bool,
    shown: Vec<u64>,
}

impl App {
    /// What this caller is shown.
    pub(crate) fn viewing<'a>(&self, permit: &'a Permit) -> Viewing<'a> {
        Viewing { permit, allowed: self.shows_personal_data(permit), shown: Vec::new() }
    }

    /// Opens what is sealed in an acceptance or in evidence, for a caller who may see it.
    pub(crate) async fn open_for(&self, stored: &Event, viewing: &mut Viewing<'_>) -> Result<Opened, Error> {
        if !viewing.allowed {
            return Ok(Opened::default());
        }
        let opened = self.open(stored).await?;
        if opened.contact.is_some() || opened.employee.is_some() || opened.uri.is_some() {
            viewing.shows(stored.position);
        }
        Ok(opened)
    }
}

impl Viewing<'_> {
    /// Whether the caller may see what is sealed in this event.
    pub(crate) fn may_unseal(&self, event: &Event) -> bool {
        self.allowed && self.permit.may_unseal(event)
    }

    /// Sealed texts of the event at this position are shown.
    pub(crate) fn shows(&mut self, position: u64) {
        self.shown.push(position);
    }
}

impl Drop for Viewing<'_> {
    fn drop(&mut self) {
        if self.shown.is_empty() {
            return;
        }
        let records: Vec<String> = self.shown.iter().map(ToString::to_string).collect();
        info!(
            target: "assent::access",
            user = self.permit.user_id(),
            method = self.permit.method(),
            records = records.join(" "),
            "personal data was shown"
        );
    }
}
