//! A whole ledger, held against a fold of its log: links and revisions, and every row of the read models.

use std::collections::HashSet;

use assent_domain::Facts as _;
use assent_domain::command::Command;
use assent_domain::scenario as words;
use assent_domain::values::{Position, Program};
use assent_event_log::{Batch, Draft, EventLog, LedgerTag, Links, Verdict, row_of_request};
use assent_projections::{Alike, EventQuery, Unlike, Views, Whole, audit, start, verify_whole};
use assent_proto::event::Event;
use prost::Message;

use crate::ledger::{Ledger, busy, request_keys};
use crate::place::{Place, Sql};

/// How often two that race are let go until the one comes first that is meant to.
const TRIES_MAX: u32 = 50;

/// What lets an intruder in.
const LETS_REQUESTS_CHANGE: Sql = Sql {
    sqlite: "DROP TRIGGER requests_are_never_updated; DROP TRIGGER requests_are_never_deleted",
    postgres: "ALTER TABLE requests DISABLE TRIGGER USER",
};

async fn with_read_models(place: Place) -> Ledger {
    let ledger = busy(place).await;
    let views = Views::open(&ledger.log).await.unwrap();
    let started = start(&ledger.log, views, |_, _| {}).await.unwrap();
    started.maintainer.views().close().await;
    ledger
}

/// What a ledger of so many events comes to where everything is as it should be.
fn alike(events: u64) -> Alike {
    Alike { events, read_models: Some(events), unknown_vault_rows: 0 }
}

async fn audited(ledger: &Ledger) -> Result<Alike, Unlike> {
    let log = EventLog::open_read_only(&ledger.url).await.unwrap();
    let views = Views::open_read_only(&log).await.unwrap();
    audit(&log, Some(&views), request_keys, |_, _| {}).await.unwrap()
}

pub(crate) async fn a_ledger_that_is_what_its_log_says_is_alike(place: Place) {
    let ledger = with_read_models(place).await;
    let size = ledger.log.head().size;
    assert_eq!(audited(&ledger).await, Ok(alike(size)));
}

pub(crate) async fn a_row_that_is_not_what_the_log_says_is_found_in_every_table(place: Place) {
    for (forgery, table) in [
        ("UPDATE event_index SET type = 'forged' WHERE position = 9", "event_index"),
        ("UPDATE partners SET country = 'XX' WHERE partner_id = 'a'", "partners"),
        ("UPDATE customers SET cloud = 'XX' WHERE customer_id = 'x'", "customers"),
        ("UPDATE relationships SET revision = 99 WHERE customer_id = 'x'", "relationships"),
        ("UPDATE acceptances SET version = 'forged' WHERE customer_id = 'y'", "acceptances"),
        ("UPDATE obligations SET withdrawn_at = 1", "obligations"),
        ("DELETE FROM acceptances WHERE customer_id = 'y'", "acceptances"),
        ("UPDATE projections SET state = ledger", "projections"),
        ("UPDATE projections SET leaf_hash = ledger", "projections"),
        ("UPDATE projections SET ledger = leaf_hash", "ledger"),
        ("DELETE FROM projections", "partners"),
        ("DROP TABLE evidence", "evidence"),
    ] {
        let ledger = with_read_models(place.another().await).await;
        ledger.place.run_on_views(forgery).await;
        let unlike = audited(&ledger).await.unwrap_err();
        assert!(unlike.what.contains(&format!("`{table}`")), "{forgery}: {}", unlike.what);
    }
}

pub(crate) async fn a_row_before_every_key_that_the_log_could_make_is_found(place: Place) {
    for (forgery, table) in [
        (
            "INSERT INTO partners (partner_id, state) SELECT '', state FROM partners WHERE partner_id = 'a'",
            "partners",
        ),
        (
            "INSERT INTO customers (customer_id, mentioned, state)
             SELECT '', mentioned, state FROM customers WHERE customer_id = 'x'",
            "customers",
        ),
        (
            "INSERT INTO relationships (partner_id, customer_id, position, revision, in_force, state)
             SELECT '', '', position, revision, in_force, state FROM relationships WHERE customer_id = 'y'",
            "relationships",
        ),
        (
            "INSERT INTO acceptances (position, type, partner_id, customer_id, agreement_id, version, method,
                                      recorded_at, accepted_at, confirmed_at, backfilled)
             SELECT -5, type, partner_id, customer_id, agreement_id, version, method,
                    recorded_at, accepted_at, confirmed_at, backfilled
             FROM acceptances WHERE customer_id = 'y'",
            "acceptances",
        ),
        ("UPDATE acceptances SET position = -5 WHERE customer_id = 'y'", "acceptances"),
        (
            "INSERT INTO obligations (position, partner_id, customer_id, agreement_id, withdrawn_at)
             SELECT 0, partner_id, customer_id, agreement_id, withdrawn_at FROM obligations",
            "obligations",
        ),
        (
            "INSERT INTO evidence (position, partner_id, customer_id, reseller_id, agreement_id, state)
             VALUES (0, 'a', 'x', 'reseller', 'microsoft-customer-agreement', 'PENDING')",
            "evidence",
        ),
        ("INSERT INTO event_index (position, type) VALUES (0, 'forged')", "event_index"),
    ] {
        let ledger = with_read_models(place.another().await).await;
        ledger.place.run_on_views(forgery).await;
        let unlike = audited(&ledger).await.unwrap_err();
        assert!(unlike.what.contains(&format!("`{table}`")), "{forgery}: {}", unlike.what);
    }
}

pub(crate) async fn a_relationship_that_is_in_force_in_any_other_way_is_found(place: Place) {
    for forgery in [
        // What a truth is stored as on SQLite is a number.
        Sql {
            sqlite: "UPDATE relationships SET in_force = 2 WHERE customer_id = 'y'",
            postgres: "UPDATE relationships SET in_force = NOT in_force WHERE customer_id = 'y'",
        },
        "UPDATE relationships SET in_force = FALSE WHERE customer_id = 'y'".into(),
    ] {
        let ledger = with_read_models(place.another().await).await;
        ledger.place.run_on_views(forgery).await;
        let unlike = audited(&ledger).await.unwrap_err();
        assert!(unlike.what.contains("`relationships`"), "{forgery:?}: {}", unlike.what);
    }
}

pub(crate) async fn read_models_that_are_further_than_the_walk_are_compared_with_the_rest_of_the_log(
    place: Place,
) {
    for _ in 0..TRIES_MAX {
        let (walked, meaning) = walked_while_more_is_appended(place.another().await).await;
        // The read models were looked at before: then they are as far as the walk.
        if meaning == Ok(alike(walked)) {
            continue;
        }
        let further = walked + 1;
        return assert_eq!(meaning, Ok(alike(further)));
    }
    panic!("the read models were never further than the walk");
}

/// How far the walk went, and what was compared, where another process goes on as soon as the walk knows how long the log
/// is. Which of the two the read models are looked at before, nobody decides: they are read by a thread of their own.
async fn walked_while_more_is_appended(place: Place) -> (u64, Result<Alike, Unlike>) {
    let mut ledger = with_read_models(place).await;
    let before = ledger.log.head().size;
    let more = Command::RegisterPartner {
        partner: words::partner("c"),
        facts: words::partner_facts("c", Program::DirectBill),
    };
    let (mut more, url) = (Some(ledger.next(&more)), ledger.url.clone());
    // A file is one process's.
    ledger.log.close().await;
    // Nothing else of the walk goes on while it tells how far it is.
    let append = move |_, _| {
        let Some(batch) = more.take() else { return };
        let url = url.clone();
        std::thread::spawn(move || go_on(&url, batch)).join().expect("more is appended");
    };
    let Whole { log: Verdict::Whole(verified), meaning: Some(Ok(meaning)) } =
        verify_whole(&ledger.url, request_keys, &HashSet::new(), append).await.unwrap()
    else {
        panic!("it is whole")
    };
    assert_eq!(verified.size, before);
    (before, meaning)
}

/// Appends this and writes the rows of it, as another process does.
fn go_on(url: &str, batch: Batch) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let log = EventLog::open(url).await.unwrap();
        log.append(batch).await.unwrap();
        let views = Views::open(&log).await.unwrap();
        start(&log, views, |_, _| {}).await.unwrap().maintainer.views().close().await;
        log.close().await;
    });
}

pub(crate) async fn a_request_that_is_not_as_it_was_stored_is_found(place: Place) {
    let astray = Sql {
        sqlite: "INSERT INTO requests VALUES (zeroblob(32), 9)",
        postgres: "INSERT INTO requests VALUES (decode(repeat('00', 32), 'hex'), 9)",
    };
    let changed = Sql {
        sqlite: "UPDATE requests SET key = zeroblob(32) WHERE position = 9",
        postgres: "UPDATE requests SET key = decode(repeat('00', 32), 'hex') WHERE position = 9",
    };
    let nowhere = "no request is stored that names the event";
    for (forgery, position, what) in [
        ("DELETE FROM requests WHERE position = 9".into(), 9, nowhere),
        ("UPDATE requests SET position = 8 WHERE position = 9".into(), 9, nowhere),
        (changed, 9, nowhere),
        (astray, 0, "requests are stored"),
    ] {
        let ledger = with_read_models(place.another().await).await;
        ledger.place.run_on_log(LETS_REQUESTS_CHANGE).await;
        ledger.place.run_on_log(forgery).await;
        let unlike = audited(&ledger).await.unwrap_err();
        assert_eq!(unlike.position, position, "{}", unlike.what);
        assert!(unlike.what.contains(what), "{}", unlike.what);
    }
}

pub(crate) async fn a_vault_row_that_is_lost_and_one_that_is_back_are_found(place: Place) {
    let lost = with_read_models(place.another().await).await;
    let last = lost.log.requests_in_order().recv().await.unwrap().unwrap().pop().unwrap();
    lost.log.erase_again(&[row_of_request(&last.1)]).await.unwrap();
    let unlike = audited(&lost).await.unwrap_err();
    assert_eq!(unlike.position, last.0, "{}", unlike.what);
    assert!(unlike.what.contains("the vault has lost a row"), "{}", unlike.what);
    // Where a list says that it was erased, it was, by a log that was taken back.
    let erased = HashSet::from([row_of_request(&last.1)]);
    let whole = verify_whole(&lost.url, request_keys, &erased, |_, _| {}).await.unwrap();
    assert!(matches!(whole.meaning, Some(Ok(Ok(Alike { unknown_vault_rows: 0, .. })))), "{whole:?}");

    // The first id that the ledger's erasure names.
    let back = with_read_models(place.another().await).await;
    let erasure = position_of(&back, "personal_data_erased").await;
    back.place
        .run_on_log(Sql {
            sqlite: "INSERT INTO vault (id) VALUES (zeroblob(16))",
            postgres: "INSERT INTO vault (id) VALUES (decode(repeat('00', 16), 'hex'))",
        })
        .await;
    let unlike = audited(&back).await.unwrap_err();
    assert_eq!(unlike.position, erasure, "{}", unlike.what);
    assert!(unlike.what.contains("the vault has a row again"), "{}", unlike.what);
}

pub(crate) async fn a_vault_row_of_no_event_is_counted(place: Place) {
    let ledger = with_read_models(place).await;
    let size = ledger.log.head().size;
    let stranger = Sql {
        sqlite: "INSERT INTO vault (id) VALUES (x'ffffffffffffffffffffffffffffffff')",
        postgres: "INSERT INTO vault (id) VALUES (decode(repeat('ff', 16), 'hex'))",
    };
    ledger.place.run_on_log(stranger).await;
    assert_eq!(audited(&ledger).await, Ok(Alike { unknown_vault_rows: 1, ..alike(size) }));
}

async fn position_of(ledger: &Ledger, kind: &str) -> u64 {
    let views = Views::open_read_only(&ledger.log).await.unwrap();
    let query = EventQuery { types: vec![kind.to_owned()], ..EventQuery::default() };
    let found = views.events(&query, Position(1), Position::END, 1, false).await.unwrap();
    views.close().await;
    found[0].0
}

pub(crate) async fn a_document_that_is_gone_is_found_where_it_is_named(place: Place) {
    let ledger = with_read_models(place).await;
    let gone = Sql {
        sqlite: "DROP TRIGGER documents_are_never_deleted;
                 DELETE FROM documents WHERE media_type = 'application/yaml'",
        postgres: "ALTER TABLE documents DISABLE TRIGGER USER;
                   DELETE FROM documents WHERE media_type = 'application/yaml'",
    };
    ledger.place.run_on_log(gone).await;
    let unlike = audited(&ledger).await.unwrap_err();
    let policy = ledger.facts.policies().versions[0].published.0;
    assert_eq!(unlike.position, policy, "{}", unlike.what);
    assert!(unlike.what.contains("document"), "{}", unlike.what);
}

pub(crate) async fn an_event_with_a_false_link_is_found(place: Place) {
    let ledger = with_read_models(place).await;
    // The last event once more, as if nothing had been said of its customer before.
    let head = ledger.log.head();
    let last = ledger.log.entry(head.size).await.unwrap().unwrap();
    let said = Event::decode(last.entry).unwrap();
    let revision = said.revision + 1;
    let body = Event {
        position: 0,
        revision: 0,
        recorded_at: None,
        event_id: String::new(),
        links: None,
        request_id: None,
        ..said
    };
    let drafts = vec![Draft { body: body.encode_to_vec().into(), revision, links: Links::default() }];
    let (start, at, tag) = (head.size, head.recorded_at, LedgerTag::from_random(7));
    let (requests, vault, erase, documents) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    ledger.log.append(Batch { start, at, tag, drafts, requests, vault, erase, documents }).await.unwrap();
    let unlike = audited(&ledger).await.unwrap_err();
    assert_eq!(unlike.position, head.size + 1, "{}", unlike.what);
    assert!(unlike.what.contains("links"), "{}", unlike.what);
}

pub(crate) async fn bytes_and_meaning_are_checked_in_one_walk_and_the_bytes_come_first(place: Place) {
    let whole = async |ledger: &Ledger| {
        verify_whole(&ledger.url, request_keys, &HashSet::new(), |_, _| {}).await.unwrap()
    };
    let ledger = with_read_models(place.another().await).await;
    let size = ledger.log.head().size;
    let Whole { log: Verdict::Whole(verified), meaning: Some(Ok(meaning)) } = whole(&ledger).await else {
        panic!("it is whole")
    };
    assert_eq!(verified.size, size);
    assert_eq!(meaning, Ok(alike(size)));

    ledger.place.run_on_views("UPDATE acceptances SET version = 'forged' WHERE customer_id = 'y'").await;
    let Whole { log: Verdict::Whole(_), meaning: Some(Ok(Err(unlike))) } = whole(&ledger).await else {
        panic!("a row is not what the log says")
    };
    assert!(unlike.what.contains("`acceptances`"), "{}", unlike.what);

    let damaged = Sql {
        sqlite: "DROP TRIGGER events_are_never_updated; UPDATE events SET entry = x'0a00' WHERE position = 9",
        postgres: "ALTER TABLE events DISABLE TRIGGER USER;
                   UPDATE events SET entry = '\\x0a00' WHERE position = 9",
    };
    ledger.place.run_on_log(damaged).await;
    let Whole { log: Verdict::Broken(finding), meaning: None } = whole(&ledger).await else {
        panic!("an entry is not what it was")
    };
    assert_eq!(finding.position, 9, "{finding}");
}
