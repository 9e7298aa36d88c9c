//! A stream of orders on each connection: some are always unanswered, and answers come in their order.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant as Stopwatch;

use bytes::{Buf as _, Bytes, BytesMut};
use h2::client::SendRequest;
use http::Request;

use super::bodies::{Bodies, PREFIX_BYTES, check_streamed_allowed};
use super::connection::{check_status, connect, request};
use super::{Load, Seen};
use crate::Outcome;

const PATH: &str = "/assent.v1.AuthorizationService/StreamAuthorizeOrders";
/// How many orders a client hands over at once.
const ORDERS_A_WRITE: u64 = 64;

pub(super) async fn run(load: &Load, seen: Seen) -> Outcome<Seen> {
    let request = request(load.address, PATH)?;
    let shared = Rc::new(RefCell::new((seen, Bodies::new(load))));
    let mut streams = Vec::new();
    for _ in 0..load.connections {
        let sender = connect(load.address).await?;
        let unanswered_max = load.in_flight as u64;
        let stream = ask_on(sender, request.clone(), unanswered_max, Rc::clone(&shared));
        streams.push(tokio::task::spawn_local(stream));
    }
    for stream in streams {
        stream.await??;
    }
    let shared = Rc::into_inner(shared).ok_or("every stream has ended")?;
    Ok(shared.into_inner().0)
}

async fn ask_on(
    sender: SendRequest<Bytes>,
    request: Request<()>,
    unanswered_max: u64,
    shared: Rc<RefCell<(Seen, Bodies)>>,
) -> Outcome<()> {
    let mut sender = sender.ready().await?;
    let (response, mut orders) = sender.send_request(request, false)?;
    let mut unanswered = VecDeque::new();
    let mut ask = |unanswered: &mut VecDeque<(Stopwatch, u64)>, shared: &RefCell<(Seen, Bodies)>| {
        unanswered.push_back((Stopwatch::now(), ORDERS_A_WRITE));
        orders.send_data(shared.borrow_mut().1.orders(ORDERS_A_WRITE), false)
    };
    ask(&mut unanswered, &shared)?;
    let (head, mut body) = response.await?.into_parts();
    let mut answers = BytesMut::new();
    while !shared.borrow().0.is_over() {
        while unanswered.len() as u64 * ORDERS_A_WRITE < unanswered_max {
            ask(&mut unanswered, &shared)?;
        }
        let Some(data) = body.data().await else {
            check_status(&body.trailers().await?.unwrap_or(head.headers))?;
            return Err("a stream ended early".into());
        };
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        answers.extend_from_slice(&data);
        take_answers(&mut answers, &mut unanswered, &mut shared.borrow_mut().0)?;
    }
    // Dropping the halves resets the stream: the answers under way are of no interest.
    Ok(())
}

/// Takes the whole answers off the front.
fn take_answers(
    answers: &mut BytesMut,
    unanswered: &mut VecDeque<(Stopwatch, u64)>,
    seen: &mut Seen,
) -> Outcome<()> {
    while let Some(length) = answers.get(1..PREFIX_BYTES) {
        let length = u32::from_be_bytes(length.try_into()?) as usize;
        if answers.len() < PREFIX_BYTES + length {
            break;
        }
        let (asked, left) = unanswered.front_mut().ok_or("an answer without an order")?;
        if *left == ORDERS_A_WRITE {
            check_streamed_allowed(&answers[PREFIX_BYTES..PREFIX_BYTES + length])?;
        }
        seen.answers(*asked, 1);
        *left -= 1;
        if *left == 0 {
            unanswered.pop_front();
        }
        answers.advance(PREFIX_BYTES + length);
    }
    Ok(())
}
