//! Lists: pages of positions or ids, found by rows; what they say is read from the log and the index.

use assent_domain::privacy::KeyId;
use assent_domain::values::{AgreementId, CustomerId, PartnerId, Position};
use assent_event_log::again_if_broken;
use sqlx::QueryBuilder;

use super::{Views, ViewsError};

/// PostgreSQL plans a statement that it keeps for any values: it would then read all events to find some of a rare type.
const PLANNED_ONCE: bool = false;

const CUSTOMERS: &str = "
    SELECT customer_id
    FROM @relationships
    WHERE partner_id = $1 AND customer_id > $2 AND in_force = TRUE
    ORDER BY customer_id
    LIMIT $3";

/// Which records of a partner to list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The partner.
    pub partner: PartnerId,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
    /// Only of this agreement.
    pub agreement: Option<AgreementId>,
    /// Those after this position.
    pub after: Position,
    /// At most so many.
    pub limit: u32,
}

/// A record that a list found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The event that recorded it.
    pub position: Position,
    /// The customer.
    pub customer: CustomerId,
}

/// Which events to find. All that is given must hold.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// About this partner, whatever its part in them.
    pub partner: Option<PartnerId>,
    /// About this customer.
    pub customer: Option<CustomerId>,
    /// Of one of these types; empty: of each.
    pub types: Vec<String>,
}

impl Views {
    /// A page of acceptances, by position.
    pub async fn acceptances(&self, query: &ListQuery) -> Result<Vec<Listed>, ViewsError> {
        self.list("acceptances", query).await
    }

    /// A page of obligations, by position.
    pub async fn obligations(&self, query: &ListQuery) -> Result<Vec<Listed>, ViewsError> {
        self.list("obligations", query).await
    }

    /// A page of evidence, by position.
    pub async fn evidence(&self, query: &ListQuery) -> Result<Vec<Listed>, ViewsError> {
        self.list("evidence", query).await
    }

    async fn list(&self, table: &'static str, query: &ListQuery) -> Result<Vec<Listed>, ViewsError> {
        let ListQuery { partner, customer, agreement, after, limit } = query;
        let of_partner = match (customer, table) {
            // Of a customer's few acceptances those of the partner are looked for, and never of a partner's many those of
            // the customer: the one index that can serve this is the customer's.
            (Some(_), "acceptances") => " WHERE partner_id || '' = ",
            _ => " WHERE partner_id = ",
        };
        let table = format!("{}{table}", self.prefix());
        let rows: sqlx::Result<Vec<(i64, String)>> = again_if_broken!(&self.database, readers => {
            let mut statement = QueryBuilder::new("SELECT position, customer_id FROM ");
            statement.push(&table).push(of_partner).push_bind(partner.to_string());
            if let Some(customer) = customer {
                statement.push(" AND customer_id = ").push_bind(customer.to_string());
            }
            if let Some(agreement) = agreement {
                statement.push(" AND agreement_id = ").push_bind(agreement.to_string());
            }
            statement.push(" AND position > ").push_bind(after.0 as i64);
            statement.push(" ORDER BY position LIMIT ").push_bind(i64::from(*limit));
            statement.build_query_as().persistent(PLANNED_ONCE).fetch_all(readers).await
        });
        let rows = rows.map_err(|source| ViewsError::Read { what: "a list", source })?;
        let listed = |(position, customer): (i64, String)| {
            Some(Listed { position: Position(position as u64), customer: CustomerId::parse(&customer).ok()? })
        };
        Ok(rows.into_iter().filter_map(listed).collect())
    }

    /// A page of the customers that a partner has a relationship in force with, by id.
    pub async fn customers(
        &self,
        partner: &PartnerId,
        after: Option<&CustomerId>,
        limit: u32,
    ) -> Result<Vec<CustomerId>, ViewsError> {
        let rows: sqlx::Result<Vec<String>> = again_if_broken!(&self.database, readers => {
            sqlx::query_scalar(self.text(CUSTOMERS))
                .bind(partner.to_string())
                .bind(after.map(ToString::to_string).unwrap_or_default())
                .bind(i64::from(limit))
                .fetch_all(readers)
                .await
        });
        let rows = rows.map_err(|source| ViewsError::Read { what: "a list of customers", source })?;
        Ok(rows.into_iter().filter_map(|id| CustomerId::parse(&id).ok()).collect())
    }

    /// The positions of the events whose contact is in one of these boxes, by position.
    pub async fn boxes(&self, ids: &[KeyId]) -> Result<Vec<Position>, ViewsError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let table = format!("{}every_event", self.prefix());
        let rows: sqlx::Result<Vec<i64>> = again_if_broken!(&self.database, readers => {
            let mut statement = QueryBuilder::new("SELECT position FROM ");
            statement.push(&table).push(" WHERE box_id IN (");
            let mut list = statement.separated(", ");
            for id in ids {
                list.push_bind(&id[..]);
            }
            statement.push(") ORDER BY position");
            statement.build_query_scalar().fetch_all(readers).await
        });
        let rows = rows.map_err(|source| ViewsError::Read { what: "the event index", source })?;
        Ok(rows.into_iter().map(|position| Position(position as u64)).collect())
    }

    /// The positions from `from` to `to` of the events that the query finds, at most `limit` of them; newest first
    /// where `descending`.
    pub async fn events(
        &self,
        query: &EventQuery,
        from: Position,
        to: Position,
        limit: u32,
        descending: bool,
    ) -> Result<Vec<Position>, ViewsError> {
        let table = format!("{}every_event", self.prefix());
        let order = if descending { " ORDER BY position DESC LIMIT " } else { " ORDER BY position LIMIT " };
        let rows: sqlx::Result<Vec<i64>> = again_if_broken!(&self.database, readers => {
            let mut statement = QueryBuilder::new("");
            for (number, sides) in sides_of(query).iter().enumerate() {
                statement.push(if number == 0 { "" } else { " UNION " });
                statement.push("SELECT position FROM (SELECT position FROM ").push(&table);
                statement.push(" WHERE position >= ").push_bind(from.0.min(i64::MAX as u64) as i64);
                statement.push(" AND position <= ").push_bind(to.0.min(i64::MAX as u64) as i64);
                if let Some(partner) = &query.partner {
                    let mut is_one = statement.separated(" OR ");
                    is_one.push_unseparated(" AND (");
                    for side in *sides {
                        is_one.push(*side).push_bind_unseparated(partner.to_string());
                    }
                    is_one.push_unseparated(")");
                }
                if let Some(customer) = &query.customer {
                    statement.push(" AND customer_id = ").push_bind(customer.to_string());
                }
                if !query.types.is_empty() {
                    // Those of somebody are few, and those of a type can be nearly all: no index of types then.
                    let is_anybodys = query.partner.is_none() && query.customer.is_none();
                    statement.push(if is_anybodys { " AND type IN (" } else { " AND type || '' IN (" });
                    let mut types = statement.separated(", ");
                    for kind in &query.types {
                        types.push_bind(kind.clone());
                    }
                    statement.push(")");
                }
                statement.push(order).push_bind(i64::from(limit)).push(") AS part");
            }
            statement.push(order).push_bind(i64::from(limit));
            statement.build_query_scalar().persistent(PLANNED_ONCE).fetch_all(readers).await
        });
        let rows = rows.map_err(|source| ViewsError::Read { what: "the event index", source })?;
        Ok(rows.into_iter().map(|position| Position(position as u64)).collect())
    }
}

/// As what the query's partner may stand in an event. Of all its events each side is asked by itself, so that a page comes
/// from an index in its order; those with one customer are few.
const fn sides_of(query: &EventQuery) -> &'static [&'static [&'static str]] {
    match (&query.partner, &query.customer) {
        (Some(_), None) => &[&["partner_id = "], &["reseller_id = "]],
        (Some(_), Some(_)) => &[&["partner_id = ", "reseller_id = "]],
        (None, _) => &[&[]],
    }
}
