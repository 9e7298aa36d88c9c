//! GetAgreementTemplate, and confirmations that name a template (rule C5).

use assent_proto::v1::*;
use assent_testing::{reason, requests};
use tonic::Code;

use crate::support::{server, within};

fn wanted(country: &str, language: Option<&str>) -> GetAgreementTemplateRequest {
    GetAgreementTemplateRequest {
        agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
        version: None,
        country: country.to_owned(),
        language: language.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_template_falls_back_to_english_and_says_so_but_never_to_another_country() {
    let server = server().await;
    for (country, language, given, fallback) in [
        ("DE", Some("de-DE"), "de-DE", false),
        ("DE", Some("DE-de"), "de-DE", false),
        ("DE", Some("en-US"), "en-US", false),
        ("DE", Some("fr-FR"), "en-US", true),
        ("JP", Some("ja-JP"), "ja-JP", false),
        ("CH", Some("it-IT"), "en-US", true),
        ("US", None, "en-US", false),
    ] {
        let found = within(server.catalog().get_agreement_template(wanted(country, language)))
            .await
            .unwrap()
            .into_inner();
        let template = found.template.expect("there is one");
        assert_eq!((template.country.as_str(), template.language.as_str()), (country, given), "{language:?}");
        assert_eq!((found.language_fallback, found.version.as_str()), (fallback, "2023-04"));
        assert_eq!(found.template_id.as_deref(), Some("117a77b0-9360-443b-8795-c6dedc750cf9"));
    }
    for country in ["KP", "ZZ"] {
        let refusal =
            within(server.catalog().get_agreement_template(wanted(country, None))).await.unwrap_err();
        assert_eq!(
            (refusal.code(), reason(&refusal).as_str()),
            (Code::InvalidArgument, "TEMPLATE_UNKNOWN"),
            "{country}"
        );
    }
    let unknown = GetAgreementTemplateRequest { agreement_id: "handshake".to_owned(), ..wanted("DE", None) };
    let refusal = within(server.catalog().get_agreement_template(unknown)).await.unwrap_err();
    assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::NotFound, "AGREEMENT_UNKNOWN"));
}

#[tokio::test]
async fn a_confirmation_names_a_template_of_the_customers_country_in_its_very_language() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let german = RegisterCustomerRequest { country: "DE".to_owned(), ..requests::customer("fabrikam") };
    within(server.directory().register_customer(german)).await.unwrap();
    let with = |country: &str, language: &str| ConfirmAcceptanceRequest {
        template: Some(TemplateKey { country: country.to_owned(), language: language.to_owned() }),
        ..requests::confirm("contoso", "fabrikam")
    };
    for (country, language) in [("US", "en-US"), ("DE", "fr-FR"), ("CH", "de-DE")] {
        let refusal =
            within(server.acceptance().confirm_acceptance(with(country, language))).await.unwrap_err();
        assert_eq!((refusal.code(), reason(&refusal).as_str()), (Code::InvalidArgument, "TEMPLATE_UNKNOWN"));
        assert!(format!("{refusal:?}{}", refusal.message()).contains("DE"), "{refusal:?}");
    }
    let confirmed =
        within(server.acceptance().confirm_acceptance(with("DE", "de-DE"))).await.unwrap().into_inner();
    let template = confirmed.acceptance.and_then(|it| it.template).expect("it is kept");
    assert_eq!((template.country.as_str(), template.language.as_str()), ("DE", "de-DE"));
}
