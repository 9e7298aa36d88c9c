//! Errors as gRPC status, with `google.rpc` details that fit in the trailers.

use std::collections::HashMap;
use std::sync::Arc;

use assent_domain::refusal::{Refusal, Refusals};
use assent_proto::convert::{Invalid, Violation, Violations};
use prost::Message;
use tonic::Status;
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, StatusExt, pb};
use tracing::{error, warn};

use super::told::Told;
use super::{Error, Reason, refusal};

/// Whose reasons they are.
const DOMAIN: &str = "assent";
/// The most fields and refusals that are listed.
const LISTED_MAX: usize = 100;
/// The most bytes that message and details take in the trailers. Clients and proxies commonly stop at 8 KiB for all
/// headers together.
const TRAILER_BYTES_MAX: usize = 6 * 1024 - 256;
/// The longest message, and the longest value of a metadata entry, in bytes.
const TEXT_BYTES_MAX: usize = 512;

impl From<Error> for Status {
    /// What someone must look at is logged here, once; its source is not sent.
    fn from(error: Error) -> Self {
        let mut status = error.status();
        match &error {
            Error::LogCorrupt { source, .. } => error!(error = %chain(source.as_ref()), "the log is corrupt"),
            Error::LogUnreachable { source } => {
                warn!(error = %chain(source.as_ref()), "could not reach the log")
            }
            Error::MasterKeyMissing { needed } => {
                error!(%needed, "the vault holds rows of a master key that was not given: start with it, too")
            }
            _ => {}
        }
        status.set_source(Arc::new(error));
        status
    }
}

impl Error {
    /// The same error as an item of a batch, a stream or an import.
    pub fn rpc_status(&self) -> pb::Status {
        let status = self.status();
        // What `status` encoded is this very message.
        pb::Status::decode(status.details()).unwrap_or_else(|_| pb::Status {
            code: i32::from(status.code()),
            message: status.message().to_owned(),
            details: Vec::new(),
        })
    }

    fn status(&self) -> Status {
        let Told { reason, metadata, text } = self.told();
        let message = clipped(text);
        let (mut fields, mut preconditions) = (self.fields(), self.preconditions());
        let all = fields.len() + preconditions.len();
        fields.truncate(LISTED_MAX);
        preconditions.truncate(LISTED_MAX);
        loop {
            let left_out = all - fields.len() - preconditions.len();
            let mut metadata: HashMap<String, String> =
                metadata.iter().map(|(key, value)| ((*key).to_owned(), clipped(value.clone()))).collect();
            if left_out > 0 {
                metadata.insert("left_out".to_owned(), left_out.to_string());
            }
            let mut details = ErrorDetails::with_error_info(reason.name(), DOMAIN, metadata);
            if !fields.is_empty() {
                details.set_bad_request(fields.clone());
            }
            if !preconditions.is_empty() {
                details.set_precondition_failure(preconditions.clone());
            }
            if let Some(delay) = self.retry_after() {
                details.set_retry_info(Some(delay));
            }
            let status = Status::with_error_details(reason.code(), message.clone(), details);
            if trailer_bytes(&status) <= TRAILER_BYTES_MAX || fields.len() + preconditions.len() == 0 {
                return status;
            }
            // A quarter less each time, the last ones first.
            fields.truncate(fields.len() * 3 / 4);
            preconditions.truncate(preconditions.len() * 3 / 4);
        }
    }

    /// The bad fields: of the request's syntax, or those that only the clock or the log can tell.
    fn fields(&self) -> Vec<FieldViolation> {
        match self {
            Self::Invalid(Invalid::Fields(Violations(violations))) => {
                let violation =
                    |it: &Violation| field_violation(Reason::FieldInvalid, &it.field, &it.description);
                violations.iter().map(violation).collect()
            }
            Self::Invalid(Invalid::Policy(error)) => {
                vec![field_violation(Reason::PolicyInvalid, "document", &error.to_string())]
            }
            Self::Refused { refusals: Refusals(refusals), .. } => {
                let field = |it: &Refusal| match it {
                    Refusal::FieldInvalid { field, description } => {
                        Some(field_violation(Reason::FieldInvalid, field, description))
                    }
                    Refusal::PolicyInvalid { field, description } => {
                        let description = format!("{field}: {description}");
                        Some(field_violation(Reason::PolicyInvalid, "document", &description))
                    }
                    _ => None,
                };
                refusals.iter().filter_map(field).collect()
            }
            _ => Vec::new(),
        }
    }

    /// All refusals that hold, where several do.
    fn preconditions(&self) -> Vec<PreconditionViolation> {
        match self {
            Self::Refused { refusals: Refusals(refusals), ids } if refusals.len() > 1 => {
                let violation = |it: &Refusal| {
                    let Told { reason, metadata, text } = refusal::told(it, ids);
                    let subject = metadata.first().map(|(key, value)| format!("{key}/{value}"));
                    PreconditionViolation::new(
                        reason.name(),
                        clipped(subject.unwrap_or_default()),
                        clipped(text),
                    )
                };
                refusals.iter().map(violation).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn field_violation(reason: Reason, field: &str, description: &str) -> FieldViolation {
    let mut violation = FieldViolation::new(clipped(field.to_owned()), clipped(description.to_owned()));
    violation.reason = reason.name().to_owned();
    violation
}

/// The text, or as much of it as may be sent.
fn clipped(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX - '…'.len_utf8()));
        text.push('…');
    }
    text
}

/// What the status takes in the trailers: the message percent-encoded, the details in base64.
fn trailer_bytes(status: &Status) -> usize {
    let is_plain = |it: u8| {
        it.is_ascii_graphic() && !matches!(it, b'"' | b'#' | b'%' | b'<' | b'>' | b'`' | b'?' | b'{' | b'}')
    };
    let message: usize = status.message().bytes().map(|it| if is_plain(it) { 1 } else { 3 }).sum();
    message + status.details().len().div_ceil(3) * 4
}

/// An error with its sources, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
