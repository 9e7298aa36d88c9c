//! Instants as people write them: RFC 3339, or a date.

use chrono::{DateTime, NaiveDate, NaiveTime};
use prost_types::Timestamp;

/// When something happened: an instant, or a day of which no more is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// For example 2019-10-02T09:30:00Z.
    Instant(Timestamp),
    /// For example 2019-10-02, kept as it was written.
    Day(String, Timestamp),
}

impl When {
    /// Reads either form.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(midnight) = day(text) {
            return Ok(Self::Day(text.to_owned(), midnight));
        }
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| expected(text))?;
        let nanos = i32::try_from(instant.timestamp_subsec_nanos()).map_err(|_| expected(text))?;
        // Chrono keeps a leap second as more than a second of nanoseconds, which the wire format cannot say.
        if nanos >= 1_000_000_000 {
            return Err(format!("`{text}` is a leap second, which cannot be stored"));
        }
        Ok(Self::Instant(Timestamp { seconds: instant.timestamp(), nanos }))
    }

    /// The instant, or 00:00 UTC of the day.
    pub(crate) fn instant(self) -> Timestamp {
        match self {
            Self::Instant(instant) | Self::Day(_, instant) => instant,
        }
    }

    /// As the API's pair `accepted_at` and `accepted_on`.
    pub(crate) fn accepted(self) -> (Option<Timestamp>, Option<String>) {
        match self {
            Self::Instant(instant) => (Some(instant), None),
            Self::Day(day, _) => (None, Some(day)),
        }
    }
}

/// Reads a flag that is an instant; a date is 00:00 UTC of it.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    When::parse(text).map(When::instant)
}

/// An instant that may be absent.
pub(crate) fn shown(instant: Option<&Timestamp>) -> String {
    instant.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn day(text: &str) -> Option<Timestamp> {
    // Chrono would also take `2019-1-2` and signs; the API does not.
    let is_plain = text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_plain)?;
    let midnight = date.and_time(NaiveTime::MIN).and_utc();
    Some(Timestamp { seconds: midnight.timestamp(), nanos: 0 })
}

fn expected(text: &str) -> String {
    format!("`{text}` is neither a date (2019-10-02) nor an instant (2019-10-02T09:30:00Z)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_stays_a_date_and_is_midnight_utc() {
        let when = When::parse("2019-10-02").unwrap();
        assert_eq!(when.clone().accepted(), (None, Some("2019-10-02".to_owned())));
        assert_eq!(when.instant().to_string(), "2019-10-02T00:00:00Z");
    }

    #[test]
    fn an_instant_keeps_its_fraction_and_becomes_utc() {
        assert_eq!(parse("2019-10-02T11:30:00.25+02:00").unwrap().to_string(), "2019-10-02T09:30:00.250Z");
    }

    #[test]
    fn what_is_neither_is_refused_with_both_forms() {
        for text in [
            "",
            "yesterday",
            "2019-02-30",
            "2019-1-2",
            "02.10.2019",
            "2019-10-02 09:30",
            "2019-10-02T09:30:00",
        ] {
            assert!(parse(text).unwrap_err().contains("2019-10-02T09:30:00Z"), "{text}");
        }
        assert!(parse("2016-12-31T23:59:60Z").is_err());
    }
}
