//! Time, and places in the log.

use std::fmt;

use chrono::{DateTime, NaiveDate};

/// An instant: microseconds since 1970-01-01T00:00:00Z, in the years 1970 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

/// An instant or date outside the years 1970 to 9999, or a text that is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidInstant;

impl fmt::Display for InvalidInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be a point in time in the years 1970 to 9999")
    }
}

impl std::error::Error for InvalidInstant {}

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The last microsecond of the year 9999.
    pub const LAST: Self = Self(253_402_300_799_999_999);

    /// From microseconds since the epoch.
    #[inline]
    pub const fn from_micros(micros: i64) -> Result<Self, InvalidInstant> {
        if micros >= 0 && micros <= Self::LAST.0 { Ok(Self(micros)) } else { Err(InvalidInstant) }
    }

    /// From seconds and nanoseconds, truncated to microseconds.
    pub const fn from_seconds(seconds: i64, nanos: i32) -> Result<Self, InvalidInstant> {
        if seconds < 0 || seconds > 253_402_300_799 || nanos < 0 || nanos > 999_999_999 {
            return Err(InvalidInstant);
        }
        Self::from_micros(seconds * 1_000_000 + (nanos / 1_000) as i64)
    }

    /// Parses RFC 3339, truncated to microseconds.
    pub fn parse(text: &str) -> Result<Self, InvalidInstant> {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidInstant)?;
        Self::from_seconds(at.timestamp(), at.timestamp_subsec_nanos().min(999_999_999) as i32)
    }

    /// Microseconds since the epoch.
    #[inline]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, and the nanoseconds beyond them.
    pub const fn seconds_nanos(self) -> (i64, i32) {
        (self.0 / 1_000_000, (self.0 % 1_000_000) as i32 * 1_000)
    }

    /// This instant and some microseconds more, never past the last one.
    pub fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros).clamp(0, Self::LAST.0))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = DateTime::from_timestamp_micros(self.0).expect("the years 1970 to 9999 are a valid time");
        let form = if self.0 % 1_000_000 == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" };
        write!(f, "{}", at.format(form))
    }
}

/// A calendar date such as `2019-10-02`: the form in which the sources give the day of an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(NaiveDate);

impl Date {
    /// Parses `YYYY-MM-DD`, and no other form.
    pub fn parse(text: &str) -> Result<Self, InvalidInstant> {
        let shape = text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| InvalidInstant)?;
        let date = Self(date);
        if shape && date.micros() >= 0 { Ok(date) } else { Err(InvalidInstant) }
    }

    /// 00:00 UTC of the day (rule C3).
    pub fn start(self) -> Instant {
        Instant(self.micros())
    }

    /// Today in the furthest-ahead zone, UTC+14: no calendar shows a later date at this instant (rule C3).
    pub fn furthest_ahead(now: Instant) -> Self {
        const FOURTEEN_HOURS_MICROS: i64 = 14 * 3_600 * 1_000_000;
        let ahead = DateTime::from_timestamp_micros(now.0 + FOURTEEN_HOURS_MICROS);
        Self(ahead.expect("the years 1970 to 9999 and a day are a valid time").date_naive())
    }

    fn micros(self) -> i64 {
        self.0.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

/// A place in the log: the first event of a ledger is 1, there are no gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
    /// Beyond every event: the prefix that leaves nothing out.
    pub const END: Self = Self(u64::MAX);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_truncated_to_microseconds_and_prints_as_rfc_3339() {
        let at = Instant::parse("2020-01-31T01:02:03.1234567+01:00").unwrap();
        assert_eq!(at.to_string(), "2020-01-31T00:02:03.123456Z");
        assert_eq!(Instant::from_seconds(1_580_428_800, 0).unwrap().to_string(), "2020-01-31T00:00:00Z");
    }

    #[test]
    fn years_before_1970_and_after_9999_are_refused() {
        assert_eq!(Instant::from_seconds(-1, 0), Err(InvalidInstant));
        assert_eq!(Instant::from_seconds(253_402_300_800, 0), Err(InvalidInstant));
        assert!(Instant::from_seconds(253_402_300_799, 999_999_999).is_ok());
        assert_eq!(Date::parse("1969-12-31"), Err(InvalidInstant));
    }

    #[test]
    fn a_date_has_one_form_only() {
        assert_eq!(Date::parse("2019-10-02").unwrap().start().to_string(), "2019-10-02T00:00:00Z");
        for text in ["2019-10-2", "02.10.2019", "2019-02-30", "+2019-10-02", ""] {
            assert_eq!(Date::parse(text), Err(InvalidInstant), "{text}");
        }
    }
}
