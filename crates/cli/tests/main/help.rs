//! What the program says about itself.

use crate::program::assent;

#[tokio::test]
async fn the_help_names_every_command_and_the_exit_codes() {
    let help = assent(["--help"]).await;
    assert_eq!(help.code, 0);
    let commands = [
        "serve",
        "config",
        "migrate",
        "demo",
        "authorize",
        "confirm",
        "attest",
        "withdraw",
        "status",
        "needs-acceptance",
        "import",
        "policy",
        "replay",
        "replay-decision",
        "checkpoint",
        "prove",
        "verify",
        "key",
        "witness",
        "export",
        "verify-export",
        "verify-receipt",
        "projections",
        "register",
        "establish",
    ];
    for command in commands {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command} is missing:\n{}", help.stdout);
    }
    assert!(help.stdout.contains("0 done or ALLOWED, 1 DENIED"), "{}", help.stdout);
}

#[tokio::test]
async fn the_help_has_no_colour_where_nobody_looks() {
    let help = assent(["authorize", "--help"]).await.stdout;
    assert!(!help.contains('\u{1b}'), "{help}");
    assert!(
        help.contains("assent authorize --partner contoso --customer fabrikam --transaction new-purchase")
    );
    assert!(help.contains("new-purchase, seat-increase"), "{help}");
}
