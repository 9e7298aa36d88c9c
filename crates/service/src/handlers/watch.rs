//! The newest status after every change that touches one.
//!
//! Changes are coalesced: a reader gets a customer's newest status once, however often it changed. One that is too
//! slow for that is told that everything may have changed. Time alone changes answers only where a policy line or a
//! version begins or ends: then, too, everything may have changed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use assent_domain::Facts;
use assent_domain::command::Parties;
use assent_domain::values::{CustomerId, Instant, Position};
use assent_projections::{Applied, EventQuery};
use assent_proto::convert::answer;
use assent_proto::convert::asked::{Status, Watch};
use assent_proto::v1::watch_acceptance_status_response::Message;
use assent_proto::v1::{AllChanged, Checkpoint, CustomerStatus, WatchAcceptanceStatusResponse};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::Answers;
use crate::app::App;
use crate::error::Error;

/// How many earlier changes a watcher catches up on one by one; more are an `all_changed`.
const EARLIER_CHANGES_MAX: u32 = 1_000;
/// How long a quiet watch waits before it says where it stands.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);

/// What is to be said next.
#[derive(Debug, Default)]
struct Due {
    customers: BTreeSet<CustomerId>,
    everything: bool,
    position: Position,
}

impl App {
    /// Streams changes from now on, or from a position on.
    pub(crate) async fn watch(
        self: &Arc<Self>,
        asked: Watch,
    ) -> Result<Answers<WatchAcceptanceStatusResponse>, Error> {
        let mut changes = self.index.changes();
        let mut due = Due { position: self.applied(), ..Due::default() };
        if let Some(from) = asked.from_position {
            self.wait_for(Some(from)).await?;
            self.earlier(&asked, from, &mut due).await?;
        }
        let app = Arc::clone(self);
        let mut stop = Box::pin(app.stopped());
        let (mut reloads, mut serving) = (app.trust.reloads(), app.trust.serving());
        Ok(Box::pin(async_stream::try_stream! {
            let mut boundary = app.next_boundary(app.clock.now());
            loop {
                let now = Due { position: due.position, ..Due::default() };
                for message in app.said(&asked, std::mem::replace(&mut due, now)).await? {
                    yield WatchAcceptanceStatusResponse { message: Some(message) };
                }
                let quiet = app.until(boundary).map_or(CHECKPOINT_EVERY, |it| it.min(CHECKPOINT_EVERY));
                let ended = tokio::select! {
                    change = changes.recv() => match change {
                        Ok(change) => {
                            due.add(&app, &asked, change);
                            Ok(false)
                        }
                        Err(RecvError::Lagged(_)) => {
                            due.everything = true;
                            Ok(false)
                        }
                        Err(RecvError::Closed) => Ok(true),
                    },
                    () = tokio::time::sleep(quiet) => Ok(false),
                    () = &mut stop => Ok(true),
                    _ = reloads.changed() => Err(app.reloaded()),
                    // A quiet watch, too, ends once this replica may not answer any more.
                    _ = serving.changed() => app.check_trusted().map(|()| false),
                };
                if ended? {
                    app.cut_short()?;
                    break;
                }
                loop {
                    match changes.try_recv() {
                        Ok(change) => due.add(&app, &asked, change),
                        Err(TryRecvError::Lagged(_)) => due.everything = true,
                        Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                    }
                }
                if app.until(boundary).is_some_and(|it| it.is_zero()) {
                    due.everything = true;
                    boundary = app.next_boundary(app.clock.now());
                } else if due.everything {
                    boundary = app.next_boundary(app.clock.now());
                }
            }
        }))
    }

    /// What changed after a position and before the watch began.
    async fn earlier(&self, asked: &Watch, from: Position, due: &mut Due) -> Result<(), Error> {
        self.wait_for_read_models().await?;
        let after = Position(from.0 + 1);
        let catalogue = ["agreement_version_published", "agreement_retired", "policy_published"];
        let of_all = EventQuery { types: catalogue.map(str::to_owned).to_vec(), ..EventQuery::default() };
        let of_partner = EventQuery { partner: Some(asked.partner.clone()), ..EventQuery::default() };
        let all = self.views.events(&of_all, after, due.position, 1, false).await?;
        let own = self.views.events(&of_partner, after, due.position, EARLIER_CHANGES_MAX, false).await?;
        due.everything = !all.is_empty() || own.len() == EARLIER_CHANGES_MAX as usize;
        if due.everything {
            return Ok(());
        }
        for position in own {
            let event = crate::read::domain_event(&self.event_at(position).await?)?;
            match event.customer() {
                Some(customer) => due.customer(asked, customer.clone()),
                None => due.everything = true,
            }
        }
        Ok(())
    }

    /// The messages that say what is due, and the checkpoint after them.
    async fn said(&self, asked: &Watch, due: Due) -> Result<Vec<Message>, Error> {
        // A checkpoint says that nothing else has changed: only who is fresh can know.
        self.check_trusted()?;
        let Due { customers, everything, position } = due;
        let mut messages = Vec::new();
        if everything {
            messages.push(Message::AllChanged(AllChanged { position: position.0 }));
        } else {
            for customer in customers {
                let status = Status {
                    parties: Parties { partner: asked.partner.clone(), customer: customer.clone() },
                    channel: asked.channel,
                    product_family: asked.product_family.clone(),
                    effective_at: None,
                    min_position: None,
                };
                let status = Some(self.status(&status).await?);
                messages.push(Message::Status(CustomerStatus { customer_id: customer.to_string(), status }));
            }
        }
        let time = Some(answer::timestamp(self.instant(None)));
        messages.push(Message::Checkpoint(Checkpoint { position: position.0, time }));
        Ok(messages)
    }

    /// The next instant at which answers change by themselves.
    fn next_boundary(&self, now: Instant) -> Option<Instant> {
        let index = self.index.read();
        let policy = index.policies().at(Position::END)?;
        let lines = policy.document.lines.iter().flat_map(|it| [Some(it.from), it.until]);
        let versions = index.catalogue().agreements.iter().flat_map(|it| &it.versions);
        let times = index.catalogue().agreements.iter().flat_map(|it| it.availability.current());
        let times = times.flat_map(|it| [Some(it.from), it.until]);
        let versions = versions.map(|it| it.in_force_from);
        lines.chain(versions).chain(times).flatten().filter(|it| *it > now).min()
    }

    /// How long it is until an instant; zero once it has come.
    fn until(&self, boundary: Option<Instant>) -> Option<Duration> {
        let micros = boundary?.micros() - self.clock.now().micros();
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }
}

impl Due {
    fn add(&mut self, app: &App, asked: &Watch, change: Applied) {
        match change {
            Applied::Relationship(position, partner, customer) => {
                self.position = self.position.max(position);
                if partner == asked.partner {
                    self.customer(asked, customer);
                }
            }
            Applied::Partner(position, partner) => {
                self.position = self.position.max(position);
                self.everything |= partner == asked.partner;
            }
            Applied::Link(position, provider, reseller) => {
                self.position = self.position.max(position);
                self.everything |= [provider, reseller].contains(&asked.partner);
            }
            Applied::Customer(position, customer) => {
                self.position = self.position.max(position);
                let known = app.index.read().relationship(&asked.partner, &customer).is_some();
                if known || !asked.customers.is_empty() {
                    self.customer(asked, customer);
                }
            }
            Applied::Everything(position) => {
                self.position = self.position.max(position);
                self.everything = true;
            }
            Applied::Nothing(position) => self.position = self.position.max(position),
        }
    }

    fn customer(&mut self, asked: &Watch, customer: CustomerId) {
        if asked.customers.is_empty() || asked.customers.binary_search(&customer).is_ok() {
            self.customers.insert(customer);
        }
    }
}
