//! The files that make a folder a bag: RFC 8493, section 2.

use std::fmt;

use assent_evidence::Hash;

use super::day;
use super::hashed::Hashes;
use crate::inquiry::Inquiry;

pub(crate) const BAGIT: &str = "bagit.txt";
pub(crate) const BAG_INFO: &str = "bag-info.txt";
pub(crate) const MANIFEST_SHA256: &str = "manifest-sha256.txt";
pub(crate) const MANIFEST_SHA512: &str = "manifest-sha512.txt";
pub(crate) const TAG_MANIFEST_SHA256: &str = "tagmanifest-sha256.txt";
pub(crate) const TAG_MANIFEST_SHA512: &str = "tagmanifest-sha512.txt";

/// `bagit.txt`, in whole.
pub(crate) const BAGIT_TXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// A file with its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) path: String,
    pub(crate) sha256: Hash,
    pub(crate) sha512: [u8; 64],
    pub(crate) bytes: u64,
}

impl Row {
    pub(crate) fn of(path: &str, content: &[u8]) -> Self {
        let mut hashes = Hashes::new();
        hashes.update(content);
        hashes.row(path)
    }
}

/// A manifest: a line for each file, which `sha256sum -c` reads as well.
pub(crate) fn sha256_lines(rows: &[Row]) -> String {
    rows.iter().map(|it| format!("{}  {}\n", hex::encode(it.sha256), it.path)).collect()
}

/// The same with the longer hashes, for `sha512sum -c`.
pub(crate) fn sha512_lines(rows: &[Row]) -> String {
    rows.iter().map(|it| format!("{}  {}\n", hex::encode(it.sha512), it.path)).collect()
}

/// `bag-info.txt`. Nothing in it depends on when or where the bag is written.
pub(crate) struct BagInfo {
    lines: Vec<(&'static str, String)>,
}

impl BagInfo {
    pub(crate) fn new(inquiry: &Inquiry, payload_bytes: u64, payload_files: usize) -> Self {
        let checkpoint = inquiry.checkpoint.checkpoint();
        let lines = vec![
            ("Bag-Software-Agent", crate::AGENT.to_owned()),
            ("Bagging-Date", day(inquiry.requested_at)),
            ("External-Description", format!("Export of {}", inquiry.scope_in_words())),
            ("External-Identifier", format!("inquiry at position {}", inquiry.position)),
            ("Internal-Sender-Description", format!("log {}", checkpoint.origin)),
            ("Payload-Oxum", format!("{payload_bytes}.{payload_files}")),
        ];
        Self { lines }
    }
}

impl fmt::Display for BagInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(label, value)| writeln!(formatter, "{label}: {value}"))
    }
}
