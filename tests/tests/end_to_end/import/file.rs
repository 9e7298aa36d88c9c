//! The file, generated: the same one in every run.

use uuid::Uuid;

use super::kinds::{KINDS, Outcome, Row, SCRIPTS, stored};

/// The customers that rows are about.
pub(super) const CUSTOMERS: usize = 400;
const ROWS: usize = 10_000;
/// Rows of which some kind of bad one comes after so many.
const EVERY: usize = 100;
const HEADER: &str = "request_id,method,partner_id,customer_id,agreement_id,version,first_name,last_name,email,\
                      phone_number,accepted_at,confirmed_at,channel,employee\n";

pub(super) fn customer(number: usize) -> String {
    format!("customer-{number}")
}

/// The file's bytes, and the outcome of each row.
pub(super) fn file() -> (Vec<u8>, Vec<Outcome>) {
    let mut content = HEADER.as_bytes().to_vec();
    let mut outcomes = Vec::with_capacity(ROWS);
    for number in 0..ROWS {
        let mut row = good(number);
        // The first rows are good ones, so that there is something to repeat.
        let kind = KINDS.get(number % EVERY).filter(|it| number >= EVERY && it.comes(number / EVERY));
        let (line, outcome) = match kind {
            Some(kind) => {
                (kind.change)(&mut row, &good(earlier(number)));
                (row.line(), kind.outcome.map(str::to_owned))
            }
            None => (row.line(), stored()),
        };
        content.extend_from_slice(&line);
        outcomes.push(outcome);
    }
    (content, outcomes)
}

/// A good row of the part before this one, with a request id.
const fn earlier(number: usize) -> usize {
    (number / EVERY - 1) * EVERY + EVERY - 2
}

/// A row with nothing wrong: each is another customer's, or of another day.
fn good(number: usize) -> Row {
    let (first_name, last_name) = SCRIPTS[number % SCRIPTS.len()];
    let day = number / CUSTOMERS + 1;
    Row {
        // Half of the rows have one; the others are recognised by what they say.
        request_id: if number.is_multiple_of(2) {
            Uuid::from_u128(number as u128 + 1).to_string()
        } else {
            String::new()
        },
        method: ["", "CONFIRMED"][number % 2].to_owned(),
        partner_id: "contoso".to_owned(),
        customer_id: customer(number % CUSTOMERS),
        agreement_id: "microsoft-customer-agreement".to_owned(),
        version: ["", "2023-04"][number % 2].to_owned(),
        first_name: first_name.as_bytes().to_vec(),
        last_name: last_name.to_owned(),
        email: format!("person-{number}@{}.example", customer(number % CUSTOMERS)),
        phone_number: ["", "+49 89 1234-567"][number % 2].to_owned(),
        accepted_at: format!("2026-01-{day:02}"),
        confirmed_at: String::new(),
        channel: ["", "API", "DASHBOARD"][number % 3].to_owned(),
        employee: ["", "Eva, \"the\" agent"][number % 2].to_owned(),
        end: "\n",
    }
}
