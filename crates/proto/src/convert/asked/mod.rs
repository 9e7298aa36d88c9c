//! Requests that read, parsed.

mod acceptance;
mod audit;
mod authorize;
mod catalog;
mod directory;
mod evidence;
mod page;
mod privacy;

pub use acceptance::{
    AcceptanceList, CustomersNeedingAcceptance, EvidenceList, ObligationList, Status, WATCHED_CUSTOMERS_MAX,
    Watch, get_acceptance, get_acceptance_status, list_acceptances, list_customers_needing_acceptance,
    list_evidence, list_obligations, watch_acceptance_status,
};
pub use audit::{EventFilter, Events, History, get_history, read_events};
pub use authorize::{Asked, ORDERS_MAX, authorize_order, batch_authorize_orders, batch_order, stream_order};
pub use catalog::{
    PolicyWanted, Simulation, TemplateWanted, get_agreement, get_agreement_template, get_policy,
    list_agreements, simulate_policy,
};
pub use directory::{CustomerList, get_customer, get_partner, list_customers};
pub use evidence::{
    CheckpointWanted, ConsistencyWanted, EventWanted, InclusionWanted, get_checkpoint, get_consistency_proof,
    get_inclusion_proof,
};
pub use page::{Cursor, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page};
pub use privacy::{FindPerson, find_person};
