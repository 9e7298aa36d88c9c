//! What is wrong with an image is found, whatever it is.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;

use assent_domain::FactsMut;
use assent_domain::acceptance::{
    AcceptanceFact, EvidenceFact, EvidenceFacts, EvidenceOutcome, WithdrawalFact,
};
use assent_domain::catalog::{AgreementIndex, VersionIndex};
use assent_domain::directory::{CustomerFacts, StreamHead};
use assent_domain::event::EventRef;
use assent_domain::history::History;
use assent_domain::scenario::{agreement, customer, instant, parties, partner, partner_facts};
use assent_domain::values::{Cloud, Country, Method, PartnerStatus, Position, Program};
use tempfile::tempdir;

use super::frames::checksum;
use super::header::HEADER_BYTES;
use super::*;

const LEDGER: LeafHash = [1; 32];

fn header() -> Header {
    Header { editions: EDITIONS, ledger: LEDGER, position: 7, leaf_hash: [2; 32], bytes: 0 }
}

fn written(path: &Path, index: &Index) {
    file::write(path, header(), index, &[3, 4]).unwrap();
}

/// What a start reads of it.
fn read(path: &Path) -> io::Result<(Header, Index)> {
    let (file, header) = file::open(path)?;
    let (index, _) = file::read(file, &header)?;
    Ok((header, index))
}

/// So many customers, whose first one and its partner have something of everything.
fn index(customers: u32) -> Index {
    let mut index = Index::with_fixed_hashes();
    let recorded = |it| EventRef::new(Position(it), instant("2024-05-01T00:00:00Z"));
    let facts =
        CustomerFacts { country: Country::parse("DE").unwrap(), cloud: Cloud::ALL[0], has_purchases: true };
    for number in 0..customers {
        let id = customer(&format!("00000000-0000-0000-0000-{number:012}"));
        index.customer_mut(&id).facts = Some(History::new(Position(5), facts));
    }
    let (seller, buyer) = (partner("a"), customer("x"));
    index.customer_mut(&buyer).facts = History::from_values([
        (Position(5), facts),
        (Position(9), CustomerFacts { has_purchases: false, ..facts }),
    ]);
    index.customer_mut(&buyer).first_purchase = Some(instant("2024-05-02T00:00:00Z"));
    let acceptance = AcceptanceFact {
        recorded: recorded(10),
        accepted_at: instant("2024-04-01T00:00:00Z"),
        confirmed_at: instant("2024-04-02T00:00:00Z"),
        corrected_by: Position(11),
        voided_by: Position(12),
        agreement: AgreementIndex(1),
        version: VersionIndex(2),
        method: Method::ALL[1],
        backfilled: true,
    };
    let outcomes = [
        EvidenceOutcome::Pending,
        EvidenceOutcome::Confirmed(recorded(13)),
        EvidenceOutcome::Rejected(Position(14)),
    ];
    let evidence = |outcome| EvidenceFact {
        recorded: recorded(15),
        facts: EvidenceFacts {
            reseller: partner("b"),
            agreement: agreement("m"),
            accepted_at: acceptance.accepted_at,
        },
        outcome,
    };
    let withdrawal = WithdrawalFact {
        recorded: recorded(16),
        agreement: AgreementIndex(1),
        withdrawn_at: instant("2024-05-03T00:00:00Z"),
        voided_by: Some(recorded(17)),
        cancelled: Some((recorded(18), instant("2024-05-04T00:00:00Z"))),
    };
    {
        let mut relationship = index.relationship_mut(&seller, &buyer);
        relationship.in_force = History::from_values([(Position(6), true), (Position(8), false)]);
        relationship.acceptances.push(acceptance.clone());
        relationship.rest_mut().evidence.extend(outcomes.map(evidence));
        relationship.rest_mut().withdrawals.push(withdrawal);
        relationship.orders = StreamHead { last: Position(19), revision: 2 };
        relationship.stream = StreamHead { last: Position(18), revision: 9 };
    }
    index.relationship_mut(&partner("b"), &buyer).acceptances.push(acceptance);
    for it in [&seller, &partner("b")] {
        let facts = partner_facts("a", Program::DirectBill);
        index.set_domains(it, &[], &facts.email_domains);
        index.partner_mut(it).facts = Some(History::new(Position(4), facts));
    }
    let it = index.partner_mut(&seller);
    it.status =
        History::from_values([(Position(4), PartnerStatus::ALL[0]), (Position(20), PartnerStatus::ALL[1])]);
    it.resellers.push(partner("b"));
    index
}

#[test]
fn what_was_written_is_read_again_and_nobody_else_may_read_it() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("index");
    for index in [Index::default(), index(0), index(6_000)] {
        written(&path, &index);
        let (its, again) = read(&path).unwrap();
        assert_eq!(Header { bytes: 0, ..its }, header());
        assert!(again.customers().eq(index.customers()));
        assert!(again.relationships().eq(index.relationships()));
        assert!(again.partners().eq(index.partners()));
        assert_eq!(again.partners_of_domain("a.example"), index.partners_of_domain("a.example"));
        let of_both = parties("a", "x");
        assert_eq!(
            again.find(&of_both.partner, &of_both.customer),
            index.find(&of_both.partner, &of_both.customer)
        );
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "the new file has taken the old one's place"
        );
    }
}

#[test]
fn whichever_byte_is_another_and_wherever_it_ends_it_is_not_read() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("index");
    // Of one frame every third byte, at each place in a word; of several frames some.
    for (customers, step) in [(20, 3), (6_000, 997)] {
        written(&path, &index(customers));
        let whole = fs::read(&path).unwrap();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        for at in (0..whole.len()).step_by(step) {
            file.write_all_at(&[whole[at] ^ 1 << (at % 8)], at as u64).unwrap();
            assert!(read(&path).is_err(), "byte {at} of {}", whole.len());
            file.write_all_at(&whole[at..=at], at as u64).unwrap();
        }
        for length in (0..whole.len()).rev().step_by(step) {
            file.set_len(length as u64).unwrap();
            assert!(read(&path).is_err(), "{length} bytes of {}", whole.len());
        }
        fs::write(&path, [whole.as_slice(), &[0]].concat()).unwrap();
        assert!(read(&path).is_err(), "one byte more");
        fs::write(&path, &whole).unwrap();
        read(&path).unwrap();
    }
}

#[test]
fn frames_of_another_image_are_not_taken_for_its_own() {
    let folder = tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|it| folder.path().join(it));
    let index = index(6_000);
    written(&one, &index);
    file::write(&other, Header { position: 8, ..header() }, &index, &[3, 4]).unwrap();
    let mixed =
        [&fs::read(&one).unwrap()[..HEADER_BYTES], &fs::read(&other).unwrap()[HEADER_BYTES..]].concat();
    fs::write(&one, mixed).unwrap();
    assert!(read(&one).is_err());
}

#[test]
fn an_image_of_another_ledger_or_version_is_not_used() {
    let near = Position(7);
    assert!(check(&header(), &LEDGER, near).is_ok());
    assert!(matches!(check(&header(), &[3; 32], near), Err(Unusable::OtherLedger)));
    for place in 0..EDITIONS.len() {
        let mut other = header();
        other.editions[place] += 1;
        assert!(matches!(check(&other, &LEDGER, near), Err(Unusable::OtherEdition)));
        assert_eq!(Header::decode(&other.encode()), Some(other));
    }
}

#[test]
fn an_image_that_is_far_ahead_of_the_read_models_is_not_used() {
    let ahead = |by| check(&Header { position: 7 + by, ..header() }, &LEDGER, Position(7));
    assert!(ahead(AHEAD_MAX).is_ok());
    assert!(matches!(ahead(AHEAD_MAX + 1), Err(Unusable::ReadModelsBehind)));
}

#[test]
fn an_image_that_can_not_be_written_leaves_the_one_before_and_nothing_else() {
    let folder = tempdir().unwrap();
    let missing = folder.path().join("missing/index");
    assert!(file::write(&missing, header(), &Index::default(), &[]).is_err());
    // What is in the place can't be replaced.
    let path = folder.path().join("index");
    fs::create_dir(&path).unwrap();
    assert!(file::write(&path, header(), &Index::default(), &[]).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    fs::remove_dir(&path).unwrap();
    // A process ended while it wrote.
    fs::write(folder.path().join("index.new"), [0; 2 * HEADER_BYTES]).unwrap();
    written(&path, &Index::default());
    read(&path).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Where this fails, images that older builds wrote would be misread: count [`Index::LAYOUT`] up (or [`crate::EDITION`], where
/// the rows of the read models have changed, too), and put the new checksum here.
#[test]
fn images_of_this_layout_have_these_bytes() {
    let mut bytes = Vec::new();
    body::write(&index(20), &[3, 4], &mut bytes).unwrap();
    assert_eq!(u64::from_le_bytes(checksum(0, &bytes)), 423_978_757_111_709_850);
}

#[test]
fn a_file_that_is_no_image_is_neither_replaced_nor_removed_nor_read() {
    let folder = tempdir().unwrap();
    let (path, new) = (folder.path().join("assent.db"), folder.path().join("assent.db.new"));
    for path in [&path, &new] {
        fs::write(path, "SQLite format 3 and every event").unwrap();
    }
    let write = || file::write(&path, header(), &index(0), &[]);
    for _ in 0..2 {
        assert!(write().is_err() && file::remove(&path).is_err() && read(&path).is_err());
        assert!(fs::read(&path).unwrap().starts_with(b"SQLite"));
        assert!(fs::read(&new).unwrap().starts_with(b"SQLite"));
    }
    fs::remove_file(&path).unwrap();
    assert!(write().is_err(), "what lies where the new one is begun is somebody's, too");
    fs::remove_file(&new).unwrap();
    write().unwrap();
    assert!(read(&path).is_ok() && !new.exists());
}
