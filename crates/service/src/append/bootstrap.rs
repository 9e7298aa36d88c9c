//! The first commit of a ledger: its format, the edition of its rules, and the agreements and policy it begins with.

use std::sync::Arc;

use assent_domain::Event;
use assent_domain::policy::{PolicyDocument, RULES_EDITION};
use assent_domain::values::{Environment, Instant};
use assent_event_log::{AppendError, EventLog, LedgerTag};
use assent_projections::Index;
use assent_proto::event::Actor;
use assent_proto::stored::{self, Particulars};
use assent_vault::Vault;
use bytes::Bytes;
use prost::Message;

use super::plan::{Plan, document, reference};
use crate::error::Error;

/// Who did what nobody asked for.
const SYSTEM: &str = "assent";

/// Why the first commit was not written.
#[derive(Debug)]
pub(crate) enum BootstrapError {
    /// Another process began the ledger.
    OtherWasFirst,
    /// It could not be written.
    Failed(Error),
}

/// Writes the first commit.
pub(crate) async fn bootstrap(
    log: &EventLog,
    vault: &Vault,
    environment: Environment,
    policy: (Bytes, PolicyDocument),
    now: Instant,
) -> Result<(), BootstrapError> {
    let index = Index::default();
    let batch = {
        let mut random = [0; 8];
        getrandom::fill(&mut random)
            .map_err(|error| Error::unreachable(std::io::Error::other(error.to_string())))
            .map_err(BootstrapError::Failed)?;
        let tag = LedgerTag::from_random(u64::from_le_bytes(random));
        let mut plan = Plan::new(&index, vault, now, Default::default());
        plan.set_tag(tag);
        let own = particulars();
        plan.ledger_event(
            Event::LedgerFormatted { format: stored::FORMAT, tag: tag.value(), environment },
            &own,
            Vec::new(),
        );
        plan.ledger_event(Event::RulesActivated { edition: RULES_EDITION }, &own, Vec::new());
        let (bytes, parsed) = policy;
        for (agreement, published) in &parsed.agreements {
            let templates = (!published.templates.is_empty()).then(|| {
                let list = stored::template_list(&published.templates);
                document(stored::TEMPLATE_LIST, Bytes::from(list.encode_to_vec()))
            });
            let own = Particulars { document: templates.as_ref().map(reference), ..particulars() };
            let event = Event::AgreementVersionPublished {
                agreement: agreement.clone(),
                published: published.clone(),
            };
            plan.ledger_event(event, &own, templates.into_iter().collect());
        }
        let file = document(stored::POLICY_DOCUMENT, bytes);
        let own = Particulars { document: Some(reference(&file)), ..particulars() };
        let event = Event::PolicyPublished { version: 1, document: Arc::new(parsed), sha256: file.sha256 };
        plan.ledger_event(event, &own, vec![file]);
        let (batch, _) = plan.finish().expect("a ledger begins with events");
        batch
    };
    match log.append(batch).await {
        Ok(_) => Ok(()),
        Err(AppendError::Conflict { .. }) => Err(BootstrapError::OtherWasFirst),
        Err(error) => Err(BootstrapError::Failed(error.into())),
    }
}

fn particulars() -> Particulars {
    let actor = Actor { user_id: SYSTEM.to_owned(), role: None, employee: None };
    Particulars { actor, ..Particulars::default() }
}
