//! Command lines that do not go together: wrong usage, exit code 2.

use crate::support::run;

const WRONG: [(&[&str], &str); 9] = [
    (&["serve"], "--dev"),
    (&["serve", "--listen", "127.0.0.1:0"], "--dev"),
    (&["serve", "--dev", "--listen", "0.0.0.0:0"], "127.0.0.1"),
    (&["serve", "--dev", "--listen", "[::]:0"], "127.0.0.1"),
    (&["serve", "--dev", "--listen", "192.0.2.1:50051"], "127.0.0.1"),
    (&["serve", "--dev", "--listen", "localhost"], "--listen"),
    (&["serve", "--dev", "--environment", "staging"], "sandbox"),
    (&["serve", "--dev", "--workers", "0"], "--workers"),
    (&["serve", "--dev", "--log", "assent=loud"], "log"),
];

#[tokio::test]
async fn what_does_not_go_together_is_wrong_usage_and_makes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let database = format!("sqlite:{}", folder.path().join("assent.db").display());
    for (arguments, said) in WRONG {
        let ran = run(arguments.iter().copied().chain(["--database", database.as_str()])).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{arguments:?}: {ran:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

#[tokio::test]
async fn an_address_in_use_and_a_database_of_an_unknown_kind_can_not_be_answered() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let database = format!("sqlite:{}", folder.path().join("assent.db").display());
    let cases = [
        (address.as_str(), database.as_str(), address.as_str()),
        ("127.0.0.1:0", "mysql://u:secret@h/d", "mysql"),
    ];
    for (listen, database, said) in cases {
        let ran = run(["serve", "--dev", "--listen", listen, "--database", database]).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{ran:?}");
        assert!(ran.stderr.contains(said) && !ran.stderr.contains("secret"), "{ran:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}
