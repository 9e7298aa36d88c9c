//! `assent verify`: what it finds is named, and what can't be read is no finding.

use crate::program::assent;

#[tokio::test]
async fn a_ledger_that_is_not_there_can_not_be_verified() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("none.db").display());
    let ran = assent(["verify", "--database", &url]).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("there is no ledger"), "{ran:?}");
}

#[tokio::test]
async fn a_file_with_no_url_in_it_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.url");
    std::fs::write(&file, "\n").unwrap();
    let ran = assent(["verify", "--database-file", &file.display().to_string()]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("holds no database URL"), "{ran:?}");
}

#[tokio::test]
async fn a_list_of_erased_keys_that_is_not_there_is_not_taken_for_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("none.db").display());
    let list = folder.path().join("erased").display().to_string();
    let ran = assent(["verify", "--database", &url, "--tombstones", &list]).await;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("the list of erased keys") && ran.stderr.contains(&list), "{ran:?}");
}
