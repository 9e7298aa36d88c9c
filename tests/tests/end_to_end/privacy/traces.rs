//! What an erasure leaves in the files of a ledger: nothing that was ever personal.

use std::collections::HashSet;
use std::path::Path;

use super::ground::*;
use crate::replicas::fleet::Fleet;
use crate::support::within;

/// How many bytes of each are looked for.
const HEAD_BYTES: usize = 12;

/// Everything of a vault that vanishes, as the bytes that lie in the files.
async fn kept_by_vault(ground: &Ground) -> Vec<Vec<u8>> {
    let columns = ["wrapped_key", "email_index", "contact_fingerprint", "request_fingerprint"];
    let mut all = Vec::new();
    for column in columns {
        let text = ground.sql(&format!("SELECT hex({column}) FROM vault WHERE {column} IS NOT NULL")).await;
        all.extend(text.lines().map(|line| {
            let byte = |at: usize| u8::from_str_radix(&line[at..at + 2], 16).expect("it is hexadecimal");
            (0..line.len()).step_by(2).map(byte).collect::<Vec<u8>>()
        }));
    }
    all
}

/// The files that hold one of these.
fn holding(folder: &Path, secrets: &[Vec<u8>]) -> Vec<String> {
    let heads: HashSet<&[u8]> = secrets.iter().map(|it| &it[..HEAD_BYTES]).collect();
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("it can be read").path();
        // A file that is just going away holds nothing.
        let bytes = std::fs::read(&path).unwrap_or_default();
        // Each is longer than its head, and random: a head alone never comes by chance.
        if bytes.windows(HEAD_BYTES).any(|it| heads.contains(it)) {
            names.push(path.display().to_string());
        }
    }
    names
}

#[tokio::test]
async fn nothing_of_an_erased_customer_is_left_in_any_file_while_the_server_runs() {
    let ground = Ground { fleet: Fleet::on_file().await };
    let server = ground.server();
    let records = records(server).await;
    let all = kept_by_vault(&ground).await;
    assert!(all.len() > 12, "{}", all.len());
    assert!(!holding(server.folder(), &all).is_empty(), "they are where they belong before");
    erase(server, None).await;
    let left = kept_by_vault(&ground).await;
    let erased: Vec<_> = all.into_iter().filter(|it| !left.contains(it)).collect();
    assert!(erased.len() > 12, "{}", erased.len());
    // The write-ahead log is cleared just after the answer.
    within(async {
        while !holding(server.folder(), &erased).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(has_contact(server, &records.elsewhere).await);
}
