//! What a credential opens: coarse, given by whoever issues credentials. Roles (rule W7) narrow it further.

/// What a credential opens. Its name is what a token's `scope` claim says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Scope {
    /// Ask whether an order may go through, and record what became of it: a commerce service.
    Authorize,
    /// Read acceptances, statuses, evidence and obligations of the caller's own partners.
    AcceptancesRead,
    /// Record, correct, void and withdraw for the caller's own partners.
    AcceptancesWrite,
    /// Import records that were confirmed elsewhere and earlier (rule C10).
    AcceptancesImport,
    /// Register partners and customers, and establish or end their relationships.
    Directory,
    /// Publish agreements and policy.
    Catalog,
    /// Replay the log, follow its proofs, and export: an auditor.
    Audit,
    /// See the sealed contacts, employees and free texts of an export (rule C14).
    Disclose,
    /// Erase personal data, and find a person's: a privacy officer.
    Privacy,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 9] = [
        Self::Authorize,
        Self::AcceptancesRead,
        Self::AcceptancesWrite,
        Self::AcceptancesImport,
        Self::Directory,
        Self::Catalog,
        Self::Audit,
        Self::Disclose,
        Self::Privacy,
    ];

    /// Its name in tokens, configuration and errors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorize => "assent.authorize",
            Self::AcceptancesRead => "assent.acceptances.read",
            Self::AcceptancesWrite => "assent.acceptances.write",
            Self::AcceptancesImport => "assent.acceptances.import",
            Self::Directory => "assent.directory",
            Self::Catalog => "assent.catalog",
            Self::Audit => "assent.audit",
            Self::Disclose => "assent.disclose",
            Self::Privacy => "assent.privacy",
        }
    }

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// All of them.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Whether this one is among them.
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Those that are among them, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |it| self.has(*it))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, it| set | 1 << it as u8))
    }
}
