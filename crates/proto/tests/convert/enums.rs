//! The closed sets: every member of either side has its counterpart, with the same name.

use assent_domain::acceptance::{AcceptanceState, ObligationState};
use assent_domain::authorize::{By, Outcome, ReasonCode, RemediationAction};
use assent_domain::values as domain;
use assent_proto::convert::{EvidenceState, WireEnum};
use assent_proto::v1;
use prost::Message;
use prost_types::{EnumDescriptorProto, FileDescriptorSet};

/// Every enum of a package, from the descriptors.
fn enums_of(package: &str) -> Vec<EnumDescriptorProto> {
    let files = FileDescriptorSet::decode(assent_proto::DESCRIPTORS).unwrap();
    files.file.into_iter().filter(|it| it.package() == package).flat_map(|it| it.enum_type).collect()
}

/// Names a member as the contract does: without the enum's own name before it.
fn short<'a>(name: &'a str, of: &EnumDescriptorProto) -> &'a str {
    let unspecified = of.value[0].name();
    name.strip_prefix(unspecified.strip_suffix("UNSPECIFIED").unwrap()).unwrap()
}

/// Both ways for every number, and the names; gives the enum's name.
fn check<W>(members: &[W::Domain], name: impl Fn(W::Domain) -> String) -> String
where
    W: WireEnum + From<W::Domain> + Into<i32> + std::fmt::Debug,
    W::Domain: PartialEq + std::fmt::Debug,
{
    let wire = std::any::type_name::<W>().rsplit("::").next().unwrap();
    let of = enums_of("assent.v1").into_iter().find(|it| it.name() == wire).unwrap();
    assert_eq!(of.value.len(), members.len() + 1, "{wire}");
    for (value, expected) in of.value.iter().skip(1).zip(members) {
        let member = W::try_from(value.number()).ok().and_then(WireEnum::domain);
        assert_eq!(member, Some(*expected), "{wire} {}", value.name());
        assert_eq!(W::from(*expected).into(), value.number());
        assert_eq!(short(value.name(), &of), name(*expected));
    }
    assert!(W::try_from(0).is_ok_and(|it| it.domain().is_none()), "{wire}");
    wire.to_owned()
}

#[test]
fn every_member_of_every_set_has_its_counterpart() {
    let screaming = |it: String| {
        let mut text = String::new();
        for (at, letter) in it.chars().enumerate() {
            if at > 0 && letter.is_uppercase() {
                text.push('_');
            }
            text.extend(letter.to_uppercase());
        }
        text
    };
    let mut checked = vec![
        check::<v1::Environment>(domain::Environment::ALL, |it| it.to_string()),
        check::<v1::Program>(domain::Program::ALL, |it| it.to_string()),
        check::<v1::PartnerStatus>(domain::PartnerStatus::ALL, |it| it.to_string()),
        check::<v1::Cloud>(domain::Cloud::ALL, |it| it.to_string()),
        check::<v1::Channel>(domain::Channel::ALL, |it| it.to_string()),
        check::<v1::TransactionKind>(domain::TransactionKind::ALL, |it| it.to_string()),
        check::<v1::Method>(domain::Method::ALL, |it| it.to_string()),
        check::<v1::Scenario>(domain::Scenario::ALL, |it| it.to_string()),
        check::<v1::OrderOutcome>(domain::OrderOutcome::ALL, |it| it.to_string()),
        check::<v1::ReasonCode>(ReasonCode::ALL, |it| it.to_string()),
        check::<v1::RemediationAction>(RemediationAction::ALL, |it| it.to_string()),
        check::<v1::Party>(By::ALL, |it| it.to_string()),
        check::<v1::AcceptanceState>(AcceptanceState::ALL, |it| it.to_string()),
        check::<v1::ObligationState>(ObligationState::ALL, |it| it.to_string()),
        check::<v1::Decision>(&[Outcome::Allowed, Outcome::Denied], |it| screaming(format!("{it:?}"))),
        check::<v1::EvidenceState>(
            &[EvidenceState::Pending, EvidenceState::Confirmed, EvidenceState::Rejected],
            |it| screaming(format!("{it:?}")),
        ),
    ];
    // The service alone makes this one.
    checked.push("ImportStatus".to_owned());
    checked.sort();
    let mut all: Vec<_> = enums_of("assent.v1").iter().map(|it| it.name().to_owned()).collect();
    all.sort();
    assert_eq!(checked, all);
}

#[test]
fn a_stored_number_is_the_apis_number() {
    let api = enums_of("assent.v1");
    for stored in enums_of("assent.event.v1") {
        let same = api.iter().find(|it| it.name() == stored.name()).unwrap();
        assert_eq!(stored.value, same.value, "{}", stored.name());
    }
}
