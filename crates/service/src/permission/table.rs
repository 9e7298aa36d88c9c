//! Who may what: one row a method, and the only place that says it. `docs/permissions.md` shows it; a test keeps both equal.
//!
//! A row reads: the method; the scopes that open it, any one of them, where `as` names the action that one of the caller's
//! roles must permit besides (rule W7, policy data); and what narrows it to the caller's partners ([`Narrowing`]).

use assent_domain::policy::Action;
use assent_identity::Scope;

/// What a caller needs for a method, and what narrows it.
#[derive(Debug)]
pub(crate) struct Row {
    /// The service, without the package.
    pub(crate) service: &'static str,
    /// The method's name in the contract.
    pub(crate) name: &'static str,
    /// Any one of these opens it.
    pub(crate) ways: &'static [Way],
    /// Whose things it then reaches.
    pub(crate) narrowing: Narrowing,
}

/// One way to be let in.
#[derive(Debug)]
pub(crate) struct Way {
    /// The scope that the credential must hold.
    pub(crate) scope: Scope,
    /// What one of the caller's roles must permit besides.
    pub(crate) action: Option<Action>,
}

/// How a method is narrowed to the caller's partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Narrowing {
    /// To nothing: what it shows is the same for everybody.
    Nothing,
    /// To the partner that the request names; a request that names none is for callers that act for every partner.
    Partner,
    /// Each message of the call to the partner that it names: another's is that item's error, never the call's.
    Items,
    /// The same, and each row to the role that its kind of record needs.
    Rows,
    /// To the reseller that the request names: the provider, whom it is for, need not be the caller's.
    Reseller,
    /// To the partner of the record that the request names by id: another's is answered as one that is not there.
    Record,
    /// To customers that one of the caller's partners sells to: another is answered as one that is not there.
    Customer,
    /// It reaches across partners: for callers that act for every one.
    Every,
}

macro_rules! table {
    ($($service:ident { $($method:ident: $($scope:ident $(as $action:ident)?)|+ => $narrowing:ident;)+ })+) => {
        /// Every method of the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Method { $($($method,)+)+ }

        /// Every method's row, in the order of [`Method`].
        pub(crate) const TABLE: &[Row] = &[$($(Row {
            service: stringify!($service),
            name: stringify!($method),
            ways: &[$(Way { scope: Scope::$scope, action: table!(@action $($action)?) }),+],
            narrowing: Narrowing::$narrowing,
        },)+)+];
    };
    (@action) => { None };
    (@action $action:ident) => { Some(Action::$action) };
}

table! {
    AuthorizationService {
        AuthorizeOrder:                 Authorize                                     => Partner;
        BatchAuthorizeOrders:           Authorize                                     => Items;
        StreamAuthorizeOrders:          Authorize                                     => Items;
        RecordOrderOutcome:             Authorize                                     => Partner;
    }
    AcceptanceService {
        ConfirmAcceptance:              AcceptancesWrite as Confirm                   => Partner;
        AttestAcceptance:               AcceptancesWrite as Attest                    => Partner;
        RecordDirectAcceptance:         AcceptancesWrite as RecordDirect              => Partner;
        SubmitEvidence:                 AcceptancesWrite as SubmitEvidence            => Reseller;
        ConfirmEvidence:                AcceptancesWrite as Confirm                   => Record;
        RejectEvidence:                 AcceptancesWrite as Confirm                   => Record;
        ListEvidence:                   AcceptancesRead as ReadConfirmation | Audit   => Partner;
        CorrectAcceptance:              AcceptancesWrite as Correct                   => Record;
        VoidRecord:                     AcceptancesWrite as Correct                   => Record;
        WithdrawAcceptance:             AcceptancesWrite as Withdraw                  => Partner;
        RecordCancellation:             AcceptancesWrite as Withdraw                  => Record;
        GetAcceptance:                  AcceptancesRead as ReadConfirmation | Audit   => Record;
        ListAcceptances:                AcceptancesRead as ReadConfirmation | Audit   => Partner;
        GetAcceptanceStatus:            AcceptancesRead | Audit                       => Partner;
        WatchAcceptanceStatus:          AcceptancesRead | Audit                       => Partner;
        ListCustomersNeedingAcceptance: AcceptancesRead | Audit                       => Partner;
        ListObligations:                AcceptancesRead | Audit                       => Partner;
        ImportAcceptances:              AcceptancesImport                             => Rows;
    }
    CatalogService {
        PublishAgreementVersion:        Catalog                                       => Nothing;
        RetireAgreement:                Catalog                                       => Nothing;
        GetAgreement:                   Authorize | AcceptancesRead | AcceptancesWrite | AcceptancesImport | Catalog | Audit => Nothing;
        ListAgreements:                 Authorize | AcceptancesRead | AcceptancesWrite | AcceptancesImport | Catalog | Audit => Nothing;
        GetAgreementTemplate:           Authorize | AcceptancesRead | AcceptancesWrite | AcceptancesImport | Catalog | Audit => Nothing;
        PublishPolicy:                  Catalog                                       => Nothing;
        GetPolicy:                      Authorize | AcceptancesRead | AcceptancesWrite | AcceptancesImport | Catalog | Audit => Nothing;
        SimulatePolicy:                 Catalog                                       => Partner;
    }
    DirectoryService {
        RegisterPartner:                Directory                                     => Every;
        RegisterCustomer:               Directory                                     => Every;
        EstablishRelationship:          Directory                                     => Partner;
        EndRelationship:                Directory                                     => Partner;
        SetPartnerStatus:               Directory                                     => Every;
        GetPartner:                     Directory | AcceptancesRead | Audit           => Partner;
        GetCustomer:                    Directory | AcceptancesRead | Audit           => Customer;
        ListCustomers:                  Directory | AcceptancesRead | Audit           => Partner;
    }
    AuditService {
        ReadEvents:                     Audit                                         => Partner;
        GetHistory:                     AcceptancesRead as ReadConfirmation | Audit   => Partner;
        GetCheckpoint:                  Authorize | AcceptancesRead | AcceptancesWrite | Audit => Nothing;
        GetInclusionProof:              Authorize | AcceptancesRead | AcceptancesWrite | Audit => Record;
        GetConsistencyProof:            Authorize | AcceptancesRead | AcceptancesWrite | Audit => Nothing;
        ExportInquiry:                  Audit                                         => Partner;
    }
    PrivacyService {
        ErasePersonalData:              Privacy                                       => Every;
        FindPerson:                     Privacy                                       => Every;
    }
}

/// What `--tiles-listen` serves: no method of the contract, and let in by the same rules. The log is one, so that whoever
/// follows it follows every partner's.
pub(super) const MONITORS: Row = Row {
    service: "HTTP",
    name: "/checkpoint and /tile/",
    ways: &[Way { scope: Scope::Audit, action: None }],
    narrowing: Narrowing::Every,
};

impl Method {
    /// What the method needs.
    pub(crate) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}
