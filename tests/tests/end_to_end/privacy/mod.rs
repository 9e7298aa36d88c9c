//! Personal data are nowhere but in their boxes: not in what the server writes while it traces everything, and not in
//! its files (rule C14).

mod erasure;
mod finding;
pub(crate) mod ground;
mod racing;
mod restored;
mod rotating;
mod secrets;
mod server_secrets;
mod story;
mod traced;
mod traces;
mod verified;

use std::collections::HashMap;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use self::secrets::SECRETS;
use self::traced::Traced;

/// What of a secret is looked for: itself, in upper and lower case, as hex, in base64 wherever in a text it begins, and its
/// hash (never a plain one).
fn shapes(secret: &[u8]) -> Vec<Vec<u8>> {
    let hash = digest(&SHA256, secret);
    let mut shapes = vec![secret.to_vec(), hash.as_ref().to_vec()];
    for bytes in [secret, hash.as_ref()] {
        shapes.push(bytes.iter().map(|it| format!("{it:02x}")).collect::<String>().into_bytes());
    }
    shapes.push(secret.to_ascii_uppercase());
    if let Ok(text) = std::str::from_utf8(secret) {
        shapes.extend([text.to_lowercase(), text.to_uppercase()].map(String::into_bytes));
        shapes.push(text.escape_default().to_string().into_bytes());
    }
    for before in 0..3 {
        let text = [vec![0; before], secret.to_vec()].concat();
        // Digits that what stands before and behind has no part in.
        let digits = (before * 8).div_ceil(6)..text.len() * 8 / 6;
        for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            shapes.push(alphabet.encode(&text).as_bytes()[digits.clone()].to_vec());
        }
    }
    // As a debugger would print it.
    shapes.push(format!("{secret:?}").trim_matches(['[', ']']).as_bytes().to_vec());
    shapes
}

/// How many bytes of a shape are looked up at once.
const HEAD_BYTES: usize = 4;

/// Every shape of every secret, by how it begins: what is searched has megabytes, and is gone through once.
struct Finder(HashMap<[u8; HEAD_BYTES], Vec<(String, Vec<u8>)>>);

impl Finder {
    fn new() -> Self {
        Self::of(SECRETS.iter().map(|it| it.as_bytes()))
    }

    fn of<'a>(secrets: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut by_head: HashMap<_, Vec<_>> = HashMap::new();
        for secret in secrets {
            for shape in shapes(secret) {
                let head = *shape.first_chunk().expect("a secret is longer than its head");
                by_head.entry(head).or_default().push((String::from_utf8_lossy(secret).into_owned(), shape));
            }
        }
        Self(by_head)
    }

    fn secret_in(&self, bytes: &[u8]) -> Option<&str> {
        let at = |at: usize| {
            let here = self.0.get(bytes[at..].first_chunk()?)?;
            here.iter().find(|(_, shape)| bytes[at..].starts_with(shape)).map(|(secret, _)| secret.as_str())
        };
        (0..bytes.len()).find_map(at)
    }
}

fn assert_free_of_secrets(what: &str, bytes: &[u8]) {
    if let Some(secret) = Finder::new().secret_in(bytes) {
        panic!("`{secret}` stands in {what}");
    }
}

/// Looks through every file of the ledger, and gives their names.
fn assert_files_free_of_secrets(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).expect("the folder is there") {
        let path = file.expect("it can be read").path();
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        match std::fs::read(&path) {
            Ok(bytes) => assert_free_of_secrets(&name, &bytes),
            // What is being replaced is gone in between.
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{name}: {error}"),
        }
        names.push(name);
    }
    names.sort();
    names
}

#[tokio::test]
async fn no_personal_data_stand_in_the_output_or_in_the_files_while_everything_is_traced() {
    let server = Traced::start().await;
    story::play(&server).await;
    let names = assert_files_free_of_secrets(server.folder());
    for name in ["assent.db", "assent.db-wal", "assent.db.views", "assent.db.views-wal"] {
        assert!(names.iter().any(|it| it == name), "{name} is among {names:?}");
    }
    let folder = server.folder().to_owned();
    let (stdout, stderr, kept) = server.terminate().await;
    assert_free_of_secrets("standard output", stdout.as_bytes());
    assert_free_of_secrets("standard error", stderr.as_bytes());
    assert!(
        stderr.lines().filter(|it| it.contains("TRACE") || it.contains("DEBUG")).count() > 100,
        "it traced"
    );
    let names = assert_files_free_of_secrets(&folder);
    assert!(names.iter().any(|it| it == "assent.db.index"), "the image of the index is among {names:?}");
    drop(kept);
}

#[test]
fn a_secret_is_found_in_each_of_its_shapes() {
    let finder = Finder::new();
    for secret in SECRETS {
        for shape in shapes(secret.as_bytes()) {
            let hidden = [b"aaa".as_slice(), &shape, b"zzz"].concat();
            assert_eq!(finder.secret_in(&hidden), Some(secret));
        }
    }
    assert_eq!(finder.secret_in(b"nothing of the kind"), None);
}
