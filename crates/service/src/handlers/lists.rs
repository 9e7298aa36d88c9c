//! Lists: rows are found by the read models, and shown from the log and the facts.

use assent_domain::Facts;
use assent_domain::authorize::{AsOf, Decision, Order, Outcome, ReasonCode, authorize};
use assent_domain::command::Parties;
use assent_domain::values::{CustomerId, Instant, Position};
use assent_projections::{ListQuery, Listed};
use assent_proto::convert::asked::{
    AcceptanceList, Cursor, CustomersNeedingAcceptance, EvidenceList, ObligationList, Page,
};
use assent_proto::convert::{EvidenceState, answer};
use assent_proto::v1::{
    CustomerNeedingAcceptance, ListAcceptancesResponse, ListCustomersNeedingAcceptanceResponse,
    ListEvidenceResponse, ListObligationsResponse,
};

use crate::app::App;
use crate::error::Error;
use crate::permission::Viewing;

/// How many rows a call looks at for one page; a filter that matches few gives a short page and a token.
const ROWS_LOOKED_AT_MAX: usize = 10_000;

/// Pages through the rows of a read model: keeps those that `show` shows, until the page is full.
macro_rules! page {
    ($app:ident, $list:ident, $asked:ident, $query:expr, |$row:ident| $show:expr) => {{
        $app.wait_for_read_models().await?;
        let mut query: ListQuery = $query;
        let mut shown = Vec::new();
        let mut looked_at = 0;
        let mut next_page_token = String::new();
        'pages: loop {
            let rows: Vec<Listed> = $app.views.$list(&query).await?;
            let last_page = rows.len() < query.limit as usize;
            // Another replica writes the rows, perhaps of events that this one has not applied yet.
            $app.wait_for(rows.last().map(|it| it.position)).await?;
            for $row in rows {
                query.after = $row.position;
                looked_at += 1;
                shown.extend($show);
                if shown.len() == $asked.page.size || looked_at == ROWS_LOOKED_AT_MAX {
                    next_page_token = $asked.page.token(&Cursor::Position(query.after));
                    break 'pages;
                }
            }
            if last_page {
                break;
            }
        }
        (shown, next_page_token)
    }};
}

impl App {
    pub(crate) async fn list_acceptances(
        &self,
        asked: AcceptanceList,
        viewing: &mut Viewing<'_>,
    ) -> Result<ListAcceptancesResponse, Error> {
        let AcceptanceList { partner, customer, agreement, state, .. } = &asked;
        let query = ListQuery {
            partner: partner.clone(),
            customer: customer.clone(),
            agreement: agreement.clone(),
            after: after(&asked.page),
            limit: limit(&asked.page),
        };
        let (acceptances, next_page_token) = page!(self, acceptances, asked, query, |row| {
            let (relationship, as_of) = self.relationship(partner, &row.customer);
            let relationship = relationship.unwrap_or_default();
            match relationship.acceptance(row.position) {
                Some(fact) if state.is_none_or(|it| it == relationship.state(fact, as_of)) => {
                    Some(self.acceptance(&self.event_at(row.position).await?, viewing).await?)
                }
                _ => None,
            }
        });
        Ok(ListAcceptancesResponse { acceptances, next_page_token })
    }

    pub(crate) async fn list_obligations(
        &self,
        asked: ObligationList,
    ) -> Result<ListObligationsResponse, Error> {
        let ObligationList { partner, customer, state, .. } = &asked;
        let query = ListQuery {
            partner: partner.clone(),
            customer: customer.clone(),
            agreement: None,
            after: after(&asked.page),
            limit: limit(&asked.page),
        };
        let (obligations, next_page_token) = page!(self, obligations, asked, query, |row| {
            let (relationship, as_of) = self.relationship(partner, &row.customer);
            let relationship = relationship.unwrap_or_default();
            let obligation =
                relationship.withdrawal(row.position).map(|it| relationship.obligation(it, as_of));
            match obligation {
                Some(it) if state.is_none_or(|wanted| wanted == it.state) => self.obligation_at(
                    &Parties { partner: partner.clone(), customer: row.customer },
                    row.position,
                ),
                _ => None,
            }
        });
        Ok(ListObligationsResponse { obligations, next_page_token })
    }

    pub(crate) async fn list_evidence(
        &self,
        asked: EvidenceList,
        viewing: &mut Viewing<'_>,
    ) -> Result<ListEvidenceResponse, Error> {
        let EvidenceList { partner, customer, state, .. } = &asked;
        let query = ListQuery {
            partner: partner.clone(),
            customer: customer.clone(),
            agreement: None,
            after: after(&asked.page),
            limit: limit(&asked.page),
        };
        let (evidence, next_page_token) = page!(self, evidence, asked, query, |row| {
            let relationship = self.relationship(partner, &row.customer).0.unwrap_or_default();
            match relationship.evidence_of(row.position) {
                Some(fact) if state.is_none_or(|it| it == EvidenceState::from(fact.outcome)) => {
                    let stored = self.event_at(row.position).await?;
                    let opened = self.open_for(&stored, viewing).await?;
                    answer::submitted_evidence(&stored, fact, &opened, &self.ids)
                }
                _ => None,
            }
        });
        Ok(ListEvidenceResponse { evidence, next_page_token })
    }

    pub(crate) async fn list_customers_needing_acceptance(
        &self,
        asked: CustomersNeedingAcceptance,
    ) -> Result<ListCustomersNeedingAcceptanceResponse, Error> {
        self.wait_for_read_models().await?;
        let effective_at = self.instant(asked.effective_at);
        let mut response = ListCustomersNeedingAcceptanceResponse::default();
        let mut after = match &asked.page.after {
            Some(Cursor::Id(id)) => CustomerId::parse(id).ok(),
            Some(Cursor::Position(_)) | None => None,
        };
        let mut looked_at = 0;
        loop {
            let customers = self.views.customers(&asked.partner, after.as_ref(), limit(&asked.page)).await?;
            // The rows may be newer than what this replica has applied; they are no newer than this.
            self.wait_for(Some(self.views.position().await?)).await?;
            let last_page = customers.len() < asked.page.size;
            if self.look_through(
                &asked,
                customers,
                effective_at,
                &mut looked_at,
                &mut after,
                &mut response,
            )? || last_page
            {
                return Ok(response);
            }
        }
    }

    /// Adds the customers that need an acceptance; true when the page is full.
    fn look_through(
        &self,
        asked: &CustomersNeedingAcceptance,
        customers: Vec<CustomerId>,
        effective_at: Instant,
        looked_at: &mut usize,
        after: &mut Option<CustomerId>,
        response: &mut ListCustomersNeedingAcceptanceResponse,
    ) -> Result<bool, Error> {
        let index = self.index.read();
        let as_of = AsOf { prefix: index.ledger().applied, effective_at };
        response.position = as_of.prefix.0;
        for customer in customers {
            *looked_at += 1;
            let decision = authorize(&*index, &order(asked, &customer), &as_of)?;
            if needs_acceptance(&decision) {
                response.customers.push(self.needing(&customer, &decision));
            }
            if response.customers.len() == asked.page.size || *looked_at == ROWS_LOOKED_AT_MAX {
                response.next_page_token = asked.page.token(&Cursor::Id(customer.to_string()));
                return Ok(true);
            }
            *after = Some(customer);
        }
        Ok(false)
    }

    fn needing(&self, customer: &CustomerId, decision: &Decision) -> CustomerNeedingAcceptance {
        CustomerNeedingAcceptance {
            customer_id: customer.to_string(),
            reasons: decision.reasons.iter().map(|it| answer::reason(it, &self.ids)).collect(),
            remediations: decision.remediations.iter().map(|it| answer::remediation(it, &self.ids)).collect(),
        }
    }
}

fn after(page: &Page) -> Position {
    match page.after {
        Some(Cursor::Position(position)) => position,
        Some(Cursor::Id(_)) | None => Position::START,
    }
}

fn limit(page: &Page) -> u32 {
    u32::try_from(page.size).unwrap_or(u32::MAX)
}

fn order(asked: &CustomersNeedingAcceptance, customer: &CustomerId) -> Order {
    Order {
        partner: asked.partner.clone(),
        customer: customer.clone(),
        reseller: None,
        transaction: asked.transaction,
        channel: asked.channel,
        product_family: asked.product_family.clone(),
    }
}

/// Whether an acceptance is what the order lacks, whatever else it lacks.
fn needs_acceptance(decision: &Decision) -> bool {
    let about_acceptance = |code| match code {
        ReasonCode::AcceptanceMissing
        | ReasonCode::AcceptanceStale
        | ReasonCode::AcceptanceWithdrawn
        | ReasonCode::AgreementNoLongerHonoured
        | ReasonCode::AgreementNotValidForProduct => true,
        ReasonCode::TransactionExempt
        | ReasonCode::CloudNotCovered
        | ReasonCode::RequirementNotInForce
        | ReasonCode::AcceptanceInForce
        | ReasonCode::PartnerUnknown
        | ReasonCode::PartnerInactive
        | ReasonCode::PartnerNotEligible
        | ReasonCode::CustomerUnknown
        | ReasonCode::RelationshipMissing
        | ReasonCode::ResellerNotLinked => false,
    };
    decision.outcome == Outcome::Denied && decision.reasons.iter().any(|it| about_acceptance(it.code))
}
