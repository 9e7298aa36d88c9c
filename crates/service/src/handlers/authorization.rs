//! AuthorizationService: the gate.

use std::sync::Arc;

use assent_domain::authorize::{AsOf, authorize};
use assent_domain::values::{Instant, PolicyId};
use assent_domain::{Event, Facts};
use assent_projections::Index;
use assent_proto::convert::{Asked, Ids, answer, asked, intent};
use assent_proto::v1::authorization_service_server::AuthorizationService;
use assent_proto::v1::{
    AuthorizeOrderRequest, AuthorizeOrderResponse, AuthorizeOrderResult, BatchAuthorizeOrdersRequest,
    BatchAuthorizeOrdersResponse, RecordOrderOutcomeRequest, RecordOrderOutcomeResponse,
    StreamAuthorizeOrdersRequest, StreamAuthorizeOrdersResponse, authorize_order_result,
};
use futures::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use super::{Answers, Handlers};
use crate::app::App;
use crate::error::{Error, transport_status};
use crate::read::domain_event;

#[tonic::async_trait]
impl AuthorizationService for Handlers {
    async fn authorize_order(
        &self,
        request: Request<AuthorizeOrderRequest>,
    ) -> Result<Response<AuthorizeOrderResponse>, Status> {
        let request = request.into_inner();
        let asked = asked::authorize_order(&request).map_err(Error::from)?;
        if asked.record {
            return Ok(Response::new(self.app.record_decision(request).await?));
        }
        Ok(Response::new(self.app.authorize(&asked, request.order_ref).await?))
    }

    async fn batch_authorize_orders(
        &self,
        request: Request<BatchAuthorizeOrdersRequest>,
    ) -> Result<Response<BatchAuthorizeOrdersResponse>, Status> {
        let request = request.into_inner();
        let orders = asked::batch_authorize_orders(&request).map_err(Error::from)?;
        let asked: Vec<_> = orders.iter().enumerate().map(|(at, it)| asked::batch_order(at, it)).collect();
        let latest = asked.iter().flatten().filter_map(|it| it.min_position.max(it.known_at)).max();
        self.app.wait_for(latest).await?;
        let results = {
            let index = self.app.index.read();
            let now = self.app.instant(None);
            let decide = |(asked, order): (Result<Asked, _>, &AuthorizeOrderRequest)| {
                let answer = asked
                    .map_err(Error::from)
                    .and_then(|it| answer_on(&index, self.app.ids, &it, now, order.order_ref.clone()));
                result(answer)
            };
            asked.into_iter().zip(orders).map(decide).collect()
        };
        Ok(Response::new(BatchAuthorizeOrdersResponse { results }))
    }

    type StreamAuthorizeOrdersStream = Answers<StreamAuthorizeOrdersResponse>;

    async fn stream_authorize_orders(
        &self,
        request: Request<Streaming<StreamAuthorizeOrdersRequest>>,
    ) -> Result<Response<Self::StreamAuthorizeOrdersStream>, Status> {
        let app = Arc::clone(&self.app);
        let mut orders = Box::pin(request.into_inner().take_until(stopped(&app)));
        let answers = async_stream::try_stream! {
            while let Some(order) = orders.next().await {
                let order = order.map_err(transport_status)?;
                let answer = match asked::stream_order(&order).map_err(Error::from) {
                    Ok(asked) => app.authorize(&asked, order.order.and_then(|it| it.order_ref)).await,
                    Err(error) => Err(error),
                };
                yield StreamAuthorizeOrdersResponse { result: Some(result(answer)) };
            }
        };
        Ok(Response::new(Box::pin(answers)))
    }

    async fn record_order_outcome(
        &self,
        request: Request<RecordOrderOutcomeRequest>,
    ) -> Result<Response<RecordOrderOutcomeResponse>, Status> {
        let intent = intent::record_order_outcome(request.into_inner()).map_err(Error::from)?;
        let written = self.app.write(intent, self.app.caller()).await?;
        let (position, replayed) = (written.position.0, written.replayed);
        Ok(Response::new(RecordOrderOutcomeResponse { position, replayed }))
    }
}

impl App {
    /// Decides an order on what this replica has applied. No lock is held across an await.
    pub(crate) async fn authorize(
        &self,
        asked: &Asked,
        order_ref: Option<String>,
    ) -> Result<AuthorizeOrderResponse, Error> {
        self.wait_for(asked.min_position.max(asked.known_at)).await?;
        let index = self.index.read();
        answer_on(&index, self.ids, asked, self.instant(asked.effective_at), order_ref)
    }

    /// Decides an order in the append, and answers what was stored.
    async fn record_decision(&self, request: AuthorizeOrderRequest) -> Result<AuthorizeOrderResponse, Error> {
        let order_ref = request.order_ref.clone();
        let intent = intent::record_decision(request)?;
        let written = self.write(intent, self.caller()).await?;
        let stored = written.event.ok_or_else(|| Error::corrupt(None, std::io::Error::other("no event")))?;
        let decided = domain_event(&stored)?;
        let (
            Some(assent_proto::event::event::Payload::OrderDecided(payload)),
            Event::OrderDecided { effective_at, prefix, decision, .. },
        ) = (&stored.payload, &decided)
        else {
            return Err(Error::corrupt(Some(written.position), std::io::Error::other("not a decision")));
        };
        let policy = PolicyId::parse(&payload.policy_id)
            .map_err(|_| Error::from(assent_proto::stored::StoredError::Field { field: "policy_id" }))?;
        let as_of = AsOf { prefix: *prefix, effective_at: *effective_at };
        Ok(AuthorizeOrderResponse {
            order_ref,
            recorded_position: Some(written.position.0),
            replayed: written.replayed,
            ..answer::response(decision, &as_of, &policy, payload.policy_version, &self.ids)
        })
    }
}

/// Decides an order on exactly the prefix that the index has applied, or on an earlier one.
fn answer_on(
    index: &Index,
    ids: Ids,
    asked: &Asked,
    now: Instant,
    order_ref: Option<String>,
) -> Result<AuthorizeOrderResponse, Error> {
    let prefix = asked.known_at.unwrap_or(index.ledger().applied);
    let as_of = AsOf { prefix, effective_at: asked.effective_at.unwrap_or(now) };
    let unknown = |_| Error::PolicyUnknown { known_at: asked.known_at };
    let decision = authorize(index, &asked.order, &as_of).map_err(unknown)?;
    let policy = index.policies().at(prefix).ok_or(Error::PolicyUnknown { known_at: asked.known_at })?;
    let response = answer::response(&decision, &as_of, &policy.document.id, policy.version, &ids);
    Ok(AuthorizeOrderResponse { order_ref, ..response })
}

fn result(answer: Result<AuthorizeOrderResponse, Error>) -> AuthorizeOrderResult {
    use authorize_order_result::Result::{Error as Failed, Response as Decided};
    let result = match answer {
        Ok(response) => Decided(Box::new(response)),
        Err(error) => Failed(error.rpc_status()),
    };
    AuthorizeOrderResult { result: Some(result) }
}

/// Resolves when the server begins to shut down: streams end, so that it can.
pub(crate) fn stopped(app: &App) -> impl Future<Output = ()> + Send + use<> {
    let mut stopping = app.stopping.clone();
    async move {
        // A closed channel means that the server is gone.
        let _ = stopping.wait_for(|it| *it).await;
    }
}
