//! Every kind of caller that the document names, and some that it does not.

use assent_domain::values::Role;
use assent_identity::Scope;
use assent_testing::{Credentials, claims};
use serde_json::json;

use Scope::{
    AcceptancesImport as Import, AcceptancesRead as Read, AcceptancesWrite as Write, Audit, Authorize,
    Catalog, Directory, Disclose, Privacy,
};

/// Who acts for every partner.
pub(super) const EVERY: &[&str] = &["*"];

/// A kind of caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) scopes: &'static [Scope],
    pub(super) partners: &'static [&'static str],
    pub(super) roles: &'static [Role],
}

const fn kind(
    name: &'static str,
    scopes: &'static [Scope],
    partners: &'static [&'static str],
    roles: &'static [Role],
) -> Kind {
    Kind { name, scopes, partners, roles }
}

const READ_WRITE: &[Scope] = &[Read, Write];

pub(super) const KINDS: &[Kind] = &[
    kind("commerce-service", &[Authorize], &["contoso"], &[Role::CommerceService]),
    kind("commerce-service-that-records", &[Authorize, Write], &["contoso"], &[Role::CommerceService]),
    kind("admin-agent", READ_WRITE, &["contoso"], &[Role::AdminAgent]),
    kind("sales-agent", READ_WRITE, &["contoso"], &[Role::SalesAgent]),
    kind("helpdesk-agent", READ_WRITE, &["contoso"], &[Role::HelpdeskAgent]),
    kind("global-admin", READ_WRITE, &["contoso"], &[Role::GlobalAdmin]),
    kind("user-without-a-role", READ_WRITE, &["contoso"], &[]),
    kind("user-of-another-partner", READ_WRITE, &["adatum"], &[Role::AdminAgent]),
    kind("user-of-no-partner", READ_WRITE, &[], &[Role::AdminAgent]),
    kind("user-of-both", READ_WRITE, &["adatum", "contoso"], &[Role::AdminAgent]),
    kind("reseller", &[Write], &["tailspin"], &[Role::SalesAgent]),
    kind("migration", &[Import], &["contoso"], &[Role::SalesAgent]),
    kind("migration-without-a-role", &[Import], &["contoso"], &[]),
    kind("auditor", &[Audit], EVERY, &[]),
    kind("auditor-who-discloses", &[Audit, Disclose], EVERY, &[]),
    kind("auditor-of-one-partner", &[Audit], &["contoso"], &[]),
    kind("only-disclosing", &[Disclose], EVERY, Role::ALL),
    kind("privacy-officer", &[Privacy], EVERY, &[]),
    kind("privacy-officer-of-one-partner", &[Privacy], &["contoso"], &[]),
    kind("catalogue-administrator", &[Catalog], &[], &[]),
    kind("directory-administrator", &[Directory], EVERY, &[]),
    kind("directory-user-of-one-partner", &[Directory], &["contoso"], &[]),
    kind("nobody-in-particular", &[], EVERY, Role::ALL),
];

impl Kind {
    /// A token of such a caller.
    pub(super) fn token(&self, credentials: &Credentials) -> String {
        let scopes: Vec<_> = self.scopes.iter().map(|it| it.name()).collect();
        let mut claims = claims(self.name, &scopes.join(" "), self.partners);
        claims["assent_roles"] = json!(self.roles.iter().map(|it| it.name()).collect::<Vec<_>>());
        credentials.issuer.token(&claims)
    }

    /// Whether such a caller acts for this partner.
    pub(super) fn acts_for(&self, partner: &str) -> bool {
        self.partners == EVERY || self.partners.contains(&partner)
    }
}

/// Somebody who may everything.
pub(super) fn operator(credentials: &Credentials) -> String {
    kind("operator", &Scope::ALL, EVERY, Role::ALL).token(credentials)
}
