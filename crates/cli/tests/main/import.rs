//! Importing files, good and broken.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use assent_testing::{Server, requests};
use tempfile::TempDir;

use crate::program::{Ran, ask, command, server};

const HEADER: &str = "partner_id,customer_id,agreement_id,first_name,last_name,email,accepted_at";

/// A file in a folder of its own.
struct File {
    folder: TempDir,
    name: &'static str,
}

impl File {
    fn new(name: &'static str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::write(folder.path().join(name), content).expect("it can be written to");
        Self { folder, name }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    fn outcomes_path(&self) -> PathBuf {
        self.folder.path().join(format!("{}.outcomes.csv", self.name))
    }

    /// Row, status, reason and field of each line of the outcome file.
    fn outcomes(&self) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.outcomes_path()).expect("there is an outcome file");
        let header = ["row", "status", "acceptance_id", "position", "reason", "field", "message"];
        assert_eq!(reader.headers().expect("it has a header"), &header[..]);
        let records = reader.records().map(|it| it.expect("its lines are CSV"));
        records.map(|it| [&it[0], &it[1], &it[4], &it[5]].join(" ").trim_end().to_owned()).collect()
    }

    async fn import(&self, server: &Server) -> Ran {
        ask(server, &["import", self.path().to_str().expect("its path is UTF-8")]).await
    }
}

fn row(customer: &str, on: &str) -> String {
    format!("contoso,{customer},microsoft-customer-agreement,Anna,Berg,anna@{customer}.example,{on}")
}

async fn head(server: &Server) -> u64 {
    server.decide(requests::order("contoso", "fabrikam")).await.position
}

#[tokio::test]
async fn each_row_of_a_broken_file_stands_for_itself() {
    let server = server().await;
    server.registered("contoso", "fabrikam").await;
    let good = row("fabrikam", "2026-01-12");
    let mut content = format!("{HEADER}\n{good}\n{}\n", row("nobody", "2026-01-12")).into_bytes();
    content.extend_from_slice(b"too,few,columns\n");
    content.extend_from_slice(row("fabrikam", "2026-01-13").replace("Anna", "An\\na").as_bytes());
    content.extend_from_slice(
        b"\ncontoso,fabrikam,microsoft-customer-agreement,\xff\xfe,Berg,a@fabrikam.example,2026-01-14\n",
    );
    content.extend_from_slice(format!("{}\n", row("fabrikam", "the day before")).as_bytes());
    content.extend_from_slice(
        b"contoso,\"fabrikam,microsoft-customer-agreement,A,B,a@fabrikam.example,2026-01-14\n",
    );
    content
        .extend_from_slice(format!("{}{}\n", row("fabrikam", "2026-01-14"), "x".repeat(3 << 20)).as_bytes());
    content.extend_from_slice(format!("{}\r\n", row("fabrikam", "2026-01-15")).as_bytes());
    let file = File::new("broken.csv", content);

    let ran = file.import(&server).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(
        file.outcomes(),
        [
            "1 STORED",
            "2 REJECTED CUSTOMER_UNKNOWN",
            "3 REJECTED FIELD_INVALID row",
            "4 STORED",
            "5 REJECTED FIELD_INVALID first_name",
            "6 REJECTED FIELD_INVALID accepted_at",
            "7 REJECTED FIELD_INVALID row",
            "8 REJECTED MESSAGE_TOO_LARGE row",
            "9 STORED",
        ]
    );
    assert!(ran.stdout.starts_with("9 rows: 3 stored, 0 were there already, 6 rejected\n"), "{ran:?}");
    assert!(ran.stdout.contains("FIELD_INVALID                    4\n"), "{ran:?}");
    assert_eq!(ran.stderr, "", "nothing but answers where nobody watches the progress");
}

#[tokio::test]
async fn running_a_file_again_stores_nothing_twice() {
    let server = server().await;
    server.registered("contoso", "fabrikam").await;
    let with_ids = format!(
        "request_id,{HEADER}\n11111111-1111-4111-8111-111111111111,{}\n,{}\n",
        row("fabrikam", "2026-01-12"),
        row("fabrikam", "2026-01-13T09:30:00Z"),
    );
    let file = File::new("twice.csv", with_ids);
    let first = file.import(&server).await;
    assert!(first.code == 0 && first.stdout.starts_with("2 rows: 2 stored, 0 "), "{first:?}");
    let size = head(&server).await;
    let second = file.import(&server).await;
    assert!(
        second.code == 0 && second.stdout.starts_with("2 rows: 0 stored, 2 were there already"),
        "{second:?}"
    );
    assert_eq!(head(&server).await, size);
}

#[tokio::test]
async fn json_lines_have_the_same_keys_and_outcomes() {
    let server = server().await;
    server.registered("contoso", "fabrikam").await;
    let good = r#"{"partner_id":"contoso","customer_id":"fabrikam","agreement_id":"microsoft-customer-agreement",
        "first_name":"Anna","last_name":"Berg","email":"a@fabrikam.example","accepted_at":"2026-01-12"}"#;
    let good = good.replace('\n', " ");
    let attested =
        good.replacen('{', r#"{"method":"ATTESTED","scenario":"NEW_PARTNER","#, 1).replace("Anna", "Ann");
    let unknown_key = good.replacen('{', r#"{"shoe_size":"44","#, 1);
    let file = File::new("rows.jsonl", format!("{good}\n\n{{oops\n{attested}\n{unknown_key}\n"));
    let ran = file.import(&server).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let expected =
        ["1 STORED", "2 REJECTED FIELD_INVALID row", "3 STORED", "4 REJECTED FIELD_INVALID shoe_size"];
    assert_eq!(file.outcomes(), expected);
}

#[tokio::test]
async fn a_header_that_nobody_knows_refuses_the_file_before_anything_is_sent() {
    let server = server().await;
    let file =
        File::new("unknown.csv", format!("{HEADER},shoe_size\n{},44\n", row("fabrikam", "2026-01-12")));
    let ran = file.import(&server).await;
    assert!(ran.code == 3 && ran.stderr.contains("`shoe_size`"), "{ran:?}");
    assert!(!file.outcomes_path().exists());
}

#[tokio::test]
async fn an_old_record_is_judged_at_the_instant_at_which_it_was_confirmed() {
    let server = server().await;
    server.registered("contoso", "fabrikam").await;
    let old = row("fabrikam", "2019-04-02").replace("customer-agreement", "cloud-agreement");
    let file = File::new("old.csv", format!("{HEADER},confirmed_at\n{old},\n{old},2019-04-03\n"));
    let ran = file.import(&server).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(file.outcomes(), ["1 REJECTED AGREEMENT_RETIRED", "2 STORED"]);
}

#[tokio::test]
async fn a_server_that_goes_away_leaves_its_acknowledged_rows_and_a_file_to_run_again() {
    let mut server = server().await;
    let mut content = format!("{HEADER}\n");
    for customer in 0..50 {
        let customer = format!("customer-{customer}");
        server.registered("contoso", &customer).await;
        for number in 0..100 {
            content.push_str(&row(&customer, "2026-01-12").replace("Anna", &format!("Anna{number}")));
            content.push('\n');
        }
    }
    let file = File::new("long.csv", content);
    let path = file.path();
    let arguments = ["import", path.to_str().unwrap(), "--server", &server.url()].map(str::to_owned);
    let child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until_written(&file.outcomes_path()).await;
    server.kill().await;
    let ended = tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await;
    let output = ended.expect("it ends when the server is gone").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let acknowledged = file.outcomes();
    assert!(said.contains(&format!("{} rows are acknowledged", acknowledged.len())), "{said}");
    assert!(acknowledged.iter().all(|it| it.ends_with(" STORED")), "{acknowledged:?}");

    server.restart().await;
    let again = file.import(&server).await;
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(file.outcomes().len(), 5_000);
}

/// Waits until the outcome file has content, which it gets with the first full buffer of outcomes.
async fn wait_until_written(path: &Path) {
    let mut again = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..2_000 {
        if std::fs::metadata(path).is_ok_and(|it| it.len() > 0) {
            return;
        }
        again.tick().await;
    }
    panic!("no outcome was written in ten seconds");
}
