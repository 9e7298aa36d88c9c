//! A stored event, as the business reads it.

mod privacy;

use std::sync::Arc;

use assent_domain::acceptance::EvidenceFacts;
use assent_domain::authorize::{Call, Decision, Order, Reason, Remediation};
use assent_domain::catalog::{Availability, VersionTemplate};
use assent_domain::directory::{CustomerFacts, PartnerFacts};
use assent_domain::event::{AcceptanceRecorded, EventRef, VersionPublished};
use assent_domain::policy::{PolicyDocument, RULES_EDITION};
use assent_domain::values::{
    AgreementId, Country, CustomerId, Instant, Language, Method, PartnerId, Position, ProductFamily, Sha256,
    Template, VersionId,
};
use assent_domain::{Event, Recorded};
use prost::Message;

use super::fields::{StoredError, bad, event_ref, hash, id, instant_of, optional, present};
use super::{FORMAT, StoredEnum};
use crate::event::event::Payload;
use crate::event::{self, AcceptanceDetails};

/// Documents that events name by their hash.
pub trait Documents {
    /// The document's content, where it is at hand.
    fn content(&self, sha256: &Sha256) -> Option<bytes::Bytes>;
}

impl Documents for Option<bytes::Bytes> {
    fn content(&self, _: &Sha256) -> Option<bytes::Bytes> {
        self.clone()
    }
}

/// The document that must be at hand to read this event.
pub fn document_of(event: &event::Event) -> Option<Sha256> {
    let document = match event.payload.as_ref()? {
        Payload::AgreementVersionPublished(it) => it.templates.as_ref(),
        Payload::PolicyPublished(it) => it.document.as_ref(),
        _ => None,
    };
    document?.sha256.as_ref().try_into().ok()
}

/// Reads a stored event.
pub fn read(stored: &event::Event, documents: &impl Documents) -> Result<Recorded, StoredError> {
    let position = Position(stored.position);
    let recorded_at = instant_of(present(&stored.recorded_at, "recorded_at")?)?;
    let payload = stored.payload.as_ref().ok_or(StoredError::UnknownType { position: stored.position })?;
    let event = payload_of(payload, recorded_at, documents)?;
    Ok(Recorded { position, recorded_at, event })
}

fn payload_of(
    payload: &Payload,
    recorded_at: Instant,
    documents: &impl Documents,
) -> Result<Event, StoredError> {
    match payload {
        Payload::LedgerFormatted(it) if it.format != FORMAT => {
            Err(StoredError::Newer { what: "format", number: it.format, known: FORMAT })
        }
        Payload::RulesActivated(it) if it.edition > RULES_EDITION => {
            Err(StoredError::Newer { what: "rules' edition", number: it.edition, known: RULES_EDITION })
        }
        Payload::LedgerFormatted(it) => Ok(Event::LedgerFormatted {
            format: it.format,
            tag: it.tag,
            environment: StoredEnum::of(it.environment, "environment")?,
        }),
        Payload::RulesActivated(it) => Ok(Event::RulesActivated { edition: it.edition }),
        Payload::PartnerRegistered(_)
        | Payload::PartnerChanged(_)
        | Payload::PartnerStatusSet(_)
        | Payload::CustomerRegistered(_)
        | Payload::CustomerChanged(_)
        | Payload::CustomerPurchased(_)
        | Payload::RelationshipEstablished(_)
        | Payload::RelationshipEnded(_)
        | Payload::ResellerLinked(_)
        | Payload::ResellerUnlinked(_) => directory(payload),
        Payload::AcceptanceConfirmed(_)
        | Payload::AcceptanceAttested(_)
        | Payload::DirectAcceptanceRecorded(_)
        | Payload::AcceptanceCorrected(_)
        | Payload::EvidenceConfirmed(_) => acceptance(payload, recorded_at),
        Payload::AcceptanceVoided(_)
        | Payload::WithdrawalVoided(_)
        | Payload::AcceptanceWithdrawn(_)
        | Payload::CancellationRecorded(_)
        | Payload::EvidenceSubmitted(_)
        | Payload::EvidenceRejected(_) => after_acceptance(payload),
        Payload::AgreementVersionPublished(it) => version_published(it, documents),
        Payload::AgreementRetired(it) => Ok(Event::AgreementRetired {
            agreement: id(&it.agreement_id, "agreement_id", AgreementId::parse)?,
            environment: StoredEnum::of_optional(it.environment, "environment")?,
            channel: StoredEnum::of_optional(it.channel, "channel")?,
            retired_at: instant_of(present(&it.retired_at, "retired_at")?)?,
            successor: optional(it.successor.as_ref(), |it| id(it, "successor", AgreementId::parse))?,
        }),
        Payload::PolicyPublished(it) => policy_published(it, documents),
        Payload::OrderDecided(it) => order_decided(it),
        Payload::OrderOutcomeRecorded(it) => Ok(Event::OrderOutcomeRecorded {
            partner: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
            reseller: optional(it.reseller_id.as_ref(), |it| partner(it))?,
            transaction: StoredEnum::of(it.transaction, "transaction")?,
            product_family: optional(it.product_family.as_ref(), |it| {
                id(it, "product_family", ProductFamily::parse)
            })?,
            outcome: StoredEnum::of(it.outcome, "outcome")?,
            occurred_at: instant_of(present(&it.occurred_at, "occurred_at")?)?,
        }),
        Payload::PersonalDataErased(_)
        | Payload::PersonLookedUp(_)
        | Payload::InquiryOpened(_)
        | Payload::InquiryExported(_) => privacy::privacy(payload),
    }
}

fn partner(text: &str) -> Result<PartnerId, StoredError> {
    id(text, "partner_id", PartnerId::parse)
}

fn customer(text: &str) -> Result<CustomerId, StoredError> {
    id(text, "customer_id", CustomerId::parse)
}

fn directory(payload: &Payload) -> Result<Event, StoredError> {
    let country = |text: &str| Country::parse(text).map_err(|_| bad("country"));
    let of_partner = |it: &Option<event::PartnerProfile>| -> Result<_, StoredError> {
        let it = present(it, "profile")?;
        let program = StoredEnum::of(it.program, "program")?;
        Ok(PartnerFacts { program, country: country(&it.country)?, email_domains: it.email_domains.clone() })
    };
    let of_customer = |it: &Option<event::CustomerProfile>| -> Result<_, StoredError> {
        let it = present(it, "profile")?;
        let cloud = StoredEnum::of(it.cloud, "cloud")?;
        Ok(CustomerFacts { country: country(&it.country)?, cloud, has_purchases: it.has_purchases })
    };
    Ok(match payload {
        Payload::PartnerRegistered(it) => {
            Event::PartnerRegistered { partner: partner(&it.partner_id)?, facts: of_partner(&it.profile)? }
        }
        Payload::PartnerChanged(it) => {
            Event::PartnerChanged { partner: partner(&it.partner_id)?, facts: of_partner(&it.profile)? }
        }
        Payload::PartnerStatusSet(it) => Event::PartnerStatusSet {
            partner: partner(&it.partner_id)?,
            status: StoredEnum::of(it.status, "status")?,
        },
        Payload::CustomerRegistered(it) => Event::CustomerRegistered {
            customer: customer(&it.customer_id)?,
            facts: of_customer(&it.profile)?,
        },
        Payload::CustomerChanged(it) => {
            Event::CustomerChanged { customer: customer(&it.customer_id)?, facts: of_customer(&it.profile)? }
        }
        Payload::CustomerPurchased(it) => Event::CustomerPurchased {
            customer: customer(&it.customer_id)?,
            partner: partner(&it.partner_id)?,
            occurred_at: instant_of(present(&it.occurred_at, "occurred_at")?)?,
        },
        Payload::RelationshipEstablished(it) => Event::RelationshipEstablished {
            partner: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
        },
        Payload::RelationshipEnded(it) => Event::RelationshipEnded {
            partner: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
        },
        Payload::ResellerLinked(it) => {
            Event::ResellerLinked { provider: partner(&it.provider_id)?, reseller: partner(&it.reseller_id)? }
        }
        Payload::ResellerUnlinked(it) => Event::ResellerUnlinked {
            provider: partner(&it.provider_id)?,
            reseller: partner(&it.reseller_id)?,
        },
        _ => return Err(bad("payload")),
    })
}

/// How an acceptance came in, beside its details.
struct Origin<'a> {
    details: &'a Option<AcceptanceDetails>,
    method: Method,
    corrects: Option<EventRef>,
    evidence: Option<EventRef>,
    reseller: Option<PartnerId>,
}

fn acceptance(payload: &Payload, recorded_at: Instant) -> Result<Event, StoredError> {
    let plain = |details, method| Origin { details, method, corrects: None, evidence: None, reseller: None };
    let origin = match payload {
        Payload::AcceptanceConfirmed(it) => plain(&it.acceptance, Method::Confirmed),
        Payload::AcceptanceAttested(it) => plain(&it.acceptance, Method::Attested),
        Payload::DirectAcceptanceRecorded(it) => plain(&it.acceptance, Method::Direct),
        Payload::EvidenceConfirmed(it) => Origin {
            evidence: Some(event_ref(&it.evidence_id, "evidence_id")?),
            reseller: Some(partner(&it.reseller_id)?),
            ..plain(&it.acceptance, Method::Confirmed)
        },
        Payload::AcceptanceCorrected(it) => Origin {
            corrects: Some(event_ref(&it.corrects, "corrects")?),
            evidence: optional(it.evidence_id.as_ref(), |it| event_ref(it, "evidence_id"))?,
            ..plain(&it.acceptance, StoredEnum::of(it.method, "method")?)
        },
        _ => return Err(bad("payload")),
    };
    let Origin { details, method, corrects, evidence, reseller } = origin;
    let details = present(details, "acceptance")?;
    let accepted_at = instant_of(present(&details.accepted_at, "accepted_at")?)?;
    let confirmed_at = optional(details.confirmed_at.as_ref(), instant_of)?.unwrap_or(recorded_at);
    let acceptance = AcceptanceRecorded {
        method,
        agreement: id(&details.agreement_id, "agreement_id", AgreementId::parse)?,
        version: id(present(&details.version, "version")?, "version", VersionId::parse)?,
        version_inferred: details.version_inferred,
        document_sha256: optional(details.document_sha256.as_ref(), |it| hash(it, "document_sha256"))?,
        accepted_at,
        confirmed_at,
        backfilled: details.backfilled,
        corrects,
        evidence,
        reseller,
    };
    Ok(Event::AcceptanceRecorded {
        partner: partner(&details.partner_id)?,
        customer: customer(&details.customer_id)?,
        acceptance,
    })
}

fn after_acceptance(payload: &Payload) -> Result<Event, StoredError> {
    Ok(match payload {
        Payload::AcceptanceVoided(it) => Event::AcceptanceVoided {
            partner: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
            agreement: id(&it.agreement_id, "agreement_id", AgreementId::parse)?,
            acceptance: event_ref(&it.acceptance_id, "acceptance_id")?,
        },
        Payload::WithdrawalVoided(it) => Event::WithdrawalVoided {
            partner: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
            agreement: id(&it.agreement_id, "agreement_id", AgreementId::parse)?,
            withdrawal: event_ref(&it.withdrawal_event_id, "withdrawal_event_id")?,
        },
        Payload::AcceptanceWithdrawn(it) => Event::AcceptanceWithdrawn {
            partner: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
            agreement: id(&it.agreement_id, "agreement_id", AgreementId::parse)?,
            withdrawn_at: instant_of(present(&it.withdrawn_at, "withdrawn_at")?)?,
        },
        Payload::CancellationRecorded(it) => Event::CancellationRecorded {
            partner: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
            agreement: id(&it.agreement_id, "agreement_id", AgreementId::parse)?,
            obligation: event_ref(&it.obligation_id, "obligation_id")?,
            cancelled_at: instant_of(present(&it.cancelled_at, "cancelled_at")?)?,
        },
        Payload::EvidenceSubmitted(it) => {
            let claim = present(&it.claim, "claim")?;
            Event::EvidenceSubmitted {
                provider: partner(&claim.partner_id)?,
                customer: customer(&claim.customer_id)?,
                evidence: EvidenceFacts {
                    reseller: partner(&it.reseller_id)?,
                    agreement: id(&claim.agreement_id, "agreement_id", AgreementId::parse)?,
                    accepted_at: instant_of(present(&claim.accepted_at, "accepted_at")?)?,
                },
            }
        }
        Payload::EvidenceRejected(it) => Event::EvidenceRejected {
            provider: partner(&it.partner_id)?,
            customer: customer(&it.customer_id)?,
            reseller: partner(&it.reseller_id)?,
            agreement: id(&it.agreement_id, "agreement_id", AgreementId::parse)?,
            evidence: event_ref(&it.evidence_id, "evidence_id")?,
        },
        _ => return Err(bad("payload")),
    })
}

fn version_published(
    it: &event::AgreementVersionPublished,
    documents: &impl Documents,
) -> Result<Event, StoredError> {
    let templates = optional(it.templates.as_ref(), |it| {
        let list = event::TemplateList::decode(content(it, documents)?)?;
        list.templates.iter().map(template).collect::<Result<Arc<[_]>, _>>()
    })?;
    let published = VersionPublished {
        version: id(&it.version, "version", VersionId::parse)?,
        in_force_from: optional(it.in_force_from.as_ref(), instant_of)?,
        document_sha256: optional(it.document_sha256.as_ref(), |it| hash(it, "document_sha256"))?,
        templates: templates.unwrap_or_else(|| Arc::from([])),
        availability: it.availability.iter().map(availability).collect::<Result<_, _>>()?,
        successor: optional(it.successor.as_ref(), |it| id(it, "successor", AgreementId::parse))?,
        template_id: it.template_id.clone(),
    };
    let agreement = id(&it.agreement_id, "agreement_id", AgreementId::parse)?;
    Ok(Event::AgreementVersionPublished { agreement, published })
}

fn template(it: &event::Template) -> Result<VersionTemplate, StoredError> {
    let country = Country::parse(&it.country).map_err(|_| bad("country"))?;
    let language = Language::parse(&it.language).map_err(|_| bad("language"))?;
    let sha256 = optional(it.sha256.as_ref(), |it| hash(it, "sha256"))?;
    Ok(VersionTemplate {
        template: Template { country, language },
        uri: it.uri.clone().unwrap_or_default(),
        sha256,
    })
}

fn availability(it: &event::Availability) -> Result<Availability, StoredError> {
    Ok(Availability {
        environment: StoredEnum::of(it.environment, "environment")?,
        channel: StoredEnum::of_optional(it.channel, "channel")?,
        from: instant_of(present(&it.from, "from")?)?,
        until: optional(it.until.as_ref(), instant_of)?,
    })
}

fn policy_published(it: &event::PolicyPublished, documents: &impl Documents) -> Result<Event, StoredError> {
    let stored = present(&it.document, "document")?;
    let content = content(stored, documents)?;
    let document: PolicyDocument =
        assent_policy_file::parse(&content).map_err(|it| StoredError::Document(it.to_string()))?;
    Ok(Event::PolicyPublished {
        version: it.policy_version,
        document: Arc::new(document),
        sha256: hash(&stored.sha256, "sha256")?,
    })
}

fn content(it: &event::DocumentRef, documents: &impl Documents) -> Result<bytes::Bytes, StoredError> {
    let sha256 = hash(&it.sha256, "sha256")?;
    documents.content(&sha256).ok_or_else(|| StoredError::Document("it is not in the ledger".to_owned()))
}

fn order_decided(it: &event::OrderDecided) -> Result<Event, StoredError> {
    let order = present(&it.order, "order")?;
    Ok(Event::OrderDecided {
        order: Order {
            partner: partner(&order.partner_id)?,
            customer: customer(&order.customer_id)?,
            reseller: optional(order.reseller_id.as_ref(), |it| partner(it))?,
            transaction: StoredEnum::of(order.transaction, "transaction")?,
            channel: StoredEnum::of(order.channel, "channel")?,
            product_family: optional(order.product_family.as_ref(), |it| {
                id(it, "product_family", ProductFamily::parse)
            })?,
        },
        effective_at: instant_of(present(&it.effective_at, "effective_at")?)?,
        prefix: Position(it.decided_at_position),
        decision: Decision {
            outcome: StoredEnum::of(it.decision, "decision")?,
            reasons: it.reasons.iter().map(reason).collect::<Result<_, _>>()?,
            remediations: it.remediations.iter().map(remediation).collect::<Result<_, _>>()?,
            valid_until: optional(it.valid_until.as_ref(), instant_of)?,
        },
    })
}

fn reason(it: &event::Reason) -> Result<Reason, StoredError> {
    Ok(Reason {
        code: StoredEnum::of(it.code, "code")?,
        agreement: optional(it.agreement_id.as_ref(), |it| id(it, "agreement_id", AgreementId::parse))?,
        version: optional(it.version.as_ref(), |it| id(it, "version", VersionId::parse))?,
        acceptance: optional(it.acceptance_id.as_ref(), |it| event_ref(it, "acceptance_id"))?,
        partner: optional(it.partner_id.as_ref(), |it| partner(it))?,
    })
}

fn remediation(it: &event::Remediation) -> Result<Remediation, StoredError> {
    Ok(Remediation {
        action: StoredEnum::of(it.action, "action")?,
        by: StoredEnum::of(it.by, "by")?,
        call: optional(it.call.as_ref(), |it| Call::parse(it).ok_or_else(|| bad("call")))?,
        partner: optional(it.partner_id.as_ref(), |it| partner(it))?,
        customer: optional(it.customer_id.as_ref(), |it| customer(it))?,
        reseller: optional(it.reseller_id.as_ref(), |it| partner(it))?,
        agreement: optional(it.agreement_id.as_ref(), |it| id(it, "agreement_id", AgreementId::parse))?,
        version: optional(it.version.as_ref(), |it| id(it, "version", VersionId::parse))?,
        accepted_from: optional(it.accepted_from.as_ref(), instant_of)?,
        obligation: optional(it.obligation_id.as_ref(), |it| event_ref(it, "obligation_id"))?,
    })
}
