//! Commands that are written wrongly, and questions that nobody answers.

use crate::program::assent;

#[tokio::test]
async fn wrong_flags_end_with_2() {
    for arguments in [
        &["authorise"][..],
        &["authorize", "--partner", "p", "--customer", "c"],
        &["authorize", "--partner", "p", "--customer", "c", "--transaction", "theft"],
        &[
            "authorize",
            "--partner",
            "p",
            "--customer",
            "c",
            "--transaction",
            "renewal",
            "--effective-at",
            "soon",
        ],
        &["establish", "--partner", "p"],
        &["establish", "--partner", "p", "--customer", "c", "--reseller", "r"],
        &["status", "--partner", "p", "--customer", "c", "--server", "ftp://x"],
        &["replay", "--database", "sqlite:x.db", "--follow"],
        &["replay", "--from", "0"],
        &[],
    ] {
        let ran = assent(arguments).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?} {ran:?}");
    }
}

/// What failed on this machine alone says nothing about a server, and asks none.
#[tokio::test]
async fn what_fails_without_a_server_asks_none() {
    // Somebody who does not speak gRPC.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    listener.set_nonblocking(true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().display().to_string();
    let rows = folder.path().join("rows.csv");
    std::fs::write(&rows, "no,columns\n1,2\n").unwrap();
    let rows = rows.display().to_string();
    for (arguments, said) in
        [(["verify-export", bag.as_str()], "is no export"), (["import", rows.as_str()], "nothing was sent")]
    {
        let ran = assent(arguments.iter().chain(&["--server", address.as_str()])).await;
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.stderr.contains(said) && !ran.stderr.contains("TLS"), "{ran:?}");
        let asked = listener.accept().map(|_| ());
        assert_eq!(asked.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{arguments:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_ends_with_3_and_says_what_to_start() {
    // Port 1 is privileged, and nothing of ours listens there.
    let ran = assent(["status", "--partner", "p", "--customer", "c", "--server", "127.0.0.1:1"]).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    let expected = "error: could not reach a server at http://127.0.0.1:1 (";
    assert!(ran.stderr.starts_with(expected) && ran.stderr.contains("assent serve --dev"), "{ran:?}");
}

#[tokio::test]
async fn a_file_that_is_not_there_ends_with_3_and_names_it() {
    for arguments in [&["policy", "check", "no-such.yaml"][..], &["import", "no-such.csv"]] {
        let ran = assent(arguments).await;
        assert!(ran.code == 3 && ran.stderr.contains("could not read `no-such."), "{ran:?}");
    }
}
