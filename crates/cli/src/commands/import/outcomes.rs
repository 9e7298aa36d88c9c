//! What became of each row: the outcome file, and the totals.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use assent_proto::v1::{ImportAcceptancesResponse, ImportStatus};
use serde::Serialize;
use tonic_types::RpcStatusExt as _;

use super::cells::Rejection;
use crate::failure::Failure;
use crate::names::Named as _;

/// What became of a row: a line of the outcome file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Outcome {
    row: u64,
    status: &'static str,
    acceptance_id: Option<String>,
    position: Option<u64>,
    reason: String,
    field: String,
    message: String,
}

/// The totals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Summary {
    pub(super) rows: u64,
    pub(super) stored: u64,
    pub(super) duplicate: u64,
    pub(super) rejected: u64,
    /// How many rows each reason of a rejection or a duplicate has.
    pub(super) reasons: BTreeMap<String, u64>,
}

impl Summary {
    /// Whether there is something to put right.
    pub(super) fn has_rejected(&self) -> bool {
        self.rejected > 0
    }
}

/// The outcome file.
pub(super) struct Outcomes {
    path: PathBuf,
    file: csv::Writer<File>,
    summary: Summary,
}

impl Outcomes {
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::File { doing: "write", path: path.to_owned(), source };
        let mut file =
            csv::WriterBuilder::new().has_headers(false).from_writer(File::create(path).map_err(failed)?);
        let header = ["row", "status", "acceptance_id", "position", "reason", "field", "message"];
        file.write_record(header).map_err(|it| failed(it.into()))?;
        Ok(Self { path: path.to_owned(), file, summary: Summary::default() })
    }

    /// Writes what became of the next row.
    pub(super) fn write(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        self.file.serialize(outcome).map_err(|it| self.failed(it.into()))?;
        let summary = &mut self.summary;
        summary.rows += 1;
        match outcome.status {
            "STORED" => summary.stored += 1,
            // Sent again: the ledger holds exactly this, which is all that the row asks for.
            "DUPLICATE" => summary.duplicate += 1,
            _ => summary.rejected += 1,
        }
        if !outcome.reason.is_empty() {
            *summary.reasons.entry(outcome.reason.clone()).or_default() += 1;
        }
        Ok(())
    }

    /// Completes the file.
    pub(super) fn finish(mut self) -> Result<Summary, Failure> {
        self.file.flush().map_err(|it| self.failed(it))?;
        Ok(self.summary)
    }

    fn failed(&self, source: std::io::Error) -> Failure {
        Failure::File { doing: "write", path: self.path.clone(), source }
    }
}

impl Outcome {
    /// Of a row that was not sent.
    pub(super) fn rejected(row: u64, rejection: Rejection) -> Self {
        let Rejection { reason, fields } = rejection;
        let status = ImportStatus::Rejected.short();
        let (field, message) = joined(fields);
        Self { row, status, reason: reason.to_owned(), field, message, ..Self::default() }
    }

    /// As the server says.
    pub(super) fn answered(answer: ImportAcceptancesResponse) -> Self {
        let status = answer.status().short();
        let ImportAcceptancesResponse { row, status: _, acceptance_id, position, error } = answer;
        let mut outcome = Self { row, status, acceptance_id, position, ..Self::default() };
        let Some(error) = error else { return outcome };
        let details = error.get_error_details();
        outcome.reason = details.error_info().map(|it| it.reason.clone()).unwrap_or_default();
        let violations = details.bad_request().map(|it| it.field_violations.clone()).unwrap_or_default();
        let fields: Vec<_> = violations.into_iter().map(|it| (column(&it.field), it.description)).collect();
        (outcome.field, outcome.message) =
            if fields.is_empty() { (String::new(), error.message) } else { joined(fields) };
        outcome
    }
}

/// The column that a field of the request was made from; a field that no column makes keeps its name.
fn column(field: &str) -> String {
    let records = ["confirm.", "attest.", "direct."];
    let field = records.iter().find_map(|it| field.strip_prefix(it)).unwrap_or(field);
    match field {
        "accepted_on" => "accepted_at".to_owned(),
        "evidence.uri" => "evidence_uri".to_owned(),
        "evidence.sha256" => "evidence_sha256".to_owned(),
        _ => {
            ["contact.", "template."].iter().find_map(|it| field.strip_prefix(it)).unwrap_or(field).to_owned()
        }
    }
}

/// Every bad field, and what is wrong with each.
fn joined(fields: Vec<(String, String)>) -> (String, String) {
    if let [(field, message)] = fields.as_slice() {
        return (field.clone(), message.clone());
    }
    let names: Vec<_> = fields.iter().map(|(field, _)| field.as_str()).collect();
    let messages: Vec<_> = fields.iter().map(|(field, message)| format!("{field}: {message}")).collect();
    (names.join("; "), messages.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;
    use tonic_types::{ErrorDetails, StatusExt, pb};

    fn refused(reason: &str, details: ErrorDetails) -> Outcome {
        let mut details = details;
        details.set_error_info(reason, "assent", []);
        let status = tonic::Status::with_error_details(Code::InvalidArgument, "no", details);
        let error = <pb::Status as prost::Message>::decode(status.details()).unwrap();
        let status = ImportStatus::Rejected.into();
        Outcome::answered(ImportAcceptancesResponse {
            row: 4,
            status,
            error: Some(error),
            ..Default::default()
        })
    }

    #[test]
    fn a_rejection_names_every_field() {
        let details = ErrorDetails::with_bad_request_violation("email", "is missing");
        let one = refused("FIELD_INVALID", details.clone());
        assert_eq!((one.row, one.status, one.reason.as_str()), (4, "REJECTED", "FIELD_INVALID"));
        assert_eq!((one.field.as_str(), one.message.as_str()), ("email", "is missing"));
        let mut details = details;
        let two = refused("FIELD_INVALID", details.add_bad_request_violation("version", "is long").clone());
        assert_eq!(
            (two.field.as_str(), two.message.as_str()),
            ("email; version", "email: is missing; version: is long")
        );
    }

    #[test]
    fn a_field_is_called_by_its_column() {
        for (field, expected) in [
            ("confirm.contact.first_name", "first_name"),
            ("attest.template.country", "country"),
            ("direct.accepted_on", "accepted_at"),
            ("confirm.evidence.sha256", "evidence_sha256"),
            ("confirmed_at", "confirmed_at"),
        ] {
            assert_eq!(column(field), expected);
        }
    }

    #[test]
    fn every_row_has_a_line_and_its_place_in_the_totals() {
        let folder = tempfile::tempdir().unwrap();
        let mut outcomes = Outcomes::create(&folder.path().join("outcomes.csv")).unwrap();
        let mut known = refused("ACCEPTANCE_ALREADY_CONFIRMED", ErrorDetails::new());
        known.status = ImportStatus::Duplicate.short();
        outcomes.write(&known).unwrap();
        outcomes.write(&Outcome::rejected(5, Rejection::row("is, \"broken\""))).unwrap();
        let summary = outcomes.finish().unwrap();
        assert_eq!((summary.rows, summary.duplicate, summary.rejected), (2, 1, 1));
        let written = std::fs::read_to_string(folder.path().join("outcomes.csv")).unwrap();
        let expected = "row,status,acceptance_id,position,reason,field,message\n\
            4,DUPLICATE,,,ACCEPTANCE_ALREADY_CONFIRMED,,no\n\
            5,REJECTED,,,FIELD_INVALID,row,\"is, \"\"broken\"\"\"\n";
        assert_eq!(written, expected);
    }
}
