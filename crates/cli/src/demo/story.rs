//! The story itself.

use assent_proto::v1::{Channel, Cloud, Program, ReasonCode, Scenario, TransactionKind};

use super::Act::{
    Attest, Backfill, Confirm, CorrectContact, Customer, Direct, Link, Order as Ask, Partner, Relationship,
    Withdraw,
};
use super::Expected::{Allowed, Denied, Done, Refused};
use super::cast::{
    ANA, ANNA, CLOUD_AGREEMENT, CONTOSO_ADATUM, CONTOSO_FABRIKAM, CONTOSO_LITWARE, CONTOSO_WINGTIP,
    CUSTOMER_AGREEMENT, LEE, NORA, NORTHWIND_ADATUM, PIERRE, TAILSPIN_ADATUM, WANDA, accepted, purchase,
    step,
};
use super::{Chapter, Order, Step};

/// The CSP program's timeline under the policy pack that ships. Only its last days depend on the clock: they lie
/// before this release, so the story ends the same on every day after it.
pub fn story() -> Vec<Chapter> {
    let chapter = |title, steps| Chapter { title, steps };
    vec![
        chapter("A first order, before anybody is known", first_order()),
        chapter("Who takes part", registering()),
        chapter("2019: the Cloud Agreement becomes a condition", cloud_agreement()),
        chapter("2020: the Customer Agreement takes its place", customer_agreement()),
        chapter("2026: only the text of 2023 counts", text_of_2023()),
        chapter("A provider and its reseller", provider_and_reseller()),
        chapter("A customer no longer agrees", withdrawal()),
        chapter("A customer that bought elsewhere before", attestation()),
        chapter("A national cloud", national_cloud()),
    ]
}

fn first_order() -> Vec<Step> {
    let everything = &[
        ReasonCode::PartnerUnknown,
        ReasonCode::CustomerUnknown,
        ReasonCode::RelationshipMissing,
        ReasonCode::AcceptanceMissing,
    ];
    vec![step(
        "The answer is the whole way to a yes.",
        Ask(purchase(CONTOSO_FABRIKAM, None)),
        Denied(everything),
    )]
}

fn registering() -> Vec<Step> {
    let partner = |told, id, program, email_domain| step(told, Partner { id, program, email_domain }, Done);
    let customer = |told, id, cloud, has_purchases| step(told, Customer { id, cloud, has_purchases }, Done);
    vec![
        partner("Contoso bills its customers directly.", "contoso", Program::DirectBill, "contoso.example"),
        partner(
            "Northwind is an indirect provider,",
            "northwind",
            Program::IndirectProvider,
            "northwind.example",
        ),
        partner("and Tailspin sells through it.", "tailspin", Program::IndirectReseller, "tailspin.example"),
        step("The two are linked.", Link { provider: "northwind", reseller: "tailspin" }, Done),
        customer("Fabrikam buys from Contoso.", "fabrikam", Cloud::Public, false),
        step("They know each other.", Relationship(CONTOSO_FABRIKAM), Done),
        customer("Adatum buys from Tailspin,", "adatum", Cloud::Public, false),
        step("so its relationship is with Northwind.", Relationship(NORTHWIND_ADATUM), Done),
    ]
}

fn cloud_agreement() -> Vec<Step> {
    let on_dashboard =
        Order { channel: Channel::Dashboard, ..purchase(CONTOSO_FABRIKAM, Some("2019-03-21")) };
    let renewal_by_itself =
        Order { transaction: TransactionKind::AutoRenewal, ..purchase(CONTOSO_FABRIKAM, Some("2019-03-22")) };
    let signed = accepted(CONTOSO_FABRIKAM, CLOUD_AGREEMENT, "2019-04-02", ANNA);
    vec![
        step(
            "The last day before the API's deadline: nothing is needed yet.",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2019-03-21"))),
            Allowed(ReasonCode::RequirementNotInForce),
        ),
        step(
            "On the dashboard the deadline has passed by then.",
            Ask(on_dashboard),
            Denied(&[ReasonCode::AcceptanceMissing]),
        ),
        step(
            "A day later it has passed for the API too.",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2019-03-22"))),
            Denied(&[ReasonCode::AcceptanceMissing]),
        ),
        step(
            "What renews by itself is exempt.",
            Ask(renewal_by_itself),
            Allowed(ReasonCode::TransactionExempt),
        ),
        step(
            "From the old files: Anna accepted in April 2019, and Contoso confirmed it the next day.",
            Backfill { accepted: signed, confirmed_on: "2019-04-03" },
            Done,
        ),
        step(
            "So an order of that week was fine.",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2019-04-05"))),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
    ]
}

fn customer_agreement() -> Vec<Step> {
    let azure_plan = Order { product: Some("azure-plan"), ..purchase(CONTOSO_FABRIKAM, Some("2019-10-02")) };
    vec![
        step(
            "The Azure plan wants the new agreement from its first day.",
            Ask(azure_plan),
            Denied(&[ReasonCode::AgreementNotValidForProduct]),
        ),
        step(
            "Everything else takes the old one, up to its last day.",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2020-01-30"))),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
        step(
            "Then it is no longer honoured.",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2020-01-31"))),
            Denied(&[ReasonCode::AgreementNoLongerHonoured]),
        ),
        step(
            "Confirming the old one today is refused, and the answer names its successor.",
            Confirm(accepted(CONTOSO_FABRIKAM, CLOUD_AGREEMENT, "2020-01-31", ANNA)),
            Refused("AGREEMENT_RETIRED"),
        ),
        step(
            "Anna accepted the new one.",
            Confirm(accepted(CONTOSO_FABRIKAM, CUSTOMER_AGREEMENT, "2020-01-31", ANNA)),
            Done,
        ),
        step(
            "The order goes through.",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2020-02-01"))),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
    ]
}

fn text_of_2023() -> Vec<Step> {
    vec![
        step(
            "Six years later the acceptance of 2020 still serves,",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2026-01-04"))),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
        step(
            "until only acceptances since April 2023 count. Both old ones are named.",
            Ask(purchase(CONTOSO_FABRIKAM, Some("2026-01-05"))),
            Denied(&[ReasonCode::AcceptanceStale, ReasonCode::AgreementNoLongerHonoured]),
        ),
        step(
            "Anna accepts the current text. There is a slip in her name.",
            Confirm(accepted(CONTOSO_FABRIKAM, CUSTOMER_AGREEMENT, "2026-01-12", ANA)),
            Done,
        ),
        step("The slip is corrected: both records stay.", CorrectContact(CONTOSO_FABRIKAM, ANNA), Done),
        step(
            "An order of today is allowed.",
            Ask(purchase(CONTOSO_FABRIKAM, None)),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
    ]
}

fn provider_and_reseller() -> Vec<Step> {
    let through_tailspin = Order { reseller: Some("tailspin"), ..purchase(NORTHWIND_ADATUM, None) };
    vec![
        step(
            "An order of Adatum, through Tailspin: nobody confirmed anything yet.",
            Ask(through_tailspin),
            Denied(&[ReasonCode::AcceptanceMissing]),
        ),
        step(
            "Tailspin cannot confirm: a reseller never can.",
            Confirm(accepted(TAILSPIN_ADATUM, CUSTOMER_AGREEMENT, "2026-01-12", PIERRE)),
            Refused("RESELLER_CANNOT_CONFIRM"),
        ),
        step(
            "Nor can somebody at Northwind accept on Adatum's behalf.",
            Confirm(accepted(NORTHWIND_ADATUM, CUSTOMER_AGREEMENT, "2026-01-12", NORA)),
            Refused("CONTACT_IS_PARTNER"),
        ),
        step(
            "Pierre at Adatum accepts, and Northwind confirms it.",
            Confirm(accepted(NORTHWIND_ADATUM, CUSTOMER_AGREEMENT, "2026-01-12", PIERRE)),
            Done,
        ),
        step(
            "That covers the orders through each of its resellers.",
            Ask(through_tailspin),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
        step("Adatum talks to Contoso as well.", Relationship(CONTOSO_ADATUM), Done),
        step(
            "Each partner needs its own confirmation: Northwind's does nothing for Contoso.",
            Ask(purchase(CONTOSO_ADATUM, None)),
            Denied(&[ReasonCode::AcceptanceMissing]),
        ),
    ]
}

fn withdrawal() -> Vec<Step> {
    let renewal_by_itself =
        Order { transaction: TransactionKind::AutoRenewal, ..purchase(NORTHWIND_ADATUM, None) };
    vec![
        step(
            "Adatum withdraws in March: an obligation to cancel is open from then on.",
            Withdraw { parties: NORTHWIND_ADATUM, agreement: CUSTOMER_AGREEMENT, withdrawn_on: "2026-03-02" },
            Done,
        ),
        step(
            "Orders are denied.",
            Ask(purchase(NORTHWIND_ADATUM, None)),
            Denied(&[ReasonCode::AcceptanceWithdrawn]),
        ),
        step(
            "A renewal by itself stays exempt, but the answer says what is to do.",
            Ask(renewal_by_itself),
            Allowed(ReasonCode::TransactionExempt),
        ),
        step(
            "Pierre accepts again.",
            Confirm(accepted(NORTHWIND_ADATUM, CUSTOMER_AGREEMENT, "2026-03-16", PIERRE)),
            Done,
        ),
        step(
            "Orders are allowed again.",
            Ask(purchase(NORTHWIND_ADATUM, None)),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
    ]
}

fn attestation() -> Vec<Step> {
    let signed = accepted(CONTOSO_WINGTIP, CUSTOMER_AGREEMENT, "2026-02-03", WANDA);
    vec![
        step(
            "Wingtip has bought through another partner.",
            Customer { id: "wingtip", cloud: Cloud::Public, has_purchases: true },
            Done,
        ),
        step("Now it comes to Contoso.", Relationship(CONTOSO_WINGTIP), Done),
        step("It cannot accept directly any more,", Direct(signed), Refused("PARTNER_MUST_ATTEST")),
        step("so Contoso attests on its behalf.", Attest(signed, Scenario::NewPartner), Done),
        step(
            "The order is allowed.",
            Ask(purchase(CONTOSO_WINGTIP, None)),
            Allowed(ReasonCode::AcceptanceInForce),
        ),
    ]
}

fn national_cloud() -> Vec<Step> {
    vec![
        step(
            "Litware lives in a government cloud.",
            Customer { id: "litware", cloud: Cloud::UsGovernment, has_purchases: false },
            Done,
        ),
        step("It buys from Contoso.", Relationship(CONTOSO_LITWARE), Done),
        step(
            "Its orders need no acceptance,",
            Ask(purchase(CONTOSO_LITWARE, None)),
            Allowed(ReasonCode::CloudNotCovered),
        ),
        step(
            "and none can be confirmed.",
            Confirm(accepted(CONTOSO_LITWARE, CUSTOMER_AGREEMENT, "2026-02-03", LEE)),
            Refused("CLOUD_NOT_SUPPORTED"),
        ),
    ]
}
