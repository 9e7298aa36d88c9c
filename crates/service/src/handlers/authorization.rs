//! AuthorizationService: the gate.

use std::sync::Arc;

use assent_domain::Event;
use assent_domain::authorize::AsOf;
use assent_domain::facts::{Facts, Found};
use assent_domain::values::{Instant, PolicyId, Position};
use assent_projections::Index;
use assent_proto::convert::{Asked, Violations, answer, asked, intent};
use assent_proto::v1::authorization_service_server::AuthorizationService;
use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, AuthorizeOrderResult, BatchAuthorizeOrdersRequest,
    BatchAuthorizeOrdersResponse, RecordOrderOutcomeRequest, RecordOrderOutcomeResponse,
    StreamAuthorizeOrdersRequest, StreamAuthorizeOrdersResponse, authorize_order_result,
};
use futures::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use super::{Answers, Handlers, told};
use crate::app::App;
use crate::error::{Error, transport_status};
use crate::gate::Decided;
use crate::permission::{Method, Permit};
use crate::read::domain_event;

/// How many orders of a stream are decided together, where so many have arrived.
const ORDERS_TOGETHER_MAX: usize = 64;

/// An order that has arrived, with what its answer echoes.
struct Arrived {
    asked: Result<Asked, Error>,
    order_ref: Option<String>,
}

/// Orders of a stream that are decided together; a failure of the stream itself stands at the end.
type Run = Vec<Result<Arrived, Status>>;

#[tonic::async_trait]
impl AuthorizationService for Handlers {
    async fn authorize_order(
        &self,
        request: Request<AuthorizeOrderRequest>,
    ) -> Result<Response<AuthorizeOrderResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::AuthorizeOrder)?;
        let asked = asked::authorize_order(&request).map_err(Error::from)?;
        permit.narrow(Some(&asked.order.partner))?;
        if asked.record || asked.min_position.is_some() || asked.known_at.is_some() {
            // Boxed: a future is moved with all that it may ever hold, and few calls record or wait.
            return Ok(Response::new(Box::pin(self.app.authorize_later(asked, request, &permit)).await?));
        }
        Ok(Response::new(self.app.authorize(&asked, request.order_ref)?))
    }

    async fn batch_authorize_orders(
        &self,
        request: Request<BatchAuthorizeOrdersRequest>,
    ) -> Result<Response<BatchAuthorizeOrdersResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::BatchAuthorizeOrders)?;
        let orders = asked::batch_authorize_orders(&request).map_err(Error::from)?;
        let arrived = orders.iter().enumerate().map(|(at, order)| {
            let asked = narrowed(asked::batch_order(at, order), &permit);
            Ok(Arrived { asked, order_ref: order.order_ref.clone() })
        });
        let run: Run = arrived.collect();
        match self.app.wait_for(run.iter().flatten().filter_map(Arrived::position).max()).await {
            // Only the orders that name a position beyond this replica's have no answer.
            Ok(()) | Err(Error::ReplicaTooStale { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let results = self.app.authorize_together(run).into_iter().collect::<Result<_, _>>()?;
        Ok(Response::new(BatchAuthorizeOrdersResponse { results }))
    }

    type StreamAuthorizeOrdersStream = Answers<StreamAuthorizeOrdersResponse>;

    async fn stream_authorize_orders(
        &self,
        request: Request<Streaming<StreamAuthorizeOrdersRequest>>,
    ) -> Result<Response<Self::StreamAuthorizeOrdersStream>, Status> {
        let (permit, orders) = self.let_in(request, Method::StreamAuthorizeOrders)?;
        let app = Arc::clone(&self.app);
        let orders = orders.take_until(app.stopped()).map(move |order| match order {
            Ok(order) => Ok(Arrived {
                asked: narrowed(asked::stream_order(&order), &permit),
                order_ref: order.order.and_then(|it| it.order_ref),
            }),
            Err(status) => Err(transport_status(status)),
        });
        let mut orders = Box::pin(orders.ready_chunks(ORDERS_TOGETHER_MAX));
        let answers = async_stream::stream! {
            while let Some(arrived) = orders.next().await {
                for run in runs(arrived) {
                    for answer in app.authorize_run(run).await {
                        yield answer;
                    }
                }
            }
            if let Err(status) = app.cut_short() {
                yield Err(status);
            }
        };
        Ok(Response::new(Box::pin(answers)))
    }

    async fn record_order_outcome(
        &self,
        request: Request<RecordOrderOutcomeRequest>,
    ) -> Result<Response<RecordOrderOutcomeResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::RecordOrderOutcome)?;
        let intent = intent::record_order_outcome(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        told!(written, RecordOrderOutcomeResponse {})
    }
}

impl App {
    /// Decides an order that is to be recorded, or that names a position.
    async fn authorize_later(
        &self,
        asked: Asked,
        request: AuthorizeOrderRequest,
        permit: &Permit,
    ) -> Result<AuthorizeOrderResponse, Error> {
        self.wait_for(asked.position()).await?;
        if asked.record {
            return self.record_decision(request, permit).await;
        }
        self.authorize(&asked, request.order_ref)
    }

    /// Decides an order on what this replica has applied.
    fn authorize(&self, asked: &Asked, order_ref: Option<String>) -> Result<AuthorizeOrderResponse, Error> {
        self.check_trusted()?;
        let index = self.index.read();
        let found = index.find(&asked.order.partner, &asked.order.customer);
        self.answer_on(&index, &found, asked, self.instant(asked.effective_at), order_ref)
    }

    /// Decides an order on exactly the prefix that the index has applied, or on an earlier one.
    fn answer_on(
        &self,
        index: &Index,
        found: &Found<'_>,
        asked: &Asked,
        now: Instant,
        order_ref: Option<String>,
    ) -> Result<AuthorizeOrderResponse, Error> {
        let Decided { decision, as_of, policy } = self.decide_found(index, found, asked, now)?;
        let response = answer::response(&decision, &as_of, &policy.document.id, policy.version, &self.ids);
        Ok(AuthorizeOrderResponse { order_ref, ..response })
    }

    /// Decides a part of a stream, of which only the first order may have to wait.
    async fn authorize_run(&self, mut run: Run) -> Vec<Result<StreamAuthorizeOrdersResponse, Status>> {
        if let Some(Ok(first)) = run.first_mut()
            && let Err(error) = self.wait_for(first.position()).await
        {
            first.asked = Err(error);
        }
        let answer = |it| StreamAuthorizeOrdersResponse { result: Some(it) };
        self.authorize_together(run).into_iter().map(|it| it.map(answer)).collect()
    }

    /// Decides orders at one prefix and one instant.
    fn authorize_together(&self, run: Run) -> Vec<Result<AuthorizeOrderResult, Status>> {
        // Before the lock is held: to say what is in doubt may need it.
        let trusted = |Arrived { asked, order_ref }| {
            let asked = asked.and_then(|it| self.check_trusted().map(|()| it));
            Arrived { asked, order_ref }
        };
        let run: Run = run.into_iter().map(|it| it.map(trusted)).collect();
        let index = self.index.read();
        let now = self.instant(None);
        let orders = run.iter().flatten().filter_map(|it| it.asked.as_ref().ok()).map(|it| &it.order);
        let mut likely = index.seek(orders.map(|it| &it.customer)).into_iter();
        let mut decide = |Arrived { asked, order_ref }| {
            result(asked.and_then(|it| {
                let (partner, customer) = (&it.order.partner, &it.order.customer);
                let found = index.find_likely(likely.next().unwrap_or_default(), partner, customer);
                self.answer_on(&index, &found, &it, now, order_ref)
            }))
        };
        run.into_iter().map(|it| it.map(&mut decide)).collect()
    }

    /// Decides an order in the append, and answers what was stored.
    async fn record_decision(
        &self,
        request: AuthorizeOrderRequest,
        permit: &Permit,
    ) -> Result<AuthorizeOrderResponse, Error> {
        let order_ref = request.order_ref.clone();
        let intent = intent::record_decision(request)?;
        let written = self.write(intent, permit).await?;
        let stored = written.event.ok_or_else(|| Error::corrupt(None, std::io::Error::other("no event")))?;
        let decided = domain_event(&stored)?;
        let (
            Some(assent_proto::event::event::Payload::OrderDecided(payload)),
            Event::OrderDecided { effective_at, prefix, decision, .. },
        ) = (&stored.payload, &decided)
        else {
            return Err(Error::corrupt(Some(written.position), std::io::Error::other("not a decision")));
        };
        if !written.replayed {
            self.figures.decided(decision);
        }
        let policy = PolicyId::parse(&payload.policy_id)
            .map_err(|_| Error::from(assent_proto::stored::StoredError::Field { field: "policy_id" }))?;
        let as_of = AsOf { prefix: *prefix, effective_at: *effective_at };
        Ok(AuthorizeOrderResponse {
            order_ref,
            recorded_position: Some(written.position.0),
            replayed: written.replayed,
            receipt: written.proof,
            proof_pending: written.proof_pending,
            ..answer::response(decision, &as_of, &policy, payload.policy_version, &self.ids)
        })
    }
}

impl Arrived {
    /// The position that must have been applied before the answer.
    fn position(&self) -> Option<Position> {
        self.asked.as_ref().ok().and_then(Asked::position)
    }
}

/// An order of this caller; another partner's is refused by itself.
fn narrowed(asked: Result<Asked, Violations>, permit: &Permit) -> Result<Asked, Error> {
    let asked = asked?;
    permit.narrow(Some(&asked.order.partner))?;
    Ok(asked)
}

/// Cuts before each order that names a position: what came before it is answered before it is waited for.
fn runs(mut arrived: Run) -> Vec<Run> {
    let waits = |it: &Result<Arrived, Status>| it.as_ref().is_ok_and(|it| it.position().is_some());
    let mut runs = Vec::new();
    while let Some(before) = arrived.get(1..).and_then(|it| it.iter().rposition(waits)) {
        runs.push(arrived.split_off(before + 1));
    }
    runs.push(arrived);
    runs.reverse();
    runs
}

fn result(answer: Result<AuthorizeOrderResponse, Error>) -> AuthorizeOrderResult {
    match answer {
        Ok(response) => {
            let response = authorize_order_result::Result::Response(Box::new(response));
            AuthorizeOrderResult { result: Some(response) }
        }
        Err(error) => failed(&error),
    }
}

/// The result of an order that has no answer; the others are not affected.
pub(crate) fn failed(error: &Error) -> AuthorizeOrderResult {
    AuthorizeOrderResult { result: Some(authorize_order_result::Result::Error(error.rpc_status())) }
}
