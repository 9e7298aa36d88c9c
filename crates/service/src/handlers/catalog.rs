//! CatalogService: agreements, templates, and the policy.

use assent_domain::Facts;
use assent_domain::refusal::{Refusal, Refusals};
use assent_domain::values::{AgreementId, Language, Position};
use assent_proto::convert::asked::{Cursor, PolicyWanted, TemplateWanted};
use assent_proto::convert::{Violations, answer, asked, intent};
use assent_proto::v1::catalog_service_server::CatalogService;
use assent_proto::v1::*;
use bytes::Bytes;
use tonic::{Request, Response, Status};

use super::{Answers, Handlers, told};
use crate::app::App;
use crate::error::{Error, Unknown};
use crate::permission::Method;

#[tonic::async_trait]
impl CatalogService for Handlers {
    async fn publish_agreement_version(
        &self,
        request: Request<PublishAgreementVersionRequest>,
    ) -> Result<Response<PublishAgreementVersionResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::PublishAgreementVersion)?;
        let id = AgreementId::parse(&request.agreement_id).ok();
        let intent = intent::publish_agreement_version(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let agreement = id.and_then(|it| self.app.agreement(&it));
        told!(written, PublishAgreementVersionResponse { agreement })
    }

    async fn retire_agreement(
        &self,
        request: Request<RetireAgreementRequest>,
    ) -> Result<Response<RetireAgreementResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::RetireAgreement)?;
        let id = AgreementId::parse(&request.agreement_id).ok();
        let intent = intent::retire_agreement(request).map_err(Error::from)?;
        let written = self.app.write(intent, &permit).await?;
        let agreement = id.and_then(|it| self.app.agreement(&it));
        told!(written, RetireAgreementResponse { agreement })
    }

    async fn get_agreement(
        &self,
        request: Request<GetAgreementRequest>,
    ) -> Result<Response<GetAgreementResponse>, Status> {
        let (_, request) = self.let_in(request, Method::GetAgreement)?;
        let id = asked::get_agreement(&request).map_err(Error::from)?;
        let agreement = self.app.agreement(&id).ok_or(Error::NotFound(Unknown::Agreement(id)))?;
        Ok(Response::new(GetAgreementResponse { agreement: Some(agreement) }))
    }

    async fn list_agreements(
        &self,
        request: Request<ListAgreementsRequest>,
    ) -> Result<Response<ListAgreementsResponse>, Status> {
        let (_, request) = self.let_in(request, Method::ListAgreements)?;
        let page = asked::list_agreements(&request).map_err(Error::from)?;
        let now = self.app.instant(None);
        let index = self.app.index.read();
        let known = &index.catalogue().agreements;
        let from = match &page.after {
            Some(Cursor::Id(id)) => {
                known.iter().position(|it| it.id.to_string() == *id).map_or(known.len(), |it| it + 1)
            }
            Some(Cursor::Position(_)) | None => 0,
        };
        let shown: Vec<_> = known.iter().skip(from).take(page.size).collect();
        let more = from + shown.len() < known.len();
        let next_page_token = match shown.last().filter(|_| more) {
            Some(last) => page.token(&Cursor::Id(last.id.to_string())),
            None => String::new(),
        };
        let agreements = shown.into_iter().map(|it| answer::agreement(it, now, Position::END)).collect();
        Ok(Response::new(ListAgreementsResponse { agreements, next_page_token }))
    }

    async fn get_agreement_template(
        &self,
        request: Request<GetAgreementTemplateRequest>,
    ) -> Result<Response<GetAgreementTemplateResponse>, Status> {
        let (_, request) = self.let_in(request, Method::GetAgreementTemplate)?;
        let wanted = asked::get_agreement_template(&request).map_err(Error::from)?;
        Ok(Response::new(self.app.template(wanted)?))
    }

    async fn publish_policy(
        &self,
        request: Request<PublishPolicyRequest>,
    ) -> Result<Response<PublishPolicyResponse>, Status> {
        let (permit, request) = self.let_in(request, Method::PublishPolicy)?;
        let bytes = request.document.clone();
        let intent = intent::publish_policy(request).map_err(Error::from)?;
        let only_checked = intent.validate_only;
        let written = self.app.write(intent, &permit).await?;
        let published = written.event.as_ref().and_then(|it| it.payload.as_ref());
        let (policy_id, policy_version) = match published {
            Some(assent_proto::event::event::Payload::PolicyPublished(it)) => {
                (it.policy_id.clone(), it.policy_version)
            }
            _ => self.app.governing_or_next(&bytes, only_checked)?,
        };
        told!(written, PublishPolicyResponse { policy_id, policy_version })
    }

    async fn get_policy(
        &self,
        request: Request<GetPolicyRequest>,
    ) -> Result<Response<GetPolicyResponse>, Status> {
        let (_, request) = self.let_in(request, Method::GetPolicy)?;
        let wanted = asked::get_policy(&request).map_err(Error::from)?;
        Ok(Response::new(self.app.policy(wanted).await?))
    }

    type SimulatePolicyStream = Answers<SimulatePolicyResponse>;

    async fn simulate_policy(
        &self,
        request: Request<SimulatePolicyRequest>,
    ) -> Result<Response<Self::SimulatePolicyStream>, Status> {
        let (permit, request) = self.let_in(request, Method::SimulatePolicy)?;
        let asked = asked::simulate_policy(&request).map_err(Error::from)?;
        permit.narrow(asked.partner.as_ref())?;
        Ok(Response::new(self.app.simulate(asked)?))
    }
}

impl App {
    fn agreement(&self, id: &AgreementId) -> Option<Agreement> {
        let now = self.instant(None);
        let index = self.index.read();
        index.catalogue().find(id).map(|it| answer::agreement(it, now, Position::END))
    }

    /// The text for a country: in the language asked for, else in en-US, saying so; another country's never.
    fn template(&self, wanted: TemplateWanted) -> Result<GetAgreementTemplateResponse, Error> {
        let TemplateWanted { agreement: id, version, country, language } = wanted;
        let now = self.instant(None);
        let index = self.index.read();
        let agreement =
            index.catalogue().find(&id).ok_or_else(|| Error::NotFound(Unknown::Agreement(id.clone())))?;
        let place = match &version {
            Some(version) => agreement.version_of(version).ok_or_else(|| unknown_version(&id))?,
            None => agreement.in_force_at(now, Position::END).ok_or_else(|| unknown_version(&id))?,
        };
        let version = agreement.version(place);
        let language = language.unwrap_or_else(english);
        let Some((template, language_fallback)) = version.template_or_english(country, &language) else {
            let fitting = version.templates_of(country).map(|it| it.template.clone()).collect();
            let template = assent_domain::values::Template { country, language };
            let refusal =
                Refusal::TemplateUnknown { agreement: id, version: version.id.clone(), template, fitting };
            return Err(Error::Refused { refusals: Refusals(vec![refusal]), ids: self.ids });
        };
        Ok(GetAgreementTemplateResponse {
            agreement_id: id.to_string(),
            version: version.id.to_string(),
            template: Some(answer::template(template)),
            language_fallback,
            template_id: agreement.template_id.clone(),
        })
    }

    /// The policy that a publishing that stored nothing leaves in force, or the version that one would get.
    fn governing_or_next(&self, document: &Bytes, only_checked: bool) -> Result<(String, u32), Error> {
        let sha256 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, document);
        let index = self.index.read();
        let governing = index.policies().at(Position::END).ok_or(Error::PolicyUnknown { known_at: None })?;
        let same = governing.sha256 == sha256.as_ref();
        let version = if only_checked && !same { governing.version + 1 } else { governing.version };
        Ok((governing.document.id.to_string(), version))
    }

    async fn policy(&self, wanted: PolicyWanted) -> Result<GetPolicyResponse, Error> {
        let policy = {
            let index = self.index.read();
            let policies = index.policies();
            let found = match wanted {
                PolicyWanted::Governing => policies.at(Position::END),
                PolicyWanted::At(position) => policies.at(position),
                PolicyWanted::Version(version) => policies.versions.iter().find(|it| it.version == version),
            };
            let known_at = match wanted {
                PolicyWanted::At(position) => Some(position),
                PolicyWanted::Governing | PolicyWanted::Version(_) => None,
            };
            found.cloned().ok_or(Error::PolicyUnknown { known_at })?
        };
        let document = self.log.document(&policy.sha256).await?.ok_or_else(|| {
            let finding = std::io::Error::other("the policy's document is not there");
            Error::corrupt(Some(policy.published), finding)
        })?;
        Ok(GetPolicyResponse {
            policy_id: policy.document.id.to_string(),
            policy_version: policy.version,
            document: document.content,
            sha256: Bytes::copy_from_slice(&policy.sha256),
            position: policy.published.0,
        })
    }
}

fn english() -> Language {
    Language::parse("en-US").expect("`en-US` is a language tag")
}

fn unknown_version(agreement: &AgreementId) -> Error {
    Violations::one("version", format!("must be a published version of `{agreement}`")).into()
}
