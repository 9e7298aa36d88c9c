//! Mistakes that replicas can be given, to show that the simulation finds them.

/// What a replica does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// After a lost race it appends what it had decided behind what the other one appended.
    KeepsItsDecision,
    /// Of several events that it applies at once it skips the first.
    SkipsAnEvent,
    /// It moves the position of the read models where it wrote no rows.
    IgnoresTheFence,
    /// It appends without the keys of its requests.
    ForgetsRequests,
    /// It follows between looking for a request and deciding it.
    LooksOnce,
    /// It answers a refusal without following the log first.
    RefusesFromBehind,
    /// It takes a lost race for a success.
    AcknowledgesWhatItLost,
}
