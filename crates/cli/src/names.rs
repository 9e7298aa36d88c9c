//! The short names of the API's closed sets: `NEW_PURCHASE` in answers, `new-purchase` in flags.

use assent_proto::v1;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A closed set whose values carry its name as a prefix on the wire.
pub(crate) trait Named: TryFrom<i32> + Copy + Send + Sync + 'static {
    /// The prefix with its underscore.
    const PREFIX: &'static str;

    /// The name on the wire.
    fn wire_name(self) -> &'static str;

    /// The name without the prefix.
    fn short(self) -> &'static str {
        let name = self.wire_name();
        name.strip_prefix(Self::PREFIX).unwrap_or(name)
    }
}

macro_rules! named {
    ($($set:ident $prefix:literal;)*) => {
        $(impl Named for v1::$set {
            const PREFIX: &'static str = $prefix;

            fn wire_name(self) -> &'static str {
                self.as_str_name()
            }
        })*
    };
}

named! {
    AcceptanceState "ACCEPTANCE_STATE_";
    Channel "CHANNEL_";
    Cloud "CLOUD_";
    Decision "DECISION_";
    ImportStatus "IMPORT_STATUS_";
    Method "METHOD_";
    ObligationState "OBLIGATION_STATE_";
    OrderOutcome "ORDER_OUTCOME_";
    PartnerStatus "PARTNER_STATUS_";
    Party "PARTY_";
    Program "PROGRAM_";
    ReasonCode "REASON_CODE_";
    RemediationAction "REMEDIATION_ACTION_";
    Scenario "SCENARIO_";
    TransactionKind "TRANSACTION_KIND_";
}

/// The short name of a value from the wire. A newer server may send one that this build does not know.
pub(crate) fn short<E: Named>(value: i32) -> String {
    E::try_from(value).map_or_else(|_| format!("{}{value}", E::PREFIX), |it| it.short().to_owned())
}

/// The value that a person wrote: case and the kind of dash do not matter. The unspecified value is none.
pub(crate) fn parse<E: Named>(text: &str) -> Option<E> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    all::<E>().find(|it| it.short() == name)
}

/// Every value but the unspecified one.
pub(crate) fn all<E: Named>() -> impl Iterator<Item = E> {
    // Numbers in a closed set have no gaps; a test holds that.
    (1..).map_while(|number| E::try_from(number).ok())
}

/// Reads a flag's value and lists the possible ones in the help.
pub(crate) fn flag<E: Named>() -> impl TypedValueParser<Value = E> {
    let values = all::<E>().map(|it| {
        let name = it.short().to_ascii_lowercase();
        PossibleValue::new(name.replace('_', "-")).alias(name)
    });
    PossibleValuesParser::new(values).map(|text| parse(&text).expect("only names of the set pass the parser"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_by_its_short_name_in_both_spellings() {
        assert_eq!(parse("new-purchase"), Some(v1::TransactionKind::NewPurchase));
        assert_eq!(parse("AUTO_RENEWAL"), Some(v1::TransactionKind::AutoRenewal));
        assert_eq!(parse::<v1::TransactionKind>("unspecified"), None);
        assert_eq!(all::<v1::ReasonCode>().count(), 15);
        assert_eq!(all::<v1::RemediationAction>().count(), 9);
        assert_eq!(short::<v1::Decision>(2), "DENIED");
        assert_eq!(short::<v1::Decision>(99), "DECISION_99");
    }

    #[test]
    fn every_prefix_is_the_sets_own() {
        fn check<E: Named>() {
            assert!(all::<E>().all(|it| it.wire_name().starts_with(E::PREFIX)), "{}", E::PREFIX);
            assert_eq!(short::<E>(0), "UNSPECIFIED", "{}", E::PREFIX);
        }
        check::<v1::AcceptanceState>();
        check::<v1::Channel>();
        check::<v1::Cloud>();
        check::<v1::Decision>();
        check::<v1::ImportStatus>();
        check::<v1::Method>();
        check::<v1::ObligationState>();
        check::<v1::OrderOutcome>();
        check::<v1::PartnerStatus>();
        check::<v1::Party>();
        check::<v1::Program>();
        check::<v1::ReasonCode>();
        check::<v1::RemediationAction>();
        check::<v1::Scenario>();
        check::<v1::TransactionKind>();
    }
}
