//! A first user's way, with the program alone.

use assent_proto::v1::{PartnerStatus, SetPartnerStatusRequest};
use serde_json::Value;

use crate::program::{ask, assent, server};

const CONFIRM: &[&str] = &[
    "confirm",
    "--partner",
    "contoso",
    "--customer",
    "fabrikam",
    "--agreement",
    "microsoft-customer-agreement",
    "--first-name",
    "Anna",
    "--last-name",
    "Berg",
    "--email",
    "anna@fabrikam.example",
    "--accepted-at",
    "2026-01-12",
];
const AUTHORIZE: &[&str] =
    &["authorize", "--partner", "contoso", "--customer", "fabrikam", "--transaction", "new-purchase"];

#[tokio::test]
async fn a_first_order_is_denied_until_the_acceptance_is_confirmed() {
    let server = server().await;
    for arguments in [
        &["register", "partner", "contoso", "--program", "direct-bill", "--country", "DE"][..],
        &["register", "customer", "fabrikam", "--country", "DE", "--cloud", "public"],
        &["establish", "--partner", "contoso", "--customer", "fabrikam"],
    ] {
        let ran = ask(&server, arguments).await;
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let denied = ask(&server, AUTHORIZE).await;
    assert_eq!(denied.code, 1, "{denied:?}");
    assert!(denied.stdout.starts_with("DENIED\n"), "{denied:?}");
    assert!(denied.stdout.contains("ACCEPTANCE_MISSING (rule O1)"), "{denied:?}");
    assert!(denied.stdout.contains("CONFIRM_ACCEPTANCE by PARTNER"), "{denied:?}");

    let missing = ask(&server, &["needs-acceptance", "--partner", "contoso"]).await;
    assert!(missing.code == 1 && missing.stdout.contains("fabrikam"), "{missing:?}");

    let confirmed = ask(&server, CONFIRM).await;
    assert!(
        confirmed.code == 0 && confirmed.stdout.starts_with("CONFIRMED fabrikam accepted"),
        "{confirmed:?}"
    );

    let allowed = ask(&server, &[AUTHORIZE, &["--output", "json"]].concat()).await;
    assert_eq!(allowed.code, 0, "{allowed:?}");
    let answer: Value = serde_json::from_str(&allowed.stdout).unwrap();
    assert_eq!(answer["decision"], "DECISION_ALLOWED");
    assert_eq!(answer["reasons"][0]["code"], "REASON_CODE_ACCEPTANCE_IN_FORCE");

    let nobody = ask(&server, &["needs-acceptance", "--partner", "contoso"]).await;
    assert!(nobody.code == 0 && nobody.stdout.starts_with("Nobody"), "{nobody:?}");

    let status = ask(&server, &["status", "--partner", "contoso", "--customer", "fabrikam"]).await;
    assert!(status.code == 0 && status.stdout.contains("microsoft-customer-agreement"), "{status:?}");

    let withdraw = ["withdraw", "--partner", "contoso", "--customer", "fabrikam", "--reason", "a letter"];
    let agreement = ["--agreement", "microsoft-customer-agreement"];
    let withdrawn = ask(&server, &[&withdraw[..], &agreement].concat()).await;
    assert!(withdrawn.code == 0 && withdrawn.stdout.starts_with("WITHDRAWN"), "{withdrawn:?}");
    let denied = ask(&server, AUTHORIZE).await;
    assert!(denied.code == 1 && denied.stdout.contains("ACCEPTANCE_WITHDRAWN"), "{denied:?}");
    let status = ask(&server, &["status", "--partner", "contoso", "--customer", "fabrikam"]).await;
    assert!(status.stdout.contains("\n  no longer in force: microsoft-customer-agreement\n"), "{status:?}");
    assert!(!status.stdout.contains("none accepted"), "{status:?}");
}

#[tokio::test]
async fn that_nobody_lacks_an_acceptance_is_not_said_to_allow_any_order() {
    let server = server().await;
    server.registered("contoso", "fabrikam").await;
    server.accepted("contoso", "fabrikam").await;
    let needs = async |partner| ask(&server, &["needs-acceptance", "--partner", partner]).await;
    let nobody = needs("contoso").await;
    assert!(nobody.code == 0 && nobody.stdout.starts_with("Nobody lacks an acceptance"), "{nobody:?}");
    assert!(nobody.stdout.contains("denied for other reasons"), "{nobody:?}");
    assert!(!nobody.stdout.contains("all its orders are denied"), "{nobody:?}");

    let unknown = needs("unheard-of").await;
    let expected = "Partner unheard-of is not registered: all its orders are denied.\n";
    assert!(unknown.code == 0 && unknown.stdout.ends_with(expected), "{unknown:?}");

    let mut inactive = SetPartnerStatusRequest { partner_id: "contoso".to_owned(), ..Default::default() };
    inactive.set_status(PartnerStatus::Inactive);
    server.directory().set_partner_status(inactive).await.unwrap();
    let inactive = needs("contoso").await;
    let expected = "Partner contoso is not active: all its orders are denied.\n";
    assert!(inactive.stdout.ends_with(expected), "{inactive:?}");
}

#[tokio::test]
async fn a_refusal_ends_with_3_and_names_every_bad_field() {
    let server = server().await;
    server.registered("contoso", "fabrikam").await;
    let bad = [
        "confirm",
        "--partner",
        "contoso",
        "--customer",
        "fabrikam",
        "--agreement",
        "microsoft-customer-agreement",
        "--first-name",
        " ",
        "--last-name",
        "Berg",
        "--email",
        "no address",
        "--accepted-at",
        "2026-01-12",
    ];
    let refused = ask(&server, &bad).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{refused:?}");
    for expected in ["FIELD_INVALID", "contact.first_name", "contact.email"] {
        assert!(refused.stderr.contains(expected), "{expected}: {refused:?}");
    }
}

#[tokio::test]
async fn the_server_can_stand_in_the_environment() {
    let server = server().await;
    let mut command = crate::program::command(AUTHORIZE);
    let output = command.env("ASSENT_SERVER", server.address().to_string()).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let elsewhere = assent([AUTHORIZE, &["--server", &server.url()]].concat()).await;
    assert_eq!(elsewhere.code, 1, "{elsewhere:?}");
}
