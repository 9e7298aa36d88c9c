//! What only the server, its database and its callers know: tokens, the master key, the database's password. And personal
//! data once more, as callers with credentials send them.

use assent_proto::v1::*;
use assent_testing::{Caller, Credentials, Server, ServerOptions, claims, postgres, requests};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tonic::Status;

use super::secrets::*;
use super::{Finder, SECRETS};
use crate::support::within;

const PASSWORD: &str = "Correct-Horse-81-Battery";

/// The URL with a password, and the password.
fn with_password(url: &str) -> (String, String) {
    let (scheme, rest) = url.split_once("://").expect("it is a URL");
    let Some((user, rest)) = rest.split_once('@') else {
        let and = if url.contains('?') { '&' } else { '?' };
        return (format!("{url}{and}password={PASSWORD}"), PASSWORD.to_owned());
    };
    match user.split_once(':') {
        Some((_, password)) => (url.to_owned(), password.to_owned()),
        None => (format!("{scheme}://{user}:{PASSWORD}@{rest}"), PASSWORD.to_owned()),
    }
}

/// Calls that go well, and calls that do not; gives what the refusals said.
async fn calls(caller: &Caller) -> Vec<Status> {
    let mut directory = caller.directory();
    within(directory.register_partner(requests::partner("contoso", Program::DirectBill)))
        .await
        .expect("it is new");
    within(directory.register_customer(requests::customer("a"))).await.expect("it is new");
    within(directory.establish_relationship(requests::relationship("contoso", "a")))
        .await
        .expect("it is new");
    let contact = |email: &str| Contact {
        first_name: FIRST_NAME.to_owned(),
        last_name: LAST_NAME.to_owned(),
        email: email.to_owned(),
        phone_number: Some(PHONE_NUMBER.to_owned()),
    };
    let confirmation = ConfirmAcceptanceRequest {
        contact: Some(contact(EMAIL)),
        employee: Some(EMPLOYEE.to_owned()),
        evidence: Some(Evidence { uri: URI.to_owned(), ..Default::default() }),
        ..requests::confirm("contoso", "a")
    };
    let mut acceptance = caller.acceptance();
    let confirmed = within(acceptance.confirm_acceptance(confirmation.clone())).await.expect("it is stored");
    let acceptance_id = confirmed.into_inner().acceptance.expect("it is answered").acceptance_id;
    let bad = ConfirmAcceptanceRequest { contact: Some(contact(BAD_EMAIL)), ..confirmation.clone() };
    let refusals = vec![
        within(acceptance.confirm_acceptance(bad)).await.expect_err("it is no address"),
        within(acceptance.confirm_acceptance(confirmation)).await.expect_err("it is there"),
    ];
    let get = GetAcceptanceRequest { acceptance_id };
    within(acceptance.get_acceptance(get)).await.expect("it is shown");
    let history = GetHistoryRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "a".to_owned(),
        ..Default::default()
    };
    within(caller.audit().get_history(history)).await.expect("it is shown");
    let withdrawal = WithdrawAcceptanceRequest {
        reason: WITHDRAWN_BECAUSE.to_owned(),
        ..requests::withdraw("contoso", "a")
    };
    within(acceptance.withdraw_acceptance(withdrawal)).await.expect("it is withdrawn");
    let find =
        FindPersonRequest { email: EMAIL.to_owned(), reason: FOUND_BECAUSE.to_owned(), ..Default::default() };
    within(caller.privacy().find_person(find)).await.expect("she is found");
    refusals
}

/// A token that says the same, with another signature.
fn forged(token: &str) -> String {
    let (said, signature) = token.rsplit_once('.').expect("a token has three parts");
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).expect("it is base64");
    bytes[7] ^= 1;
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[tokio::test]
async fn no_token_key_or_password_stands_in_the_output_or_in_an_error_while_everything_is_traced() {
    let database = postgres::shared().await.database().await;
    let (url, password) = with_password(&database.url());
    let credentials = Credentials::without_tls();
    let mut options = ServerOptions { database: Some(url), ..credentials.server() };
    options.arguments.extend(["--log".to_owned(), "trace".to_owned()]);
    let server = Server::spawn(options).await;
    let mut claims = claims("the-operator", "", &["*"]);
    claims["scope"] = json!(
        "assent.directory assent.acceptances.write assent.acceptances.read assent.privacy assent.audit"
    );
    claims["assent_roles"] = json!(["ADMIN_AGENT"]);
    let token = credentials.issuer.token(&claims);
    let forged = forged(&token);
    let mut refusals = calls(&server.acting_as(&token)).await;
    for bad in [forged.as_str(), "not-even-a-token-of-ours"] {
        let order = requests::order("contoso", "a");
        let refusal = within(server.acting_as(bad).authorization().authorize_order(order)).await;
        refusals.push(refusal.expect_err("it is no credential"));
    }
    let key = std::fs::read_to_string(credentials.file("master.key")).expect("the key is there");
    let key = key.trim().to_owned();
    let bytes: Vec<u8> = (0..key.len() / 2)
        .map(|at| u8::from_str_radix(&key[2 * at..2 * at + 2], 16).expect("it is hexadecimal"))
        .collect();
    let signature = |token: &str| token.rsplit_once('.').expect("a token has three parts").1.to_owned();
    let mut secrets: Vec<Vec<u8>> = SECRETS.iter().map(|it| it.as_bytes().to_vec()).collect();
    let texts = [signature(&token), signature(&forged), "not-even-a-token-of-ours".to_owned(), key, password];
    secrets.extend(texts.map(String::into_bytes));
    secrets.push(bytes);
    let finder = Finder::of(secrets.iter().map(Vec::as_slice));
    for refusal in &refusals {
        let told = format!("{refusal:?} {}", String::from_utf8_lossy(refusal.details()));
        assert_eq!(finder.secret_in(told.as_bytes()), None, "{told}");
    }
    let stderr = server.stderr();
    assert!(stderr.lines().filter(|it| it.contains("TRACE")).count() > 100, "it traced");
    if let Some(secret) = finder.secret_in(stderr.as_bytes()) {
        let line = stderr.lines().find(|it| finder.secret_in(it.as_bytes()).is_some()).unwrap_or_default();
        panic!("`{secret}` stands in: {line}");
    }
}
