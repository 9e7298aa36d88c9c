//! Partners, customers, relationships and links. Registering and establishing are upserts: the same content stores
//! nothing, other content is a change.

use super::none_holds;
use super::scene::Scene;
use crate::command::{Context, Parties};
use crate::directory::{CustomerFacts, Partner, PartnerFacts};
use crate::event::Event;
use crate::facts::Facts;
use crate::refusal::{Refusal, Refusals};
use crate::values::{CustomerId, PartnerId, PartnerStatus, Position, Program};

/// A partner's program can change while it is linked: what the programs don't permit does not hold so long (its
/// orders, its confirmations, its links), and holds again if the program changes back.
pub(super) fn register_partner(
    facts: &(impl Facts + ?Sized),
    id: &PartnerId,
    wanted: &PartnerFacts,
) -> Result<Vec<Event>, Refusals> {
    let (partner, wanted) = (id.clone(), wanted.clone());
    Ok(match facts.partner(id).and_then(|it| it.at(Position::END)) {
        None => vec![Event::PartnerRegistered { partner, facts: wanted }],
        Some(registered) if *registered == wanted => Vec::new(),
        Some(_) => vec![Event::PartnerChanged { partner, facts: wanted }],
    })
}

pub(super) fn set_status(
    facts: &(impl Facts + ?Sized),
    id: &PartnerId,
    status: PartnerStatus,
) -> Result<Vec<Event>, Refusals> {
    let Some(partner) = registered(facts, id) else {
        return Err(Refusal::PartnerUnknown { partner: id.clone() }.into());
    };
    let known = partner.status.as_ref().map(|it| *it.current());
    let event = Event::PartnerStatusSet { partner: id.clone(), status };
    Ok(if known == Some(status) { Vec::new() } else { vec![event] })
}

pub(super) fn register_customer(
    facts: &(impl Facts + ?Sized),
    id: &CustomerId,
    wanted: &CustomerFacts,
) -> Result<Vec<Event>, Refusals> {
    let (customer, wanted) = (id.clone(), *wanted);
    Ok(match facts.customer(id).as_ref().and_then(|it| it.at(Position::END)) {
        None => vec![Event::CustomerRegistered { customer, facts: wanted }],
        Some(registered) if *registered == wanted => Vec::new(),
        Some(_) => vec![Event::CustomerChanged { customer, facts: wanted }],
    })
}

/// A partner of any program can have relationships; rule W1 says what an indirect reseller can't do with one.
pub(super) fn establish(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(scene.revision_conflict(context));
    none_holds(refusals)?;

    let established = scene.relationship_not_in_force().is_none();
    let Parties { partner, customer } = parties.clone();
    Ok(if established { Vec::new() } else { vec![Event::RelationshipEstablished { partner, customer }] })
}

/// Its acceptances stay as they were (rule W6).
pub(super) fn end_relationship(
    facts: &(impl Facts + ?Sized),
    parties: &Parties,
    context: &Context,
) -> Result<Vec<Event>, Refusals> {
    let scene = Scene::of(facts, parties);
    let mut refusals: Vec<_> = scene.unknown_parties().collect();
    refusals.extend(scene.relationship_never_was());
    refusals.extend(scene.revision_conflict(context));
    none_holds(refusals)?;

    let ended = scene.relationship_not_in_force().is_some();
    let Parties { partner, customer } = parties.clone();
    Ok(if ended { Vec::new() } else { vec![Event::RelationshipEnded { partner, customer }] })
}

/// Links an indirect reseller to an indirect provider, and no others.
pub(super) fn link_reseller(
    facts: &(impl Facts + ?Sized),
    provider: &PartnerId,
    reseller: &PartnerId,
) -> Result<Vec<Event>, Refusals> {
    let mut refusals: Vec<_> = unknown(facts, [provider, reseller]).collect();
    refusals.extend(of_other_program(facts, provider, Program::IndirectProvider));
    refusals.extend(of_other_program(facts, reseller, Program::IndirectReseller));
    none_holds(refusals)?;

    let linked = facts.partner(reseller).is_some_and(|it| it.is_linked_to(provider, Position::END));
    let event = Event::ResellerLinked { provider: provider.clone(), reseller: reseller.clone() };
    Ok(if linked { Vec::new() } else { vec![event] })
}

/// Ends a link. That there never was one is an error, that it was ended before is a retry.
pub(super) fn unlink(
    facts: &(impl Facts + ?Sized),
    provider: &PartnerId,
    reseller: &PartnerId,
) -> Result<Vec<Event>, Refusals> {
    let link = facts.partner(reseller).and_then(|it| it.link(provider));
    let (provider_id, reseller_id) = (provider.clone(), reseller.clone());
    let mut refusals: Vec<_> = unknown(facts, [provider, reseller]).collect();
    refusals.extend(
        link.is_none().then_some(Refusal::ResellerNotLinked { provider: provider_id, reseller: reseller_id }),
    );
    none_holds(refusals)?;

    let linked = link.is_some_and(|it| *it.in_force.current());
    let event = Event::ResellerUnlinked { provider: provider.clone(), reseller: reseller.clone() };
    Ok(if linked { vec![event] } else { Vec::new() })
}

fn registered<'a>(facts: &'a (impl Facts + ?Sized), id: &PartnerId) -> Option<&'a Partner> {
    facts.partner(id).filter(|it| it.facts.is_some())
}

fn unknown<'a>(
    facts: &'a (impl Facts + ?Sized),
    ids: [&'a PartnerId; 2],
) -> impl Iterator<Item = Refusal> + 'a {
    let missing = ids.into_iter().filter(|it| registered(facts, it).is_none());
    missing.map(|it| Refusal::PartnerUnknown { partner: it.clone() })
}

fn of_other_program(facts: &(impl Facts + ?Sized), id: &PartnerId, wanted: Program) -> Option<Refusal> {
    let program = facts.partner(id)?.at(Position::END)?.program;
    (program != wanted).then(|| Refusal::ProgramNotEligible { partner: id.clone(), wanted })
}
