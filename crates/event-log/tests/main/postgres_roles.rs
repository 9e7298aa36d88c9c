//! Who may do what: the owner migrates, and the role that a server runs as reads and inserts.

use assent_event_log::{EventLog, LogOptions, OpenError, migrate};
use assent_testing::postgres::{Role, TestDatabase, shared};

use crate::support::{AT, append, batch};

async fn with_role() -> (TestDatabase, Role) {
    let database = shared().await.database().await;
    let role = database.role("server").await;
    migrate(&database.url(), Some(&role.name)).await.unwrap();
    (database, role)
}

#[tokio::test]
async fn the_runtime_role_appends_and_reads_whether_it_is_asked_to_migrate_or_not() {
    let (_database, role) = with_role().await;
    for (appended, migrate) in [(1, true), (2, false)] {
        let options = LogOptions { migrate, ..LogOptions::default() };
        let log = EventLog::open_with(&role.url, options).await.unwrap();
        let mut wakes = log.wakes().await.unwrap().unwrap();
        let mut all = batch(log.head().size, 256);
        all.requests = vec![([appended; 32], 1)];
        all.vault = vec![assent_event_log::KeyRow { id: [appended; 16], ..Default::default() }];
        log.append(all).await.unwrap();
        wakes.next().await.unwrap();
        assert_eq!(log.read(1, u64::MAX, 1000).await.unwrap().len(), 256 * usize::from(appended));
        assert_eq!(log.heartbeat().await.unwrap().size, 256 * u64::from(appended));
        drop(wakes);
        log.close().await;
    }
    assert_eq!(EventLog::open_read_only(&role.url).await.unwrap().head().recorded_at, AT);
}

#[tokio::test]
async fn the_runtime_role_is_denied_whatever_changes_the_log() {
    let (database, role) = with_role().await;
    let log = EventLog::open(&role.url).await.unwrap();
    append(&log, 256).await;
    let columns = [("events", "position"), ("requests", "position"), ("commits", "at"), ("tiles", "idx")];
    for (table, column) in columns.into_iter().chain([("documents", "media_type")]) {
        for (statement, why) in [
            (format!("UPDATE {table} SET {column} = {column}"), "permission denied"),
            (format!("DELETE FROM {table}"), "permission denied"),
            (format!("TRUNCATE {table}"), "permission denied"),
            (format!("DROP TABLE {table}"), "must be owner"),
            (format!("ALTER TABLE {table} DISABLE TRIGGER USER"), "must be owner"),
            (format!("ALTER TABLE {table} ADD COLUMN more BIGINT"), "must be owner"),
            (format!("DROP TRIGGER {table}_are_never_changed ON {table}"), "must be owner"),
            (format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"), "permission denied"),
        ] {
            let said = database.try_run_at(&role.url, &statement).await.unwrap_err();
            assert!(said.contains(why), "{statement}: {said}");
        }
    }
    for statement in [
        "TRUNCATE vault",
        "DELETE FROM event_log_migrations",
        "INSERT INTO event_log_migrations SELECT * FROM event_log_migrations",
        "CREATE TABLE mine (n BIGINT)",
        "SET session_replication_role = replica",
    ] {
        let said = database.try_run_at(&role.url, statement).await.unwrap_err();
        assert!(said.contains("permission denied"), "{statement}: {said}");
    }
    let function = "CREATE OR REPLACE FUNCTION assent_refuse_change() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RETURN NULL; END; $$";
    assert!(database.try_run_at(&role.url, function).await.is_err());
    assert_eq!(log.refresh().await.unwrap(), log.head());
}

#[tokio::test]
async fn the_owner_is_refused_by_triggers() {
    let (database, _) = with_role().await;
    let log = EventLog::open(&database.url()).await.unwrap();
    append(&log, 1).await;
    for table in ["events", "requests", "commits", "tiles", "documents"] {
        let why = format!("{table} are append-only");
        for statement in [format!("DELETE FROM {table}"), format!("TRUNCATE {table}")] {
            let said = database.try_run(&statement).await.unwrap_err();
            assert!(said.contains(&why), "{statement}: {said}");
        }
    }
    let said = database.try_run("UPDATE commits SET at = 0").await.unwrap_err();
    assert!(said.contains("commits are append-only"), "{said}");
    let said = database.try_run("TRUNCATE vault").await.unwrap_err();
    assert!(said.contains("vault are append-only"), "{said}");
}

#[tokio::test]
async fn a_role_that_may_not_make_the_tables_is_told_who_does() {
    let database = shared().await.database().await;
    let role = database.role("server").await;
    let options = LogOptions { migrate: false, ..LogOptions::default() };
    let error = EventLog::open_with(&role.url, options).await.unwrap_err();
    assert!(matches!(error, OpenError::NotMigrated { .. }), "{error}");
    assert!(error.to_string().contains("run `assent migrate`"), "{error}");
    let error = EventLog::open(&role.url).await.unwrap_err();
    assert!(matches!(error, OpenError::Migrate { .. }), "{error}");
    let error = migrate(&database.url(), Some("no \"such\" role")).await.unwrap_err();
    assert!(matches!(error, OpenError::Grant { .. }), "{error}");
    assert!(error.to_string().starts_with("could not grant the role `no \"such\" role`"), "{error}");
}
