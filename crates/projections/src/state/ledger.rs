//! What concerns the ledger as a whole.

use assent_domain::facts::{Facts, Ledger};
use assent_domain::values::{Environment, Position};

use super::{Head, head, kind, stream};

/// What concerns the ledger as a whole. Catalogue and policies are few events: they are folded again from the log.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LedgerState {
    #[prost(uint64, tag = "1")]
    tag: u64,
    #[prost(uint32, tag = "2")]
    environment: u32,
    #[prost(uint32, tag = "3")]
    rules_edition: u32,
    #[prost(message, required, tag = "4")]
    stream: Head,
    #[prost(message, required, tag = "5")]
    policies: Head,
    /// Of each agreement: its stream, and the last event that names it.
    #[prost(message, repeated, tag = "6")]
    agreements: Vec<AgreementHead>,
    /// The positions of the catalogue's and policies' events.
    #[prost(uint64, repeated, tag = "7")]
    pub(crate) catalogue_events: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct AgreementHead {
    #[prost(message, required, tag = "1")]
    stream: Head,
    #[prost(uint64, tag = "2")]
    mentioned: u64,
}

impl LedgerState {
    pub(crate) fn of(facts: &impl Facts, catalogue_events: Vec<u64>) -> Self {
        let Ledger { applied: _, tag, environment, rules_edition, stream } = facts.ledger();
        let agreements = facts.catalogue().agreements.iter();
        Self {
            tag: *tag,
            environment: *environment as u32,
            rules_edition: *rules_edition,
            stream: head(*stream),
            policies: head(facts.policies().stream),
            agreements: agreements
                .map(|it| AgreementHead { stream: head(it.stream), mentioned: it.mentioned.0 })
                .collect(),
            catalogue_events,
        }
    }

    /// Puts the ledger's own facts into an index that the catalogue's events were folded into.
    pub(crate) fn restore_into(
        &self,
        facts: &mut impl assent_domain::FactsMut,
        applied: Position,
    ) -> Option<()> {
        let environment = kind(Environment::ALL, self.environment)?;
        *facts.ledger_mut() = Ledger {
            applied,
            tag: self.tag,
            environment,
            rules_edition: self.rules_edition,
            stream: stream(self.stream),
        };
        facts.policies_mut().stream = stream(self.policies);
        let agreements = &mut facts.catalogue_mut().agreements;
        if agreements.len() != self.agreements.len() {
            return None;
        }
        for (agreement, its) in agreements.iter_mut().zip(&self.agreements) {
            agreement.stream = stream(its.stream);
            agreement.mentioned = Position(its.mentioned);
        }
        Some(())
    }
}
