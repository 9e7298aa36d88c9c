//! StreamAuthorizeOrders: the orders that have arrived together are decided together, and answered in one piece.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use assent_domain::Facts;
use assent_proto::convert::{Asked, asked};
use assent_proto::{direct, v1};
use bytes::{Buf, BytesMut};
use http_body::{Body as _, Frame};
use prost::Message;
use tonic::body::Body;
use tonic::codegen::Service;

use super::Ordinary;
use super::frames::{Begins, Begun, Framed, Streamed, begins, next_frame, put_message, response};
use crate::app::App;
use crate::error::Error;
use crate::handlers::{failed, stopped};

pub(super) const PATH: &str = "/assent.v1.AuthorizationService/StreamAuthorizeOrders";
/// How many orders are decided together, where so many have arrived.
const ORDERS_TOGETHER_MAX: usize = 128;
/// How many bytes are read before orders are decided; one message may be longer.
const BYTES_TOGETHER: usize = 64 << 10;
/// More than nearly every answer takes.
const ANSWER_BYTES: usize = 320;

/// Answers plain orders so long as nothing else arrives; the rest of the stream goes the ordinary way.
pub(super) fn authorize(
    app: Arc<App>,
    mut ordinary: Ordinary,
    request: http::Request<Body>,
) -> http::Response<Body> {
    let (parts, body) = request.into_parts();
    let frames = async_stream::stream! {
        let mut arriving = Arriving { buffer: BytesMut::new(), other: None, body };
        let mut stopped = Box::pin(stopped(&app));
        loop {
            let goes_on = tokio::select! {
                biased;
                () = &mut stopped => false,
                () = arriving.more() => arriving.other.is_none(),
            };
            let mut answers = app.answer_together(&arriving.buffer);
            while !answers.bytes.is_empty() {
                arriving.buffer.advance(answers.read);
                yield Ok(Frame::data(answers.bytes.into()));
                if answers.is_stuck {
                    break;
                }
                answers = app.answer_together(&arriving.buffer);
            }
            if answers.is_stuck || !goes_on {
                break;
            }
        }
        let rest = http::Request::from_parts(parts, arriving.into_body());
        let Ok(rest) = ordinary.call(rest).await;
        let (parts, mut body) = rest.into_parts();
        if parts.headers.contains_key("grpc-status") {
            yield Ok(Frame::trailers(parts.headers));
        }
        while let Some(frame) = next_frame(&mut body).await {
            yield frame;
        }
    };
    response(Streamed(Box::pin(frames)))
}

/// What has arrived of a stream, and is not answered.
struct Arriving {
    buffer: BytesMut,
    /// What came after that and is no data; none inside: the end.
    other: Option<Option<Framed>>,
    body: Body,
}

impl Arriving {
    /// Resolves when there is a whole message, with all that has arrived until then, or something else than data.
    async fn more(&mut self) {
        poll_fn(|cx| self.poll_more(cx)).await;
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.other.is_none() && self.buffer.len() < BYTES_TOGETHER {
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending if begins(&self.buffer) == Begins::Part => return Poll::Pending,
                Poll::Pending => return Poll::Ready(()),
            };
            match frame.map(|it| it.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.buffer.extend_from_slice(&data),
                Some(Ok(Err(other))) => self.other = Some(Some(Ok(other))),
                Some(Err(status)) => self.other = Some(Some(Err(status))),
                None => self.other = Some(None),
            }
        }
        Poll::Ready(())
    }

    /// The stream as it would be, had nothing been answered yet of what is left.
    fn into_body(self) -> Body {
        let Self { buffer, other, body } = self;
        let data = (!buffer.is_empty()).then(|| Ok(Frame::data(buffer.freeze())));
        Body::new(Begun { read: [data, other.flatten()], rest: body })
    }
}

/// Answers to the orders that some bytes begin with.
struct Answers {
    /// How many bytes those orders take.
    read: usize,
    bytes: Vec<u8>,
    /// What comes next is not for the short way.
    is_stuck: bool,
}

/// An order that has arrived.
struct Arrived<'a> {
    asked: Result<Asked, Error>,
    order_ref: Option<Cow<'a, str>>,
    /// Where it ends.
    end: usize,
}

impl App {
    /// Decides orders at one prefix and one instant, up to one that has to wait.
    fn answer_together(&self, buffer: &[u8]) -> Answers {
        let (mut orders, mut is_stuck) = arrived(buffer);
        let index = self.index.read();
        let applied = Some(index.ledger().applied);
        let waits = |it: &Arrived<'_>| it.asked.as_ref().is_ok_and(|it| it.position() > applied);
        if let Some(at) = orders.iter().position(waits) {
            orders.truncate(at);
            is_stuck = true;
        }
        let known = orders.iter().filter_map(|it| it.asked.as_ref().ok()).map(|it| &it.order);
        let mut found = index.find_together(known.map(|it| (&it.partner, &it.customer))).into_iter();
        let now = self.instant(None);
        let read = orders.last().map_or(0, |it| it.end);
        let mut bytes = Vec::with_capacity(orders.len() * ANSWER_BYTES);
        for Arrived { asked, order_ref, end: _ } in orders {
            let decided = asked.and_then(|it| {
                let (partner, customer) = (&it.order.partner, &it.order.customer);
                let found = found.next().unwrap_or_else(|| index.find(partner, customer));
                self.check_trusted()?;
                self.decide_found(&index, found, &it, now)
            });
            put_message(&mut bytes, |out| match &decided {
                Ok(decided) => direct::streamed(&decided.answer(&self.ids, order_ref.as_deref()), out),
                Err(error) => {
                    let result = Some(failed(error));
                    let answer = v1::StreamAuthorizeOrdersResponse { result };
                    answer.encode(out).expect("a list of bytes grows");
                }
            });
        }
        Answers { read, bytes, is_stuck }
    }
}

/// The orders that some bytes begin with, and whether what comes after them is none.
fn arrived(buffer: &[u8]) -> (Vec<Arrived<'_>>, bool) {
    let (mut orders, mut rest) = (Vec::with_capacity(ORDERS_TOGETHER_MAX), buffer);
    while orders.len() < ORDERS_TOGETHER_MAX {
        let (message, after) = match begins(rest) {
            Begins::Message(message, after) => (message, after),
            Begins::Part => return (orders, false),
            Begins::Refused => return (orders, true),
        };
        let end = buffer.len() - after.len();
        let order = match direct::streamed_order(message) {
            Some(direct::Order { asked, order_ref }) => {
                Arrived { asked: Ok(asked), order_ref: order_ref.map(Cow::Borrowed), end }
            }
            None => match v1::StreamAuthorizeOrdersRequest::decode(message) {
                Ok(order) => Arrived {
                    asked: asked::stream_order(&order).map_err(Error::from),
                    order_ref: order.order.and_then(|it| it.order_ref).map(Cow::Owned),
                    end,
                },
                Err(_) => return (orders, true),
            },
        };
        orders.push(order);
        rest = after;
    }
    (orders, false)
}
