//! The gRPC services. A handler parses, asks the append task or the facts, and shows what came out.

mod acceptance;
mod audit;
mod authorization;
mod catalog;
mod directory;
mod history;
mod import;
mod lists;
mod privacy;
mod simulate;
mod status;
mod watch;

pub(crate) use authorization::failed;

use std::pin::Pin;
use std::sync::Arc;

use tokio_stream::Stream;
use tonic::{Request, Status};

use crate::app::App;
use crate::error::Error;
use crate::permission::{Method, Permit};

/// What a streaming method answers.
pub(crate) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Answers a write: what every such answer says, beside its own fields.
macro_rules! told {
    ($written:ident, $response:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
        Ok(::tonic::Response::new($response {
            $($field $(: $value)?,)*
            position: $written.position.0,
            replayed: $written.replayed,
            proof: $written.proof,
            proof_pending: $written.proof_pending,
        }))
    };
}
use told;

/// Every service, over one state.
#[derive(Clone)]
pub(crate) struct Handlers {
    pub(crate) app: Arc<App>,
}

impl Handlers {
    /// Lets a caller in by scope and role, and gives what was asked.
    fn let_in<T>(&self, request: Request<T>, method: Method) -> Result<(Permit, T), Error> {
        let permit = self.app.permit(request.extensions(), method)?;
        Ok((permit, request.into_inner()))
    }
}
