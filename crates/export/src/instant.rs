//! Instants as text, without the cost of a general formatter: an export writes several for each event.

use assent_domain::values::Instant;

const SECONDS_A_DAY: i64 = 86_400;

/// Writes the instant as [`Instant`] displays itself: RFC 3339 in UTC, with microseconds where there are any.
pub(crate) fn push_instant(out: &mut Vec<u8>, at: Instant) {
    let (seconds, nanos) = at.seconds_nanos();
    let (year, month, day) = date_of(seconds.div_euclid(SECONDS_A_DAY));
    let second_of_day = seconds.rem_euclid(SECONDS_A_DAY);
    digits(out, year, 4);
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, day, 2);
    out.push(b'T');
    digits(out, second_of_day / 3_600, 2);
    out.push(b':');
    digits(out, second_of_day / 60 % 60, 2);
    out.push(b':');
    digits(out, second_of_day % 60, 2);
    if nanos != 0 {
        out.push(b'.');
        digits(out, i64::from(nanos / 1_000), 6);
    }
    out.push(b'Z');
}

/// Year, month and day of a day since 1970-01-01 in the Gregorian calendar, counted in eras of 400 years from 0000-03-01.
fn date_of(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let (era, day_of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months are counted from March, so that the day that comes and goes is the last one.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day_of_month)
}

fn digits(out: &mut Vec<u8>, value: i64, count: u32) {
    for place in (0..count).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit).expect("a digit is below 10"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_instant_is_written_as_it_displays_itself(micros in 0..=Instant::LAST.micros()) {
            for micros in [micros, micros / 1_000_000 * 1_000_000] {
                let at = Instant::from_micros(micros).unwrap();
                let mut out = Vec::new();
                push_instant(&mut out, at);
                prop_assert_eq!(String::from_utf8(out).unwrap(), at.to_string());
            }
        }
    }
}
