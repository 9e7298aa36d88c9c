//! Unary calls: each caller awaits its answer, and calls again.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant as Stopwatch;

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;

use super::bodies::{Bodies, PREFIX_BYTES, check_allowed};
use super::connection::{check_status, connect, request};
use super::{Call, Load, Seen};
use crate::Outcome;
use crate::noop;

/// One answer in so many is looked at closely.
const CHECKED_ONE_IN: u64 = 64;

pub(super) async fn run(load: &Load, seen: Seen) -> Outcome<Seen> {
    let request = request(load.address, path(load.call))?;
    let shared = Rc::new(RefCell::new((seen, Bodies::new(load))));
    let mut callers = Vec::new();
    for _ in 0..load.connections {
        let sender = connect(load.address).await?;
        for _ in 0..load.in_flight {
            let caller = call_again(load.call, sender.clone(), request.clone(), Rc::clone(&shared));
            callers.push(tokio::task::spawn_local(caller));
        }
    }
    for caller in callers {
        caller.await??;
    }
    let shared = Rc::into_inner(shared).ok_or("every caller has ended")?;
    Ok(shared.into_inner().0)
}

const fn path(call: Call) -> &'static str {
    match call {
        Call::NoOp => noop::PATH,
        Call::Authorize | Call::Stream => "/assent.v1.AuthorizationService/AuthorizeOrder",
        Call::Confirm => "/assent.v1.AcceptanceService/ConfirmAcceptance",
    }
}

async fn call_again(
    call: Call,
    mut sender: SendRequest<Bytes>,
    request: Request<()>,
    shared: Rc<RefCell<(Seen, Bodies)>>,
) -> Outcome<()> {
    loop {
        let body = match call {
            Call::NoOp | Call::Authorize | Call::Stream => shared.borrow_mut().1.order(),
            Call::Confirm => shared.borrow_mut().1.confirmation(),
        };
        let asked = Stopwatch::now();
        sender = sender.ready().await?;
        let (response, mut body_sender) = sender.send_request(request.clone(), false)?;
        body_sender.send_data(body, true)?;
        let answer = answer(response.await?).await?;
        let (seen, _) = &mut *shared.borrow_mut();
        seen.answers(asked, 1);
        if call == Call::Authorize && seen.answered_in_all % CHECKED_ONE_IN == 0 {
            check_allowed(answer.get(PREFIX_BYTES..).ok_or("an answer has a length before it")?)?;
        }
        if seen.is_over() {
            return Ok(());
        }
    }
}

async fn answer(response: http::Response<h2::RecvStream>) -> Outcome<Bytes> {
    let (head, mut body) = response.into_parts();
    let mut answer = Bytes::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        if answer.is_empty() {
            answer = data;
        } else {
            answer = [answer, data].concat().into();
        }
    }
    match body.trailers().await? {
        Some(trailers) => check_status(&trailers)?,
        None => check_status(&head.headers)?,
    }
    Ok(answer)
}
