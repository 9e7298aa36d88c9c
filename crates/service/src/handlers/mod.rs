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

pub(crate) use authorization::{failed, stopped};

use std::pin::Pin;
use std::sync::Arc;

use tokio_stream::Stream;
use tonic::Status;

use crate::app::App;

/// What a streaming method answers.
pub(crate) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Every service, over one state.
#[derive(Clone)]
pub(crate) struct Handlers {
    pub(crate) app: Arc<App>,
}
