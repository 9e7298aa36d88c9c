//! One row of an import: any of the three recordings, and for a backfill when it was confirmed (rule C10).

use assent_domain::command::{AcceptedAt, Command};
use assent_domain::values::{Date, Instant};

use super::{Intent, What, attest_acceptance, confirm_acceptance, record_direct_acceptance};
use crate::convert::fields::{Fields, Parsed};
use crate::convert::violations::{Invalid, Violations};
use crate::v1;
use crate::v1::import_acceptances_request::Record;

/// The row's number, and what it asks to be recorded.
pub fn import_row(request: v1::ImportAcceptancesRequest) -> (u64, Result<Intent, Invalid>) {
    let row = request.row;
    (row, parse(request).map_err(Invalid::from))
}

fn parse(request: v1::ImportAcceptancesRequest) -> Result<Intent, Violations> {
    let v1::ImportAcceptancesRequest { row: _, confirmed_at, record } = request;
    let mut fields = Fields::default();
    let confirmed_at = fields.optional_instant("confirmed_at", confirmed_at.as_ref());
    let intent = match record {
        Some(Record::Confirm(it)) => fields.merge("confirm", confirm_acceptance(it)),
        Some(Record::Attest(it)) => fields.merge("attest", attest_acceptance(it)),
        Some(Record::Direct(it)) => fields.merge("direct", record_direct_acceptance(it)),
        None => fields.bad("confirm", "or `attest` or `direct` must be given"),
    };
    let intent = match (intent, confirmed_at) {
        (Ok(intent), Ok(Some(confirmed_at))) => backfilled(&mut fields, intent, confirmed_at),
        (intent, confirmed_at) => confirmed_at.and(intent),
    };
    fields.finish(|| intent)
}

/// The same, confirmed at an instant that is not before the acceptance.
fn backfilled(fields: &mut Fields, mut intent: Intent, confirmed_at: Instant) -> Parsed<Intent> {
    if let What::Command(Command::RecordAcceptance { claim, .. }) = &mut intent.what {
        let before = match claim.accepted_at {
            AcceptedAt::Instant(accepted_at) => confirmed_at < accepted_at,
            // A date begins in the furthest-ahead zone first (rule C3).
            AcceptedAt::Date(date) => Date::furthest_ahead(confirmed_at) < date,
        };
        if before {
            return fields.bad("confirmed_at", "must not be before the acceptance");
        }
        claim.confirmed_at = Some(confirmed_at);
    }
    Ok(intent)
}
