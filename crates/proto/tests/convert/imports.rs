use assent_domain::command::Command;
use assent_proto::convert::intent::{self, What};
use assent_proto::v1;
use assent_proto::v1::import_acceptances_request::Record;
use prost_types::Timestamp;

use crate::requests::{AT, attest, bad_or_policy, confirm, direct};

fn row(record: Option<Record>, confirmed_at: Option<Timestamp>) -> v1::ImportAcceptancesRequest {
    v1::ImportAcceptancesRequest { row: 41, confirmed_at, record }
}

fn bad(record: Record, confirmed_at: Option<Timestamp>) -> Vec<String> {
    bad_or_policy(intent::import_row(row(Some(record), confirmed_at)).1)
}

#[test]
fn a_row_is_what_its_record_alone_would_be() {
    for (record, method) in [
        (Record::Confirm(confirm()), "ConfirmAcceptance"),
        (Record::Attest(attest()), "AttestAcceptance"),
        (Record::Direct(direct()), "RecordDirectAcceptance"),
    ] {
        let (number, intent) = intent::import_row(row(Some(record), None));
        assert_eq!((number, intent.unwrap().method), (41, method));
    }
}

#[test]
fn a_bad_field_is_named_below_its_record() {
    assert_eq!(
        bad(
            Record::Confirm(v1::ConfirmAcceptanceRequest { contact: None, ..confirm() }),
            Some(Timestamp { seconds: -1, nanos: 0 })
        ),
        ["confirmed_at", "confirm.contact.first_name", "confirm.contact.last_name", "confirm.contact.email"]
    );
    assert_eq!(bad_or_policy(intent::import_row(row(None, None)).1), ["confirm"]);
}

#[test]
fn a_backfill_is_never_confirmed_before_the_acceptance() {
    let before = Timestamp { seconds: AT.seconds - 1, nanos: 0 };
    assert_eq!(bad(Record::Confirm(confirm()), Some(before)), ["confirmed_at"]);
    let (_, intent) = intent::import_row(row(Some(Record::Confirm(confirm())), Some(AT)));
    let What::Command(Command::RecordAcceptance { claim, .. }) = intent.unwrap().what else { panic!() };
    assert_eq!(claim.confirmed_at, Some(claim.accepted_at.instant()));
}

#[test]
fn a_date_has_begun_where_it_begins_first() {
    let midnight = 1_569_974_400;
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    assert_eq!(bad(Record::Attest(attest()), at(midnight - 14 * 3_600)), [""; 0]);
    assert_eq!(bad(Record::Attest(attest()), at(midnight - 14 * 3_600 - 1)), ["confirmed_at"]);
}
