//! SQL through psql, so that this crate needs no driver.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::{interval, timeout};

/// How long a script may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How long psql may take to be let in, in seconds.
const CONNECT_TIMEOUT: &str = "10";

/// Runs statements, each in a transaction of its own, to the first that fails. Answers the rows, a line each, columns
/// with `|` between them; or what psql says.
pub(crate) async fn run(programs: &Path, url: &str, sql: &str) -> Result<String, String> {
    let mut child = Command::new(programs.join("psql"))
        .args(arguments(url))
        .arg("--file=-")
        .env("PGCONNECT_TIMEOUT", CONNECT_TIMEOUT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("psql can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    let ended = timeout(TIMEOUT, async {
        // A psql that was not let in reads nothing.
        let _ = stdin.write_all(sql.as_bytes()).await;
        drop(stdin);
        child.wait_with_output().await.expect("our own child can be waited for")
    });
    let Ok(output) = ended.await else { return Err(format!("psql does not end: {sql}")) };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Asks until the answer is the expected one, or panics with the last answer.
pub(crate) async fn until(programs: &Path, url: &str, sql: &str, expected: &str) {
    let mut last = Ok(String::new());
    let mut asks = interval(ASK_EVERY);
    let waited = timeout(TIMEOUT, async {
        while last.as_deref() != Ok(expected) {
            asks.tick().await;
            last = run(programs, url, sql).await;
        }
    });
    if waited.await.is_err() {
        panic!("{sql}: not `{expected}` but {last:?}");
    }
}

/// Has statements run as far as they succeed, though the runtime and even this process may be gone before they are.
pub(crate) fn leave(programs: &Path, url: &str, statements: &[String]) -> Option<std::process::Child> {
    let mut command = std::process::Command::new(programs.join("psql"));
    command.args(arguments(url)).env("PGCONNECT_TIMEOUT", CONNECT_TIMEOUT);
    command.args(statements.iter().map(|it| format!("--command={it}")));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().ok()
}

fn arguments(url: &str) -> [impl AsRef<OsStr>; 7] {
    let url = format!("--dbname={url}");
    let flags =
        ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password", "--set=ON_ERROR_STOP=1"];
    let [a, b, c, d, e, f] = flags.map(ToOwned::to_owned);
    [a, b, c, d, e, f, url]
}
