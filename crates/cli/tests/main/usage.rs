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
