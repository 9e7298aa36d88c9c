//! Errors that the transport makes before a handler runs, said as the contract says them.

use std::time::Duration;

use assent_proto::convert::Violations;
use tonic::body::Body;
use tonic::{Code, Status};

use super::Error;
use crate::serve::MESSAGE_BYTES_MAX;

/// The answer to a call that took longer than any may.
pub(crate) fn too_slow(call_max: Duration) -> Status {
    Status::deadline_exceeded(format!("the server did not answer within {} s", call_max.as_secs()))
}

/// The answer to a call whose caller waits no longer.
pub(crate) fn overdue() -> Status {
    Status::deadline_exceeded("the call's own deadline is over")
}

/// The end of an answer whose task ended without saying how: a defect, of which the log has the panic.
pub(crate) fn broke_off() -> Status {
    Status::internal("the server broke off its answer: this is a defect, of which its log says more")
}

/// The status as the contract has it, where the transport made it: a message that is too large, or is no message of
/// the method. Every other status stays.
pub(crate) fn transport_status(status: Status) -> Status {
    let too_large =
        status.code() == Code::OutOfRange && status.message().contains("message length too large");
    let garbled =
        status.code() == Code::Internal && status.message().contains("failed to decode Protobuf message");
    if too_large {
        return Error::MessageTooLarge { bytes_max: MESSAGE_BYTES_MAX }.into();
    }
    if garbled {
        let finding =
            "could not be decoded: its bytes are no message of this method, or a text in it is not UTF-8";
        return Error::from(Violations::one("request", finding)).into();
    }
    status
}

/// The same for a whole response: a call that failed before its handler ran has its status in the headers.
pub(crate) fn transport_response(response: http::Response<Body>) -> http::Response<Body> {
    if !response.headers().contains_key("grpc-status") {
        return response;
    }
    match Status::from_header_map(response.headers()) {
        Some(status)
            if status.details().is_empty() && matches!(status.code(), Code::OutOfRange | Code::Internal) =>
        {
            transport_status(status).into_http()
        }
        _ => response,
    }
}
