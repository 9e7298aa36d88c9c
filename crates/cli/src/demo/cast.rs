//! Who and what the story is about, and short ways to say it.

use assent_proto::v1::{Channel, TransactionKind};

use super::{Accepted, Act, Expected, Order, Parties, Person, Step};

/// The agreement of the beginning.
pub(super) const CLOUD_AGREEMENT: &str = "microsoft-cloud-agreement";
/// The agreement that took its place.
pub(super) const CUSTOMER_AGREEMENT: &str = "microsoft-customer-agreement";

/// A direct-bill partner and its customer.
pub(super) const CONTOSO_FABRIKAM: Parties = Parties { partner: "contoso", customer: "fabrikam" };
/// An indirect provider and its customer.
pub(super) const NORTHWIND_ADATUM: Parties = Parties { partner: "northwind", customer: "adatum" };
/// The provider's customer, and another partner.
pub(super) const CONTOSO_ADATUM: Parties = Parties { partner: "contoso", customer: "adatum" };
/// The reseller itself as the partner.
pub(super) const TAILSPIN_ADATUM: Parties = Parties { partner: "tailspin", customer: "adatum" };
/// A customer that has bought before.
pub(super) const CONTOSO_WINGTIP: Parties = Parties { partner: "contoso", customer: "wingtip" };
/// A customer in a national cloud.
pub(super) const CONTOSO_LITWARE: Parties = Parties { partner: "contoso", customer: "litware" };

/// Accepts for fabrikam.
pub(super) const ANNA: Person = person("Anna", "Berg", "anna.berg@fabrikam.example");
/// The same person, with a slip in her name.
pub(super) const ANA: Person = person("Ana", "Berg", "anna.berg@fabrikam.example");
/// Accepts for adatum.
pub(super) const PIERRE: Person = person("Pierre", "Duval", "pierre.duval@adatum.example");
/// Works for the provider, so cannot accept for a customer.
pub(super) const NORA: Person = person("Nora", "Quist", "nora.quist@northwind.example");
/// Accepts for wingtip.
pub(super) const WANDA: Person = person("Wanda", "Fields", "wanda.fields@wingtip.example");
/// Accepts for litware.
pub(super) const LEE: Person = person("Lee", "Park", "lee.park@litware.example");

const fn person(first_name: &'static str, last_name: &'static str, email: &'static str) -> Person {
    Person { first_name, last_name, email }
}

/// A step.
pub(super) const fn step(told: &'static str, act: Act, expected: Expected) -> Step {
    Step { told, act, expected }
}

/// A new purchase through the API.
pub(super) const fn purchase(parties: Parties, on: Option<&'static str>) -> Order {
    Order {
        parties,
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        channel: Channel::Api,
        product: None,
        on,
    }
}

/// What somebody accepted.
pub(super) const fn accepted(
    parties: Parties,
    agreement: &'static str,
    on: &'static str,
    contact: Person,
) -> Accepted {
    Accepted { parties, agreement, on, contact }
}
