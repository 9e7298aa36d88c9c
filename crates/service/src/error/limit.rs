//! The limits that RATE_LIMITED speaks of.

/// A limit that a caller has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Calls a second of one caller.
    Calls,
    /// Streams, imports and exports of one caller at a time.
    Streams,
    /// Watches of health, of everybody together.
    HealthWatches,
    /// Exports of one caller at a time.
    OwnExport,
    /// Exports of everybody at a time.
    Exports,
    /// An export whose reader took nothing for too long.
    ExportNotTaken,
    /// Bytes that one caller's unfinished messages take.
    Unfinished,
    /// The same of everybody's.
    AllUnfinished,
    /// Refused credentials of one address, or of one connection.
    RefusedCredentials,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 9] = [
        Self::Calls,
        Self::Streams,
        Self::HealthWatches,
        Self::OwnExport,
        Self::Exports,
        Self::ExportNotTaken,
        Self::Unfinished,
        Self::AllUnfinished,
        Self::RefusedCredentials,
    ];

    /// What the error's metadata call it (`limit`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Streams => "streams",
            Self::HealthWatches => "health_watches",
            Self::OwnExport => "own_export",
            Self::Exports => "exports",
            Self::ExportNotTaken => "export_not_taken",
            Self::Unfinished => "unfinished_messages",
            Self::AllUnfinished => "all_unfinished_messages",
            Self::RefusedCredentials => "refused_credentials",
        }
    }

    /// What is wrong, and what the caller can do.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Calls => {
                "The caller asks more often than it may. Wait as long as RetryInfo says, and ask again."
            }
            Self::Streams => {
                "The caller has as many streams, imports and exports under way as it may. End one, and ask again."
            }
            Self::HealthWatches => {
                "As many watches of health are under way as there may be. Ask `Check` instead, or again later."
            }
            Self::OwnExport => {
                "The caller has an export under way already, and one caller makes one at a time. Read that one to its end, or \
                 end it, and ask again."
            }
            Self::Exports => {
                "As many exports are under way as the server makes at a time. Wait as long as RetryInfo says, and ask again."
            }
            Self::ExportNotTaken => {
                "Nothing of the export was taken for too long, and others wait for its place. Go on with it by its inquiry_id, \
                 and read what comes."
            }
            Self::Unfinished => {
                "The caller has begun more messages than the server keeps for it, and not ended them. End some, and send this \
                 one again."
            }
            Self::AllUnfinished => {
                "The server keeps as much of unfinished messages as it may, of all callers together. Wait as long as RetryInfo \
                 says, and send this one again."
            }
            Self::RefusedCredentials => {
                "Too many credentials that came from here were refused, so that this one was not looked at. Wait as long as \
                 RetryInfo says, and send it again."
            }
        }
    }
}
