//! The table of every rule: what docs/POLICY.md is printed from.

/// One rule: its sentence, where it comes from, and the code that decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id: W for who, C for what a confirmation holds, O for what an order needs.
    pub id: &'static str,
    /// What it requires.
    pub requirement: &'static str,
    /// Where it comes from: FAQ, MCA, ATT, API, FIELD (see the policy document's legend), or OURS.
    pub source: &'static str,
    /// The code that decides it.
    pub decided_in: &'static str,
}

/// The rule of this id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|it| it.id == id)
}

/// Every rule, in the order of the specification.
pub const RULES: &[Rule] = &[
    Rule {
        id: "W1",
        requirement: "Only a direct-bill partner and an indirect provider confirm, attest and order; what an indirect reseller tries to confirm is refused, and the refusal names its providers.",
        source: "FAQ, API",
        decided_in: "decide::acceptance::record, authorize::parties::Faults",
    },
    Rule {
        id: "W2",
        requirement: "A reseller submits collected evidence to a provider that it is linked to; it satisfies nothing until that provider confirms it under every check of a confirmation, or rejects it.",
        source: "FAQ",
        decided_in: "decide::evidence, decide::acceptance::record",
    },
    Rule {
        id: "W3",
        requirement: "Who accepts is a person of the customer's organisation: an e-mail address in a domain of the partner, or of a reseller linked to it, is refused.",
        source: "FAQ, OURS",
        decided_in: "decide::claim::contact_is_partner",
    },
    Rule {
        id: "W4",
        requirement: "Each partner of a customer needs an acceptance of its own; what one partner recorded never authorises another's order.",
        source: "FAQ",
        decided_in: "facts::Facts::relationship, authorize::question",
    },
    Rule {
        id: "W5",
        requirement: "One acceptance recorded by a provider covers the orders of all its resellers for that customer.",
        source: "FAQ",
        decided_in: "authorize::question",
    },
    Rule {
        id: "W6",
        requirement: "Recording an acceptance needs an active partner and a commerce relationship in force; correcting, voiding, withdrawing and recording a cancellation need only that the relationship once existed.",
        source: "API, OURS",
        decided_in: "decide::scene::Scene",
    },
    Rule {
        id: "W7",
        requirement: "The policy says which user roles may do what.",
        source: "MCA, ATT",
        decided_in: "policy::Roles",
    },
    Rule {
        id: "W8",
        requirement: "Who acts is told by the credential, never by the request; the employee behind a shared account is named beside it.",
        source: "FAQ, API",
        decided_in: "the service's identity layer",
    },
    Rule {
        id: "C1",
        requirement: "A confirmation names first name, last name, e-mail address, instant and agreement; a direct acceptance may come without a contact.",
        source: "FAQ, MCA, API",
        decided_in: "values::Contact, decide::acceptance::record",
    },
    Rule {
        id: "C2",
        requirement: "Of an e-mail address only the format is checked, and white space is not forgiven; names are trimmed and may be of any script.",
        source: "FAQ, OURS",
        decided_in: "values::Email, values::PersonName, values::PhoneNumber",
    },
    Rule {
        id: "C3",
        requirement: "An acceptance does not lie in the future, and counts from the earlier of its own instant and the confirming one.",
        source: "FAQ, MCA, OURS",
        decided_in: "decide::claim::instants_of_new, acceptance::AcceptanceFact::counts_from",
    },
    Rule {
        id: "C4",
        requirement: "The version accepted, and the hash of its document, are captured with the acceptance and never change; a version that does not fit is refused.",
        source: "FAQ, FIELD",
        decided_in: "decide::claim::version, decide::claim::version_mismatch",
    },
    Rule {
        id: "C5",
        requirement: "A template that is named must exist for the version, and be for the customer's country.",
        source: "MCA",
        decided_in: "decide::claim::template_unknown",
    },
    Rule {
        id: "C6",
        requirement: "In a national cloud no acceptance can be confirmed.",
        source: "FAQ",
        decided_in: "decide::scene::Scene::cloud_not_supported",
    },
    Rule {
        id: "C7",
        requirement: "An acceptance can be confirmed at any time, with no order in sight.",
        source: "FAQ",
        decided_in: "decide::acceptance::record",
    },
    Rule {
        id: "C8",
        requirement: "The same agreement, version, contact and instant is recorded once; of all others the one with the latest instant is the current one.",
        source: "API, FIELD, OURS",
        decided_in: "decide::duplicates, acceptance::Relationship::current",
    },
    Rule {
        id: "C9",
        requirement: "A wrong record is corrected by a new one that names it, or voided; both count from their own position in the log on.",
        source: "FAQ, OURS",
        decided_in: "decide::acceptance::correct, decide::records, acceptance::Relationship::state",
    },
    Rule {
        id: "C10",
        requirement: "An agreement is confirmed only while it is available in the ledger's environment and channel; a backfill is judged at the instant at which it was confirmed.",
        source: "MCA, FIELD",
        decided_in: "decide::claim::unavailable, catalog::Agreement::available_at",
    },
    Rule {
        id: "C11",
        requirement: "A customer with purchases does not accept directly: its partner attests.",
        source: "ATT, OURS",
        decided_in: "decide::acceptance::record, decide::orders::record_outcome",
    },
    Rule {
        id: "C12",
        requirement: "The ledger sends nothing to the contact.",
        source: "FAQ",
        decided_in: "nowhere: no part of the ledger sends mail",
    },
    Rule {
        id: "C13",
        requirement: "A withdrawal ends every acceptance of the agreement that is not after it, and obliges the partner to cancel until the customer accepts anew.",
        source: "FAQ, OURS",
        decided_in: "decide::records::withdraw, acceptance::Relationship::obligation",
    },
    Rule {
        id: "C14",
        requirement: "Personal data is sealed, shown only to those who may see it, and can be erased without changing a decision or a proof.",
        source: "FAQ, OURS",
        decided_in: "the vault; no fact that a decision rests on is personal",
    },
    Rule {
        id: "C15",
        requirement: "The partner keeps the proof of acceptance; the ledger keeps its reference and its hash.",
        source: "FAQ",
        decided_in: "command::Proof",
    },
    Rule {
        id: "O1",
        requirement: "An order that a requirement covers is denied where no acceptance fulfils it, and the answer says what would.",
        source: "FAQ",
        decided_in: "authorize::shortfall",
    },
    Rule {
        id: "O2",
        requirement: "An automatic renewal needs no acceptance; an answer that allows while subscriptions are to be cancelled says so.",
        source: "FAQ",
        decided_in: "authorize::terms, authorize::remedies::of_open_obligations",
    },
    Rule {
        id: "O3",
        requirement: "Any acceptance in force that fits the requirement suffices, however it came in and through whichever channel.",
        source: "API, FAQ",
        decided_in: "authorize::question::Question::permit",
    },
    Rule {
        id: "O4",
        requirement: "A requirement says whether the version must be the current one, and from which date on an acceptance must be; by itself an acceptance does not expire.",
        source: "FAQ",
        decided_in: "authorize::question::Question::fits",
    },
    Rule {
        id: "O5",
        requirement: "In a cloud that the policy does not cover, no acceptance is needed.",
        source: "FAQ",
        decided_in: "authorize::terms",
    },
    Rule {
        id: "O6",
        requirement: "A product can demand one agreement in particular; an acceptance of another is not valid for it.",
        source: "MCA",
        decided_in: "authorize::shortfall",
    },
    Rule {
        id: "O7",
        requirement: "An acceptance of an agreement that requirements used to take, and no longer do, is no longer honoured.",
        source: "MCA",
        decided_in: "authorize::shortfall",
    },
    Rule {
        id: "O8",
        requirement: "An order needs a known and active partner that may order, a known customer, a relationship in force, and, where it names a reseller, one that is active and linked.",
        source: "API, OURS",
        decided_in: "authorize::parties",
    },
    Rule {
        id: "O9",
        requirement: "A denial gives every reason that holds and the whole way to an order that is allowed.",
        source: "FIELD",
        decided_in: "authorize::denial, authorize::remedies",
    },
    Rule {
        id: "O10",
        requirement: "A decision follows from the log's prefix, the order and the instant, and from nothing else.",
        source: "OURS",
        decided_in: "authorize::authorize",
    },
    Rule {
        id: "O11",
        requirement: "Requirements, versions and acceptances are asked about at a business instant, everything at a position of the log.",
        source: "OURS",
        decided_in: "authorize::AsOf, history::History, acceptance::standing",
    },
    Rule {
        id: "O12",
        requirement: "An order can be asked about before it is placed; nothing is recorded unless asked.",
        source: "FIELD",
        decided_in: "authorize::authorize, decide::orders::record_decision",
    },
    Rule {
        id: "O13",
        requirement: "Where no requirement covers the instant and the transaction, nothing is needed.",
        source: "FAQ",
        decided_in: "authorize::terms",
    },
];
