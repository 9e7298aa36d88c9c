//! The reasons of the contract, each with the gRPC status that carries it.

use tonic::Code;

macro_rules! reasons {
    ($($code:ident { $($name:ident = $text:literal,)* })*) => {
        /// Why a question could not be answered, or a write not be carried out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the words of contract.md, where each is explained")]
        pub enum Reason { $($($name,)*)* }

        impl Reason {
            /// Every reason, in the contract's order.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The name in the contract.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$name => $text,)*)* }
            }

            /// The status that carries it.
            pub const fn code(self) -> Code {
                match self { $($(Self::$name => Code::$code,)*)* }
            }
        }
    };
}

reasons! {
    InvalidArgument {
        FieldInvalid = "FIELD_INVALID",
        RequestIdReused = "REQUEST_ID_REUSED",
        VersionMismatch = "VERSION_MISMATCH",
        ContactIsPartner = "CONTACT_IS_PARTNER",
        TemplateUnknown = "TEMPLATE_UNKNOWN",
        PolicyInvalid = "POLICY_INVALID",
    }
    FailedPrecondition {
        ResellerCannotConfirm = "RESELLER_CANNOT_CONFIRM",
        CloudNotSupported = "CLOUD_NOT_SUPPORTED",
        AgreementRetired = "AGREEMENT_RETIRED",
        AgreementNotAvailable = "AGREEMENT_NOT_AVAILABLE",
        RelationshipMissing = "RELATIONSHIP_MISSING",
        PartnerInactive = "PARTNER_INACTIVE",
        PartnerMustAttest = "PARTNER_MUST_ATTEST",
        NothingToWithdraw = "NOTHING_TO_WITHDRAW",
        AcceptanceAlreadyCorrected = "ACCEPTANCE_ALREADY_CORRECTED",
        ProgramNotEligible = "PROGRAM_NOT_ELIGIBLE",
        ResellerNotLinked = "RESELLER_NOT_LINKED",
        PolicyUnknown = "POLICY_UNKNOWN",
    }
    NotFound {
        PartnerUnknown = "PARTNER_UNKNOWN",
        CustomerUnknown = "CUSTOMER_UNKNOWN",
        AgreementUnknown = "AGREEMENT_UNKNOWN",
        AcceptanceUnknown = "ACCEPTANCE_UNKNOWN",
        EvidenceUnknown = "EVIDENCE_UNKNOWN",
        ObligationUnknown = "OBLIGATION_UNKNOWN",
        EventUnknown = "EVENT_UNKNOWN",
        CheckpointUnknown = "CHECKPOINT_UNKNOWN",
        InquiryUnknown = "INQUIRY_UNKNOWN",
    }
    AlreadyExists {
        AcceptanceAlreadyConfirmed = "ACCEPTANCE_ALREADY_CONFIRMED",
        VersionExists = "VERSION_EXISTS",
    }
    Aborted {
        RevisionConflict = "REVISION_CONFLICT",
    }
    Unauthenticated {
        CredentialMissing = "CREDENTIAL_MISSING",
        CredentialInvalid = "CREDENTIAL_INVALID",
    }
    PermissionDenied {
        RoleNotPermitted = "ROLE_NOT_PERMITTED",
        PartnerOutOfScope = "PARTNER_OUT_OF_SCOPE",
    }
    ResourceExhausted {
        RateLimited = "RATE_LIMITED",
        AppendQueueFull = "APPEND_QUEUE_FULL",
        MessageTooLarge = "MESSAGE_TOO_LARGE",
    }
    Unavailable {
        LogUnreachable = "LOG_UNREACHABLE",
        ReplicaTooStale = "REPLICA_TOO_STALE",
    }
    DataLoss {
        LogCorrupt = "LOG_CORRUPT",
        LogForked = "LOG_FORKED",
    }
    Unimplemented {
        NotBuiltYet = "NOT_BUILT_YET",
    }
}
