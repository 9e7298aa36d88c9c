//! Go's own `x/mod/sumdb/note` and `x/mod/sumdb/tlog`, which verify the checksums of Go's modules: `tests/foreign/go`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{CLAIMS, judges_every_claim_rightly};

/// Where Debian's package golang-golang-x-mod-dev puts its sources. Nothing is downloaded.
const GOPATH: &str = "/usr/share/gocode";

#[test]
fn gos_note_and_tlog_believe_what_holds_and_nothing_else() {
    let mut program =
        Command::new(build()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it was built");
    let mut stdin = program.stdin.take().expect("it is piped");
    let questions = serde_json::to_vec(&*CLAIMS).expect("claims are plain data");
    // The program reads all of it before it writes anything.
    stdin.write_all(&questions).expect("it reads its claims");
    drop(stdin);
    let output = program.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    let verdicts: Vec<bool> = serde_json::from_slice(&output.stdout).expect("it answers for each claim");
    judges_every_claim_rightly("Go's tlog", CLAIMS.iter(), &verdicts);
}

fn build() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/foreign/go/verify.go");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let program = folder.join("go-verify");
    let built = Command::new("go")
        .arg("build")
        .arg("-o")
        .args([&program, &source])
        .env("GO111MODULE", "off")
        .env("GOPATH", GOPATH)
        .env("GOPROXY", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOCACHE", folder.join("go-cache"))
        .output()
        .expect("Go is installed (tests/run does it)");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    program
}
