//! The closed sets of the business.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// Every one of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the contract.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one with this name in the contract.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.name() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    )*};
}

pub(crate) use kinds;

kinds! {
    /// A partner program (rule W1).
    Program {
        /// Sells to customers itself.
        DirectBill = "DIRECT_BILL",
        /// Sells through its resellers.
        IndirectProvider = "INDIRECT_PROVIDER",
        /// Sells what a provider provides; neither confirms, attests nor orders.
        IndirectReseller = "INDIRECT_RESELLER",
    }
    /// Whether a partner may act (rule W6).
    PartnerStatus {
        /// It may.
        Active = "ACTIVE",
        /// It may not.
        Inactive = "INACTIVE",
    }
    /// The cloud that a customer lives in (rules C6, O5).
    Cloud {
        /// The public cloud.
        Public = "PUBLIC",
        /// The national cloud of the United States' government.
        UsGovernment = "US_GOVERNMENT",
        /// The national cloud of Germany.
        Germany = "GERMANY",
        /// The national cloud of China.
        China = "CHINA",
    }
    /// The way an order or a record arrived; policy lines can differ by it.
    Channel {
        /// Through the programming interface.
        Api = "API",
        /// Through the partner's dashboard.
        Dashboard = "DASHBOARD",
    }
    /// What an order does.
    TransactionKind {
        /// Something new; trial conversion, add-on and transfer in as well.
        NewPurchase = "NEW_PURCHASE",
        /// More seats.
        SeatIncrease = "SEAT_INCREASE",
        /// Fewer seats.
        SeatDecrease = "SEAT_DECREASE",
        /// A renewal that someone asks for.
        Renewal = "RENEWAL",
        /// Term, billing plan, upgrade, reinstating.
        SubscriptionChange = "SUBSCRIPTION_CHANGE",
        /// A renewal that happens by itself (rule O2).
        AutoRenewal = "AUTO_RENEWAL",
    }
    /// How an acceptance came into the ledger (rule O3).
    Method {
        /// The partner confirmed it.
        Confirmed = "CONFIRMED",
        /// The partner attested it on the customer's behalf.
        Attested = "ATTESTED",
        /// The customer accepted directly.
        Direct = "DIRECT",
    }
    /// Why a partner attests (rule C11).
    Scenario {
        /// The customer has purchases through an existing partner and makes a new one.
        ExistingPartnerPurchases = "EXISTING_PARTNER_PURCHASES",
        /// The customer has purchases and buys through a new partner.
        NewPartner = "NEW_PARTNER",
    }
    /// What became of an order.
    OrderOutcome {
        /// It was placed: from then on the customer has purchases (rule C11).
        Placed = "PLACED",
        /// It failed.
        Failed = "FAILED",
        /// It was cancelled.
        Cancelled = "CANCELLED",
    }
    /// What a ledger is for; fixed at its first start.
    Environment {
        /// Real orders.
        Production = "PRODUCTION",
        /// The partners' integration sandbox.
        Sandbox = "SANDBOX",
    }
    /// A user role, by which policy permits actions (rule W7).
    Role {
        /// The partner's admin agent.
        AdminAgent = "ADMIN_AGENT",
        /// The partner's sales agent.
        SalesAgent = "SALES_AGENT",
        /// The partner's help-desk agent.
        HelpdeskAgent = "HELPDESK_AGENT",
        /// The partner's global administrator.
        GlobalAdmin = "GLOBAL_ADMIN",
        /// A commerce service.
        CommerceService = "COMMERCE_SERVICE",
    }
}
