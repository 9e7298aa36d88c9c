//! All that decides about a customer's orders through a partner, in one answer.

use std::borrow::Cow;

use assent_domain::Facts;
use assent_domain::authorize::{AsOf, Order, authorize};
use assent_domain::catalog::AgreementIndex;
use assent_domain::values::{Position, TransactionKind};
use assent_proto::convert::answer::{self, AcceptanceView, Opened};
use assent_proto::convert::asked::Status;
use assent_proto::v1::{AgreementStatus, GetAcceptanceStatusResponse, TransactionDecision};

use crate::app::App;
use crate::error::Error;

impl App {
    /// The status, as of one prefix.
    pub(crate) async fn status(&self, asked: &Status) -> Result<GetAcceptanceStatusResponse, Error> {
        let Found { relationship, agreements, mut status, as_of } = self.decide_all(asked)?;
        for (agreement_id, current, in_force) in agreements {
            let fact = current.and_then(|position| relationship.acceptance(position));
            let acceptance = match fact {
                Some(fact) => {
                    let stored = &self.event_at(fact.recorded.position).await?;
                    let opened = &Opened::default();
                    let view = AcceptanceView { stored, relationship: &relationship, fact, as_of, opened };
                    answer::acceptance(&view, &self.ids)
                }
                None => None,
            };
            status.agreements.push(AgreementStatus { agreement_id, acceptance, in_force });
        }
        Ok(status)
    }

    fn decide_all(&self, asked: &Status) -> Result<Found, Error> {
        let index = self.index.read();
        let as_of = AsOf { prefix: index.ledger().applied, effective_at: self.instant(asked.effective_at) };
        let (partner, customer) = (&asked.parties.partner, &asked.parties.customer);
        let policy = index.policies().at(as_of.prefix).ok_or(Error::PolicyUnknown { known_at: None })?;
        let mut status = GetAcceptanceStatusResponse { position: as_of.prefix.0, ..Default::default() };
        let mut valid_until = None;
        for transaction in TransactionKind::ALL {
            let order = Order {
                partner: partner.clone(),
                customer: customer.clone(),
                reseller: None,
                transaction: *transaction,
                channel: asked.channel,
                product_family: asked.product_family.clone(),
            };
            let decision = authorize(&*index, &order, &as_of)?;
            valid_until = [valid_until, decision.valid_until].into_iter().flatten().min();
            let shown = answer::response(&decision, &as_of, &policy.document.id, policy.version, &self.ids);
            let mut row = TransactionDecision { transaction: 0, decision: Some(shown) };
            row.set_transaction((*transaction).into());
            status.decisions.push(row);
        }
        status.valid_until = valid_until.map(answer::timestamp);
        let relationship = index.relationship(partner, customer).map(Cow::into_owned).unwrap_or_default();
        status.revision = relationship.stream.revision.into();
        let mut agreements = Vec::new();
        for (place, agreement) in index.catalogue().agreements.iter().enumerate() {
            let place =
                AgreementIndex(u16::try_from(place).expect("a catalogue has fewer than 65,536 agreements"));
            if relationship.acceptances.iter().any(|it| it.agreement == place) {
                let current = relationship.current(place, as_of).map(|it| it.recorded.position);
                let in_force = relationship
                    .acceptances
                    .iter()
                    .any(|it| it.agreement == place && relationship.is_in_force(it, as_of));
                agreements.push((agreement.id.to_string(), current, in_force));
            }
        }
        Ok(Found { relationship, agreements, status, as_of })
    }
}

struct Found {
    relationship: assent_domain::acceptance::Relationship,
    agreements: Vec<(String, Option<Position>, bool)>,
    status: GetAcceptanceStatusResponse,
    as_of: AsOf,
}
