//! Imports: many rows, one outcome each, in order. A bad row never affects another.

use std::sync::Arc;

use assent_domain::command::{Command, Recording};
use assent_domain::policy::Action;
use assent_domain::refusal::Refusal;
use assent_proto::convert::{Intent, Violations, What, intent};
use assent_proto::v1::{ImportAcceptancesRequest, ImportAcceptancesResponse, ImportStatus};
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use tonic::{Status, Streaming};

use super::Answers;
use crate::app::{App, shutting_down};
use crate::append::{Lane, Outcome, Written};
use crate::error::{Error, transport_status};
use crate::permission::Permit;

/// How many rows of one import are on their way at once.
const ROWS_IN_FLIGHT_MAX: usize = 1_536;

impl App {
    /// Carries out rows as they come. Rows are queued in their order; when the lane is full, reading waits.
    pub(crate) fn import(
        self: &Arc<Self>,
        rows: Streaming<ImportAcceptancesRequest>,
        permit: Permit,
    ) -> Answers<ImportAcceptancesResponse> {
        let app = Arc::clone(self);
        let mut rows = Box::pin(rows.take_until(app.stopped()));
        Box::pin(async_stream::try_stream! {
            let mut in_flight = FuturesOrdered::new();
            let mut more = true;
            let mut failed = None;
            while more || !in_flight.is_empty() {
                let read_on = more && in_flight.len() < ROWS_IN_FLIGHT_MAX;
                let next = tokio::select! {
                    row = rows.next(), if read_on => Next::Row(row),
                    Some((row, outcome)) = in_flight.next() => Next::Outcome(row, outcome),
                };
                match next {
                    Next::Row(None) => more = false,
                    Next::Row(Some(Ok(row))) => {
                        let (row, started) = app.start_row(row, &permit).await;
                        in_flight.push_back(finished(row, started));
                    }
                    // What is no row ends the import, once the rows before it have their outcomes.
                    Next::Row(Some(Err(status))) => {
                        failed = Some(transport_status(status));
                        more = false;
                    }
                    Next::Outcome(row, outcome) => yield app.row_outcome(row, outcome),
                }
            }
            if let Some(failed) = failed {
                Err(failed)?;
            }
            app.cut_short()?;
        })
    }

    async fn start_row(&self, row: ImportAcceptancesRequest, permit: &Permit) -> (u64, Started) {
        let (row, intent) = intent::import_row(row);
        let intent = intent.map(Box::new);
        let started = async {
            let intent = intent?;
            let permit = self.acting(permit, action_of(&intent)?)?;
            self.start(intent, &permit, Lane::Imports).await
        };
        (row, started.await)
    }

    fn row_outcome(&self, row: u64, outcome: Result<Written, Error>) -> ImportAcceptancesResponse {
        let mut response = ImportAcceptancesResponse { row, ..Default::default() };
        match outcome {
            Ok(written) => {
                response.set_status(if written.replayed {
                    ImportStatus::Duplicate
                } else {
                    ImportStatus::Stored
                });
                response.position = Some(written.position.0);
                response.acceptance_id = written.event.map(|it| it.event_id);
            }
            Err(error) => {
                response.set_status(ImportStatus::Rejected);
                if let Some(acceptance) = duplicate_of(&error) {
                    response.set_status(ImportStatus::Duplicate);
                    response.acceptance_id = Some(self.ids.text(acceptance));
                    response.position = Some(acceptance.position.0);
                }
                response.error = Some(error.rpc_status());
            }
        }
        response
    }
}

/// What comes next: a row to start, or the outcome of the oldest one that is under way.
#[expect(clippy::large_enum_variant, reason = "it lives for one turn of the loop")]
enum Next {
    Row(Option<Result<ImportAcceptancesRequest, Status>>),
    Outcome(u64, Result<Written, Error>),
}

type Started = Result<Outcome, Error>;

async fn finished(row: u64, started: Started) -> (u64, Result<Written, Error>) {
    let outcome = match started {
        Ok(outcome) => outcome.await.unwrap_or_else(|_| Err(shutting_down())),
        Err(error) => Err(error),
    };
    (row, outcome)
}

/// What a role has to permit for a row. What records no acceptance is no row.
fn action_of(intent: &Intent) -> Result<Action, Violations> {
    let What::Command(Command::RecordAcceptance { recording, .. }) = &intent.what else {
        return Err(Violations::one("record", "must be an acceptance"));
    };
    Ok(match recording {
        Recording::Confirm | Recording::ConfirmEvidence(_) => Action::Confirm,
        Recording::Attest(_) => Action::Attest,
        Recording::Direct => Action::RecordDirect,
    })
}

/// The acceptance that a refused row duplicates, where that is the only thing wrong with it.
fn duplicate_of(error: &Error) -> Option<assent_domain::event::EventRef> {
    match error {
        Error::Refused { refusals, .. } => match refusals.0.as_slice() {
            [Refusal::AcceptanceAlreadyConfirmed { acceptance, .. }] => Some(*acceptance),
            _ => None,
        },
        _ => None,
    }
}
