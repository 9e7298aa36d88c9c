//! What `verify` finds, and that it names the first position that is not as it was written.

use assent_event_log::{Draft, EventLog, Finding, RequestKey, Verdict, verify};

use crate::support::{Ledger, Sql, batch_of, draft, run};

/// Two commits, with a tile and a request.
const ENTRIES: u64 = 300;

/// A stored message in miniature: field 1 is a text.
fn message(number: u64) -> Draft {
    let text = format!("entry {number}");
    let mut body = vec![0x0a, u8::try_from(text.len()).unwrap()];
    body.extend(text.into_bytes());
    draft(body)
}

async fn filled(ledger: &Ledger) -> EventLog {
    let log = ledger.open().await;
    let request: RequestKey = [1; 32];
    let mut first = batch_of(0, (0..ENTRIES - 1).map(message).collect());
    first.requests = vec![(request, 1)];
    log.append(first).await.unwrap();
    log.append(batch_of(ENTRIES - 1, vec![message(ENTRIES)])).await.unwrap();
    log
}

/// What lets an intruder in.
const OPEN: Sql = Sql {
    sqlite: "
        DROP TRIGGER events_are_never_updated; DROP TRIGGER events_are_never_deleted;
        DROP TRIGGER commits_are_never_updated; DROP TRIGGER commits_are_never_deleted;
        DROP TRIGGER tiles_are_never_updated; DROP TRIGGER requests_are_never_updated",
    postgres: "
        ALTER TABLE events DISABLE TRIGGER USER; ALTER TABLE commits DISABLE TRIGGER USER;
        ALTER TABLE tiles DISABLE TRIGGER USER; ALTER TABLE requests DISABLE TRIGGER USER",
};

const SWAP: &str = "
    UPDATE events SET position = 1000000 WHERE position = 7;
    UPDATE events SET position = 7 WHERE position = 200;
    UPDATE events SET position = 200 WHERE position = 1000000";

/// What is done to the log, the position that is named, and a part of what is said.
const FORGERIES: [(Sql, u64, &str); 12] = [
    (
        Sql {
            sqlite: "UPDATE events SET entry = x'0a00' WHERE position = 42",
            postgres: "UPDATE events SET entry = '\\x0a00' WHERE position = 42",
        },
        42,
        "does not match the leaf hash",
    ),
    (
        Sql {
            sqlite: "UPDATE events SET leaf_hash = zeroblob(32) WHERE position = 43",
            postgres: "UPDATE events SET leaf_hash = decode(repeat('00', 32), 'hex') WHERE position = 43",
        },
        43,
        "does not match the leaf hash",
    ),
    (
        Sql {
            sqlite: "DELETE FROM events WHERE position = 44",
            postgres: "DELETE FROM events WHERE position = 44",
        },
        44,
        "is missing",
    ),
    (Sql { sqlite: SWAP, postgres: SWAP }, 7, "says that it stands elsewhere"),
    (
        Sql {
            sqlite: "INSERT INTO events SELECT 301, entry, leaf_hash FROM events WHERE position = 300",
            postgres: "INSERT INTO events SELECT 301, entry, leaf_hash FROM events WHERE position = 300",
        },
        301,
        "behind the log's end",
    ),
    (
        Sql {
            sqlite: "UPDATE tiles SET nodes = zeroblob(16352)",
            postgres: "UPDATE tiles SET nodes = decode(repeat('00', 16352), 'hex')",
        },
        1,
        "tile 0 of level 0 does not hold the nodes",
    ),
    (
        Sql {
            sqlite: "UPDATE commits SET root = zeroblob(32) WHERE start = 0",
            postgres: "UPDATE commits SET root = decode(repeat('00', 32), 'hex') WHERE start = 0",
        },
        299,
        "another root",
    ),
    (
        Sql {
            sqlite: "DELETE FROM commits WHERE start = 0",
            postgres: "DELETE FROM commits WHERE start = 0",
        },
        1,
        "does not begin where the one before it ends",
    ),
    (
        Sql {
            sqlite: "INSERT INTO tiles VALUES (0, 1, zeroblob(16352))",
            postgres: "INSERT INTO tiles VALUES (0, 1, decode(repeat('00', 16352), 'hex'))",
        },
        0,
        "tile 1 of level 0 stands for entries that the log does not have",
    ),
    (
        Sql {
            sqlite: "INSERT INTO tiles VALUES (1, 0, zeroblob(16352))",
            postgres: "INSERT INTO tiles VALUES (1, 0, decode(repeat('00', 16352), 'hex'))",
        },
        0,
        "tile 0 of level 1 stands for entries that the log does not have",
    ),
    (
        Sql {
            sqlite: "INSERT INTO tiles VALUES (7, 0, zeroblob(16352))",
            postgres: "INSERT INTO tiles VALUES (7, 0, decode(repeat('00', 16352), 'hex'))",
        },
        0,
        "tile 0 of level 7 stands for entries that the log does not have",
    ),
    (
        Sql { sqlite: "UPDATE requests SET position = 999", postgres: "UPDATE requests SET position = 999" },
        0,
        "a request names position 999",
    ),
];

pub(crate) async fn a_log_that_is_as_it_was_written_is_whole(ledger: Ledger) {
    let log = filled(&ledger).await;
    let mut seen = 0;
    let Verdict::Whole(verified) = verify(&ledger.url(), |done, _| seen = done).await.unwrap() else {
        panic!("it is whole")
    };
    assert_eq!((verified.size, verified.root), (ENTRIES, log.head().root));
    assert_eq!((verified.commits, verified.tiles, seen), (2, 1, ENTRIES));
}

pub(crate) async fn each_forgery_is_found_and_its_first_position_named(ledger: Ledger) {
    for (forgery, position, what) in FORGERIES {
        let ledger = ledger.another().await;
        let log = filled(&ledger).await;
        run(&log, OPEN).await.unwrap();
        run(&log, forgery).await.unwrap();
        log.close().await;
        match verify(&ledger.url(), |_, _| {}).await.unwrap() {
            Verdict::Broken(Finding { position: at, what: said }) => {
                assert_eq!(at, position, "{said}");
                assert!(said.contains(what), "{said}");
            }
            whole @ Verdict::Whole(_) => panic!("{}: {whole:?}", forgery.sqlite),
        }
    }
}
