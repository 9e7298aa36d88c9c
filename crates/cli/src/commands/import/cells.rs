//! The columns of a file, the cells of a row, and why a row is rejected before it is sent.

/// The reason of a row that cannot be what it must be.
pub(super) const FIELD_INVALID: &str = "FIELD_INVALID";
/// The reason of a row that is larger than the server decodes.
pub(super) const MESSAGE_TOO_LARGE: &str = "MESSAGE_TOO_LARGE";
/// What is named where not one cell, but the whole row is broken.
pub(super) const WHOLE_ROW: &str = "row";

macro_rules! columns {
    ($($column:ident $name:literal;)*) => {
        /// A column.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Column {
            $($column,)*
        }

        impl Column {
            /// Every column.
            pub(super) const ALL: &[Self] = &[$(Self::$column,)*];

            /// Its name in the header, which is also the key in JSON.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$column => $name,)*
                }
            }
        }
    };
}

columns! {
    RequestId "request_id";
    Method "method";
    PartnerId "partner_id";
    CustomerId "customer_id";
    AgreementId "agreement_id";
    Version "version";
    Country "country";
    Language "language";
    FirstName "first_name";
    LastName "last_name";
    Email "email";
    PhoneNumber "phone_number";
    AcceptedAt "accepted_at";
    ConfirmedAt "confirmed_at";
    Channel "channel";
    Scenario "scenario";
    Employee "employee";
    EvidenceUri "evidence_uri";
    EvidenceSha256 "evidence_sha256";
}

impl Column {
    /// The columns that no file can be without.
    pub(super) const REQUIRED: [Self; 4] =
        [Self::PartnerId, Self::CustomerId, Self::AgreementId, Self::AcceptedAt];

    /// The column of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}

/// A row's cells. An empty cell is an absent one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cells([Option<String>; Column::ALL.len()]);

impl Cells {
    pub(super) fn set(&mut self, column: Column, text: String) {
        self.0[column as usize] = (!text.is_empty()).then_some(text);
    }

    pub(super) fn take(&mut self, column: Column) -> Option<String> {
        self.0[column as usize].take()
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.0[column as usize].is_some()
    }
}

/// Why a row is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) reason: &'static str,
    /// Each bad field, and what is wrong with it. Never empty.
    pub(super) fields: Vec<(String, String)>,
}

impl Rejection {
    /// The row cannot be read.
    pub(super) fn row(message: impl Into<String>) -> Self {
        Self::field(WHOLE_ROW, message)
    }

    /// A field is wrong.
    pub(super) fn field(field: &str, message: impl Into<String>) -> Self {
        Self { reason: FIELD_INVALID, fields: vec![(field.to_owned(), message.into())] }
    }

    /// The row is too large.
    pub(super) fn too_large() -> Self {
        Self { reason: MESSAGE_TOO_LARGE, ..Self::row("is larger than 2 MiB") }
    }
}
