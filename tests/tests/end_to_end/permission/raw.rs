//! Calls by the method's name, in bytes: what every method has in common.

use assent_testing::Caller;
use bytes::{Buf as _, BufMut as _, Bytes};
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

use crate::support::within;

/// How a call ended: its first message, or why there is none.
pub(super) type Ended = Result<Option<Bytes>, Status>;

/// Calls a method, single or streaming, with one message, and waits for the first one back.
pub(super) async fn call(caller: &Caller, path: &str, message: Vec<u8>) -> Ended {
    call_on(caller.channel(), path, message).await
}

/// The same on any connection.
pub(super) async fn call_on<S>(channel: S, path: &str, message: Vec<u8>) -> Ended
where
    S: GrpcService<tonic::body::Body>,
    S::ResponseBody: http_body::Body<Data = Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut client = Grpc::new(channel).max_decoding_message_size(64 << 20);
    within(async {
        client.ready().await.map_err(|it| Status::from_error(it.into()))?;
        let path = path.parse().expect("a method's name makes a path");
        let messages = tokio_stream::once(message);
        let answer = client.streaming(Request::new(messages), path, Plain).await?;
        answer.into_inner().message().await
    })
    .await
}

/// Messages as they are.
#[derive(Clone, Copy, Debug, Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
