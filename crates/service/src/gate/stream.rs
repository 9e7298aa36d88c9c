//! StreamAuthorizeOrders: the orders that have arrived together are decided together, and answered in one piece.

use assent_domain::Facts;
use assent_identity::Caller;
use assent_proto::convert::{Asked, asked};
use assent_proto::{direct, v1};
use http_body::Frame;
use prost::Message;
use tonic::body::Body;
use tonic::codegen::Service;
use tracing::Instrument;

use super::arriving::Arriving;
use super::entire::entire;
use super::frames::{Begins, Streamed, begins, next_frame, put_message, response};
use super::together::Together;
use super::{Gate, span};
use crate::app::App;
use crate::error::Error;
use crate::handlers::failed;
use crate::permission::caller_of;

pub(super) const PATH: &str = "/assent.v1.AuthorizationService/StreamAuthorizeOrders";
/// How many orders are decided together, where so many have arrived.
const ORDERS_TOGETHER_MAX: usize = 128;
/// More than nearly every answer takes.
const ANSWER_BYTES: usize = 320;

/// Answers plain orders so long as nothing else arrives; the rest of the stream goes the ordinary way.
pub(super) fn authorize(gate: Gate, request: http::Request<Body>) -> http::Response<Body> {
    let Gate { app, mut ordinary, keeper } = gate;
    let (parts, body) = request.into_parts();
    let caller = caller_of(&parts.extensions).ok().cloned();
    let frames = async_stream::stream! {
        let mut arriving = Arriving::new(body, keeper.keep(&parts.extensions));
        let mut stopped = Box::pin(app.stopped());
        loop {
            let goes_on = tokio::select! {
                biased;
                () = &mut stopped => false,
                () = arriving.more() => arriving.goes_on(),
            };
            // Without a caller nothing is answered here; the layer before this refuses it.
            let Some(caller) = &caller else { break };
            let mut answers = app.answer_together(arriving.bytes(), caller);
            while !answers.bytes.is_empty() {
                arriving.answered(answers.read);
                yield Ok(Frame::data(answers.bytes.into()));
                if answers.is_stuck {
                    break;
                }
                answers = app.answer_together(arriving.bytes(), caller);
            }
            if answers.is_stuck || !goes_on {
                break;
            }
        }
        let (body, kept) = arriving.into_body();
        let rest = http::Request::from_parts(parts, entire(body, kept));
        let span = span(&rest);
        let Ok(rest) = span.in_scope(|| ordinary.call(rest)).instrument(span.clone()).await;
        let (parts, mut body) = rest.into_parts();
        if parts.headers.contains_key("grpc-status") {
            yield Ok(Frame::trailers(parts.headers));
        }
        while let Some(frame) = next_frame(&mut body).instrument(span.clone()).await {
            yield frame;
        }
    };
    response(Streamed(Box::pin(frames)))
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
    order: Result<direct::Order<'a>, Box<NotPlain>>,
    /// Where it ends.
    end: usize,
}

/// An order that was decoded the ordinary way.
struct NotPlain {
    asked: Result<Asked, Error>,
    order_ref: Option<String>,
}

impl Arrived<'_> {
    fn asked(&self) -> Result<&Asked, &Error> {
        match &self.order {
            Ok(it) => Ok(&it.asked),
            Err(it) => it.asked.as_ref(),
        }
    }

    fn order_ref(&self) -> Option<&str> {
        match &self.order {
            Ok(it) => it.order_ref,
            Err(it) => it.order_ref.as_deref(),
        }
    }
}

impl App {
    /// Decides orders at one prefix and one instant, up to one that has to wait, or that is not the caller's to ask about.
    fn answer_together(&self, buffer: &[u8], caller: &Caller) -> Answers {
        // Looked at before the lock is held: to say what is in doubt may need it.
        if self.check_trusted().is_err() {
            return Answers { read: 0, bytes: Vec::new(), is_stuck: true };
        }
        let (mut orders, mut is_stuck) = arrived(buffer);
        let index = self.index.read();
        let applied = Some(index.ledger().applied);
        let is_not_for_here = |it: &Arrived<'_>| {
            it.asked().is_ok_and(|it| it.position() > applied || !caller.acts_for(&it.order.partner))
        };
        if let Some(at) = orders.iter().position(is_not_for_here) {
            orders.truncate(at);
            is_stuck = true;
        }
        let known = orders.iter().filter_map(|it| it.asked().ok()).map(|it| &it.order);
        let mut likely = index.seek(known.map(|it| &it.customer)).into_iter();
        let mut together = Together::new(self, &index, self.instant(None));
        let read = orders.last().map_or(0, |it| it.end);
        let mut bytes = Vec::with_capacity(orders.len() * ANSWER_BYTES);
        for order in &orders {
            put_message(&mut bytes, |out| match order.asked() {
                Ok(asked) => {
                    let (partner, customer) = (&asked.order.partner, &asked.order.customer);
                    let found = index.find_likely(likely.next().unwrap_or_default(), partner, customer);
                    let answered = together.answer(&found, asked, order.order_ref(), out);
                    if let Err(error) = answered {
                        put_error(&error, out);
                    }
                }
                Err(error) => put_error(error, out),
            });
        }
        Answers { read, bytes, is_stuck }
    }
}

fn put_error(error: &Error, out: &mut Vec<u8>) {
    let answer = v1::StreamAuthorizeOrdersResponse { result: Some(failed(error)) };
    answer.encode(out).expect("a list of bytes grows");
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
            Some(plain) => Ok(plain),
            None => match v1::StreamAuthorizeOrdersRequest::decode(message) {
                Ok(order) => Err(Box::new(NotPlain {
                    asked: asked::stream_order(&order).map_err(Error::from),
                    order_ref: order.order.and_then(|it| it.order_ref),
                })),
                Err(_) => return (orders, true),
            },
        };
        orders.push(Arrived { order, end });
        rest = after;
    }
    (orders, false)
}
