//! Somebody who calls with a credential.

use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// A connection on which every call shows a token.
pub type Authorized = InterceptedService<Channel, Bearer>;

/// Puts a token into every call, or none.
#[derive(Clone, Debug)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

/// Somebody who calls with a credential; the typed clients are methods.
#[derive(Clone, Debug)]
pub struct Caller {
    channel: Channel,
    bearer: Bearer,
}

impl Caller {
    /// Whoever shows this token.
    pub fn with_token(channel: Channel, token: &str) -> Self {
        let header = format!("Bearer {token}").parse().expect("a token is ASCII");
        Self { channel, bearer: Bearer(Some(header)) }
    }

    /// Whoever the connection says; see [`crate::Server::channel_showing`].
    pub const fn of(channel: Channel) -> Self {
        Self { channel, bearer: Bearer(None) }
    }

    /// The connection.
    pub fn channel(&self) -> Authorized {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert("authorization", token.clone());
        }
        Ok(request)
    }
}
