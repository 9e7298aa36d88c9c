//! Why the domain refused a write, in the contract's words: the reason, what it is about, what is wrong, what to do.

use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::values::Template;
use assent_proto::convert::Ids;

use super::Reason;
use super::told::{Told, listed};

type Metadata = Vec<(&'static str, String)>;

macro_rules! named {
    ($($key:ident = $value:expr),*) => { vec![$((stringify!($key), $value.to_string())),*] };
}

/// The refusal that names the error.
pub(super) fn first(refusals: &Refusals, ids: &Ids) -> Told {
    let Refusals(all) = refusals;
    match all.first() {
        Some(refusal) => told(refusal, ids),
        // Refusals are never empty; were they, this still is an answer that stores nothing.
        None => Told::new(Reason::FieldInvalid, "The write was refused. Check its fields and send it again."),
    }
}

/// What a caller is told of one refusal.
pub(super) fn told(refusal: &Refusal, ids: &Ids) -> Told {
    let text = format!("{} {}", wrong(refusal, ids), remedy(refusal));
    Told { reason: reason(refusal), metadata: metadata(refusal, ids), text }
}

const fn reason(refusal: &Refusal) -> Reason {
    match refusal {
        Refusal::FieldInvalid { .. } => Reason::FieldInvalid,
        Refusal::PartnerUnknown { .. } => Reason::PartnerUnknown,
        Refusal::CustomerUnknown { .. } => Reason::CustomerUnknown,
        Refusal::AgreementUnknown { .. } => Reason::AgreementUnknown,
        Refusal::AcceptanceUnknown => Reason::AcceptanceUnknown,
        Refusal::EvidenceUnknown => Reason::EvidenceUnknown,
        Refusal::ObligationUnknown => Reason::ObligationUnknown,
        Refusal::ResellerCannotConfirm { .. } => Reason::ResellerCannotConfirm,
        Refusal::PartnerInactive { .. } => Reason::PartnerInactive,
        Refusal::RelationshipMissing { .. } => Reason::RelationshipMissing,
        Refusal::CloudNotSupported { .. } => Reason::CloudNotSupported,
        Refusal::AgreementRetired { .. } => Reason::AgreementRetired,
        Refusal::AgreementNotAvailable { .. } => Reason::AgreementNotAvailable,
        Refusal::VersionMismatch { .. } => Reason::VersionMismatch,
        Refusal::TemplateUnknown { .. } => Reason::TemplateUnknown,
        Refusal::ContactIsPartner { .. } => Reason::ContactIsPartner,
        Refusal::PartnerMustAttest { .. } => Reason::PartnerMustAttest,
        Refusal::RevisionConflict { .. } => Reason::RevisionConflict,
        Refusal::AcceptanceAlreadyConfirmed { .. } => Reason::AcceptanceAlreadyConfirmed,
        Refusal::AcceptanceAlreadyCorrected { .. } => Reason::AcceptanceAlreadyCorrected,
        Refusal::NothingToWithdraw { .. } => Reason::NothingToWithdraw,
        Refusal::ProgramNotEligible { .. } => Reason::ProgramNotEligible,
        Refusal::ResellerNotLinked { .. } => Reason::ResellerNotLinked,
        Refusal::PolicyUnknown => Reason::PolicyUnknown,
        Refusal::PolicyInvalid { .. } => Reason::PolicyInvalid,
        Refusal::VersionExists { .. } => Reason::VersionExists,
    }
}

/// Names the thing; the first entry is what the refusal is about.
fn metadata(refusal: &Refusal, ids: &Ids) -> Metadata {
    match refusal {
        Refusal::FieldInvalid { field, .. } => named![field = field],
        Refusal::PolicyInvalid { field, .. } => named![field = field],
        Refusal::PartnerUnknown { partner } | Refusal::PartnerInactive { partner } => {
            named![partner_id = partner]
        }
        Refusal::CustomerUnknown { customer } => named![customer_id = customer],
        Refusal::AgreementUnknown { agreement } | Refusal::NothingToWithdraw { agreement } => {
            named![agreement_id = agreement]
        }
        Refusal::AcceptanceUnknown
        | Refusal::EvidenceUnknown
        | Refusal::ObligationUnknown
        | Refusal::PolicyUnknown => named![thing = thing(refusal)],
        Refusal::ResellerCannotConfirm { partner, providers } => {
            named![partner_id = partner, providers = listed(providers)]
        }
        Refusal::RelationshipMissing { partner, customer }
        | Refusal::PartnerMustAttest { partner, customer } => {
            named![partner_id = partner, customer_id = customer]
        }
        Refusal::CloudNotSupported { customer, cloud } => named![customer_id = customer, cloud = cloud],
        Refusal::AgreementRetired { agreement, successor } => {
            with(named![agreement_id = agreement], "successor", successor.as_ref())
        }
        Refusal::AgreementNotAvailable { agreement, from } => {
            with(named![agreement_id = agreement], "from", from.as_ref())
        }
        Refusal::VersionMismatch { agreement, version, in_force_from } => {
            let named = named![agreement_id = agreement, version = version];
            with(named, "in_force_from", in_force_from.as_ref())
        }
        Refusal::VersionExists { agreement, version } => {
            named![agreement_id = agreement, version = version]
        }
        Refusal::TemplateUnknown { agreement, version, template, fitting } => named![
            agreement_id = agreement,
            version = version,
            template = shown(template),
            fitting = shown_all(fitting)
        ],
        Refusal::ContactIsPartner { partner, domain } => {
            named![partner_id = partner, email_domain = domain]
        }
        Refusal::RevisionConflict { expected, actual } => named![expected = expected, actual = actual],
        Refusal::AcceptanceAlreadyConfirmed { acceptance, state } => {
            named![acceptance_id = ids.text(*acceptance), state = state]
        }
        Refusal::AcceptanceAlreadyCorrected { acceptance, successor } => {
            named![acceptance_id = ids.text(*successor), corrected_acceptance_id = ids.text(*acceptance)]
        }
        Refusal::ProgramNotEligible { partner, wanted } => named![partner_id = partner, program = wanted],
        Refusal::ResellerNotLinked { provider, reseller } => {
            named![reseller_id = reseller, partner_id = provider]
        }
    }
}

/// The same, with one entry more where it is known.
fn with(mut metadata: Metadata, key: &'static str, value: Option<&impl ToString>) -> Metadata {
    metadata.extend(value.map(|it| (key, it.to_string())));
    metadata
}

/// What is wrong.
fn wrong(refusal: &Refusal, ids: &Ids) -> String {
    match refusal {
        Refusal::FieldInvalid { field, description } => {
            format!("A field is invalid: `{field}` {description}.")
        }
        Refusal::PolicyInvalid { field, description } => {
            format!("The policy document is invalid: `{field}` {description}.")
        }
        Refusal::PartnerUnknown { partner } => format!("Partner {partner} is not registered."),
        Refusal::CustomerUnknown { customer } => format!("Customer {customer} is not registered."),
        Refusal::AgreementUnknown { agreement } => format!("Agreement {agreement} is not in the catalogue."),
        Refusal::AcceptanceUnknown | Refusal::EvidenceUnknown | Refusal::ObligationUnknown => {
            format!("There is no such {}.", thing(refusal))
        }
        Refusal::PolicyUnknown => "No policy has been published yet.".to_owned(),
        Refusal::ResellerCannotConfirm { partner, .. } => {
            format!("Partner {partner} is an indirect reseller, which does not confirm for customers.")
        }
        Refusal::PartnerInactive { partner } => format!("Partner {partner} is not active."),
        Refusal::RelationshipMissing { partner, customer } => {
            format!("Partner {partner} has no commerce relationship with customer {customer}.")
        }
        Refusal::CloudNotSupported { customer, cloud } => {
            format!("Customer {customer} is in the cloud {cloud}, for which acceptances are not confirmed.")
        }
        Refusal::AgreementRetired { agreement, .. } => format!("Agreement {agreement} is retired."),
        Refusal::AgreementNotAvailable { agreement, from } => {
            let from = from.map(|it| format!(" before {it}")).unwrap_or_default();
            format!("Agreement {agreement} can't be confirmed here{from}.")
        }
        Refusal::VersionMismatch { agreement, version, in_force_from } => match in_force_from {
            Some(from) => format!("Version {version} of {agreement} begins at {from}, after the acceptance."),
            None => format!("{version} is no version of {agreement}."),
        },
        Refusal::VersionExists { agreement, version } => {
            format!("Version {version} of {agreement} was published before with other content.")
        }
        Refusal::TemplateUnknown { agreement, version, template, fitting } => format!(
            "Template {} is not one of {agreement}, version {version}, for the customer's country. Fitting: {}.",
            shown(template),
            if fitting.is_empty() { "none".to_owned() } else { shown_all(fitting) }
        ),
        Refusal::ContactIsPartner { partner, domain } => {
            format!(
                "The contact's e-mail domain {domain} is one of partner {partner}, which can't consent itself."
            )
        }
        Refusal::PartnerMustAttest { customer, .. } => {
            format!("Customer {customer} has purchases, so that it can't accept directly.")
        }
        Refusal::RevisionConflict { expected, actual } => {
            format!("The revision is {actual}, not {expected} as was expected.")
        }
        Refusal::AcceptanceAlreadyConfirmed { acceptance, state } => {
            format!("This acceptance is recorded already, as {}; it is {state}.", ids.text(*acceptance))
        }
        Refusal::AcceptanceAlreadyCorrected { successor, .. } => {
            format!("This acceptance was corrected already, by {}.", ids.text(*successor))
        }
        Refusal::NothingToWithdraw { agreement } => {
            format!("No acceptance of {agreement} is in force at that instant.")
        }
        Refusal::ProgramNotEligible { partner, wanted } => {
            format!("Partner {partner} is not in the program {wanted}.")
        }
        Refusal::ResellerNotLinked { provider, reseller } => {
            format!("Partner {reseller} is no indirect reseller linked to provider {provider}.")
        }
    }
}

/// What the caller can do.
const fn remedy(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::FieldInvalid { .. } => "Correct it and send the request again.",
        Refusal::PolicyInvalid { .. } => "Correct it and send it again.",
        Refusal::PartnerUnknown { .. } => "Check the id, or register the partner with RegisterPartner.",
        Refusal::CustomerUnknown { .. } => "Check the id, or register the customer with RegisterCustomer.",
        Refusal::AgreementUnknown { .. } => "ListAgreements lists those that are.",
        Refusal::AcceptanceUnknown => "ListAcceptances lists those of a partner.",
        Refusal::EvidenceUnknown => "ListEvidence lists that of a provider.",
        Refusal::ObligationUnknown => "ListObligations lists those of a partner.",
        Refusal::PolicyUnknown => "Publish one with PublishPolicy.",
        Refusal::ResellerCannotConfirm { .. } => {
            "Let one of its providers confirm, or hand it the evidence with SubmitEvidence."
        }
        Refusal::PartnerInactive { .. } => "The operator sets it active with SetPartnerStatus.",
        Refusal::RelationshipMissing { .. } => "Establish it with EstablishRelationship.",
        Refusal::CloudNotSupported { .. } => "Orders in this cloud need no acceptance.",
        Refusal::AgreementRetired { .. } => "Let the customer accept its successor, where it has one.",
        Refusal::AgreementNotAvailable { .. } => {
            "Confirm it once it is available, or confirm another agreement."
        }
        Refusal::VersionMismatch { .. } => {
            "Name the version that was accepted, or none to infer it from the instant."
        }
        Refusal::VersionExists { .. } => "Publish other content as another version.",
        Refusal::TemplateUnknown { .. } => "Name a fitting one, or none.",
        Refusal::ContactIsPartner { .. } => "Name a person inside the customer's organisation.",
        Refusal::PartnerMustAttest { .. } => "Reach out to the partner, who attests with AttestAcceptance.",
        Refusal::RevisionConflict { .. } => "Read it again, and decide anew.",
        Refusal::AcceptanceAlreadyConfirmed { .. } => {
            "Nothing needs to be recorded; to change it, correct it with CorrectAcceptance."
        }
        Refusal::AcceptanceAlreadyCorrected { .. } => "Correct or void that one.",
        Refusal::NothingToWithdraw { .. } => "GetAcceptanceStatus tells what is in force.",
        Refusal::ProgramNotEligible { .. } => "Check both ids; RegisterPartner changes a program.",
        Refusal::ResellerNotLinked { .. } => "Link it with EstablishRelationship.",
    }
}

/// What a refusal is about that names nothing.
const fn thing(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::AcceptanceUnknown => "acceptance",
        Refusal::EvidenceUnknown => "evidence",
        Refusal::ObligationUnknown => "withdrawal or obligation",
        _ => "policy",
    }
}

fn shown(template: &Template) -> String {
    let Template { country, language } = template;
    format!("{country}/{language}")
}

fn shown_all(templates: &[Template]) -> String {
    listed(&templates.iter().map(shown).collect::<Vec<_>>())
}
