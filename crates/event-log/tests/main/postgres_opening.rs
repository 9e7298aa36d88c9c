//! Opening a database on a server: by many at once, and on servers that could lose what they acknowledge.

use std::error::Error;

use assent_event_log::{AppendError, EventLog, LogOptions, OpenError, migrate};
use assent_testing::postgres::{Cluster, ClusterOptions, shared};
use tokio::task::JoinSet;

use crate::support::{append, batch};

/// An error with its causes.
fn said(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", said(source)),
        None => error.to_string(),
    }
}

const REPLICATED: LogOptions = LogOptions { migrate: true, replicated: true };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_open_an_empty_database_at_once_all_succeed() {
    let database = shared().await.database().await;
    let role = database.role("server").await;
    let mut opening = JoinSet::new();
    for number in 0..8 {
        let (url, role) = (database.url(), role.name.clone());
        opening.spawn(async move {
            match number % 2 {
                0 => EventLog::open(&url).await.map(|log| log.head().size),
                _ => migrate(&url, Some(&role)).await.map(|()| 0),
            }
        });
    }
    while let Some(opened) = opening.join_next().await {
        assert_eq!(opened.unwrap().map_err(|it| said(&it)), Ok(0));
    }
    append(&EventLog::open(&role.url).await.unwrap(), 1).await;
    let migrations = crate::migrations::names("postgres").len().to_string();
    assert_eq!(database.run("SELECT COUNT(*) FROM event_log_migrations WHERE success").await, migrations);
}

#[tokio::test]
async fn a_server_that_does_not_flush_is_refused_and_may_be_read() {
    let cluster = Cluster::spawn(ClusterOptions { durable: false, ..Default::default() }).await;
    let database = cluster.database().await;
    let error = EventLog::open(&database.url()).await.unwrap_err();
    let sentence = "its setting `fsync` is `off`: what it acknowledges could be lost; set it to `on`";
    assert!(matches!(error, OpenError::Unfit { .. }) && error.to_string().ends_with(sentence), "{error}");
    let error = migrate(&database.url(), None).await.unwrap_err();
    assert!(error.to_string().ends_with(sentence), "{error}");
    let error = EventLog::open_read_only(&database.url()).await.unwrap_err();
    assert!(matches!(error, OpenError::NotMigrated { .. }), "{error}");
}

#[tokio::test]
async fn a_database_or_role_that_commits_before_it_flushes_is_refused() {
    let database = shared().await.database().await;
    let role = database.role("server").await;
    migrate(&database.url(), Some(&role.name)).await.unwrap();
    let refused =
        "its setting `synchronous_commit` is `off`: what it acknowledges could be lost; set it to `on`";
    for (whose, url) in [
        (format!("ROLE {}", role.name), &role.url),
        (format!("DATABASE {}", database.name()), &database.url()),
    ] {
        database.run(&format!("ALTER {whose} SET synchronous_commit = off")).await;
        let error = EventLog::open(url).await.unwrap_err();
        assert!(error.to_string().ends_with(refused), "{error}");
        database.run(&format!("ALTER {whose} RESET synchronous_commit")).await;
        EventLog::open(url).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_log_that_is_to_be_replicated_takes_nothing_that_no_standby_would_keep() {
    let database = shared().await.database().await;
    let log = EventLog::open_with(&database.url(), REPLICATED).await.unwrap();
    let error = log.append(batch(0, 1)).await.unwrap_err();
    assert!(matches!(error, AppendError::NotReplicated), "{error}");
    assert!(error.to_string().contains("`synchronous_standby_names` is empty"), "{error}");
    assert_eq!(log.refresh().await.unwrap().size, 0);

    database.run(&format!("ALTER DATABASE {} SET synchronous_commit = local", database.name())).await;
    let error = EventLog::open_with(&database.url(), REPLICATED).await.unwrap_err();
    let sentence =
        "its setting `synchronous_commit` is `local`: what it acknowledges could be lost; set it to `on`";
    assert!(error.to_string().ends_with(sentence), "{error}");
    append(&EventLog::open(&database.url()).await.unwrap(), 1).await;
}

#[tokio::test]
async fn a_password_stands_in_no_error() {
    const SECRET: &str = "s3cr3t-and-more";
    let cluster = Cluster::spawn(ClusterOptions { tcp: true, ..Default::default() }).await;
    let database = cluster.database().await;
    let access = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256";
    std::fs::write(cluster.folder().join("hba.conf"), access).unwrap();
    cluster.psql("ALTER ROLE postgres PASSWORD 'another'; SELECT pg_reload_conf()").await;
    let at = |address: &str| format!("postgres://postgres:{SECRET}@{address}/{}", database.name());
    let url = at(&cluster.address().to_string());
    // Until it has read its file anew.
    while EventLog::open(&url).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let nobody = at("127.0.0.1:1");
    let nowhere = at("no-such-host.invalid");
    let neither = at("127.0.0.1:1,127.0.0.1:2");
    let bad_option = format!("{url}?sslmode=whatever");
    let other = url.replace("postgres://", "mysql://");
    for (url, expected) in [
        (&url, "password authentication failed"),
        (&nobody, "refused"),
        (&nowhere, "could not open"),
        (&neither, "postgres://127.0.0.1:1,127.0.0.1:2/"),
        (&bad_option, "this is no database URL"),
        (&other, "`mysql`"),
    ] {
        let opened = [
            EventLog::open(url).await.map(drop),
            EventLog::open_read_only(url).await.map(drop),
            migrate(url, Some("role")).await,
        ];
        for error in opened.map(Result::unwrap_err) {
            let (said, shown) = (said(&error), format!("{error:?}"));
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains(SECRET) && !shown.contains(SECRET), "{said} {shown}");
        }
    }
}

#[tokio::test]
async fn a_server_is_known_by_its_certificate() {
    let options = ClusterOptions { tls: true, ..Default::default() };
    let (cluster, other) = tokio::join!(Cluster::spawn(options.clone()), Cluster::spawn(options));
    let database = cluster.database().await;
    let log = EventLog::open(&database.tls_url()).await.unwrap();
    append(&log, 3).await;
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                     WHERE application_name = 'assent' AND pid <> pg_backend_pid()";
    assert_eq!(database.run(encrypted).await, "t");

    let own = cluster.authority_file().display().to_string();
    let wrong = database.tls_url().replace(&own, &other.authority_file().display().to_string());
    assert_ne!(wrong, database.tls_url());
    let error = EventLog::open(&wrong).await.unwrap_err();
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error}");
    assert!(said(&error).contains("certificate"), "{}", said(&error));
    let plain = database.url_at(cluster.address()) + "?sslmode=disable";
    let error = EventLog::open(&plain).await.unwrap_err();
    assert!(said(&error).contains("no encryption"), "{}", said(&error));
}
