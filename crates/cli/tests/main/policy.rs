//! The policy as a file.

use assent_testing::requests;

use crate::program::{ask, assent, server};

#[tokio::test]
async fn the_pack_that_ships_is_valid_and_a_mistake_is_found_by_line_and_field() {
    let shown = assent(["policy", "show", "--builtin"]).await;
    assert_eq!(shown.code, 0, "{shown:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    let path = file.to_str().unwrap();
    std::fs::write(&file, &shown.stdout).unwrap();
    let valid = assent(["policy", "check", path]).await;
    assert!(valid.code == 0 && valid.stdout.starts_with("VALID"), "{valid:?}");
    std::fs::write(&file, shown.stdout.replacen("covered_clouds: [PUBLIC]", "covered_clouds: [MOON]", 1))
        .unwrap();
    let invalid = assent(["policy", "check", path]).await;
    assert_eq!(invalid.code, 1, "{invalid:?}");
    assert!(invalid.stdout.contains("line ") && invalid.stdout.contains("covered_clouds"), "{invalid:?}");
}

#[tokio::test]
async fn a_date_is_moved_by_editing_the_file_simulating_and_publishing_it() {
    let server = server().await;
    server.registered("contoso", "fabrikam").await;
    let mut old = requests::confirm("contoso", "fabrikam");
    old.accepted_on = Some("2020-02-01".to_owned());
    server.acceptance().confirm_acceptance(old).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    let path = file.to_str().unwrap();
    let shown = ask(&server, &["policy", "show"]).await;
    assert!(shown.code == 0 && shown.stderr.contains("microsoft-csp version 1"), "{shown:?}");
    std::fs::write(&file, shown.stdout.replace("2026-01-05", "2026-10-21")).unwrap();

    let simulate =
        ["policy", "simulate", path, "--effective-at", "2026-02-01", "--transaction", "new-purchase"];
    let simulated = ask(&server, &simulate).await;
    assert_eq!(simulated.code, 1, "{simulated:?}");
    for expected in ["contoso / fabrikam", "ACCEPTANCE_STALE", "ACCEPTANCE_IN_FORCE", "1 would pass anew"] {
        assert!(simulated.stdout.contains(expected), "{expected}: {simulated:?}");
    }

    let publish = ["policy", "publish", path, "--reason", "moved", "--expected-version", "1"];
    let published = ask(&server, &publish).await;
    assert!(published.code == 0 && published.stdout.contains("version 2"), "{published:?}");
    let again = ask(&server, &publish).await;
    assert_eq!(again.code, 3, "{again:?}");
    let february = requests::order_on("contoso", "fabrikam", "2026-02-01");
    assert_eq!(server.decide(february).await.policy_version, 2);
}
