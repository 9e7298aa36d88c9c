//! The first pass: every file against the manifests (RFC 8493, section 3), and the manifests against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use super::findings::Findings;
use super::{Progress, VerifyError, failed};
use crate::bag::hashed::Hashes;
use crate::bag::manifest::{
    BAG_INFO, BAGIT, BAGIT_TXT, MANIFEST_SHA256, MANIFEST_SHA512, Row, TAG_MANIFEST_SHA256,
    TAG_MANIFEST_SHA512, sha256_lines, sha512_lines,
};

const TAGS: [&str; 4] = [BAGIT, BAG_INFO, MANIFEST_SHA256, MANIFEST_SHA512];
const TAG_MANIFESTS: [&str; 2] = [TAG_MANIFEST_SHA256, TAG_MANIFEST_SHA512];
const PIECE_BYTES: usize = 256 * 1024;

/// The payload as it lies on disk.
pub(super) struct Files {
    pub(super) paths: BTreeSet<String>,
    pub(super) count: usize,
    pub(super) bytes: u64,
    /// `bag-info.txt`.
    pub(super) info: Vec<u8>,
}

/// Finds what is neither a file nor a folder, before anything is opened: a pipe would never end, and a link leads elsewhere.
pub(super) fn check_kinds(folder: &Path, findings: &mut Findings) -> Result<(), VerifyError> {
    walk(folder, "", &mut BTreeMap::new(), findings)
}

pub(super) fn check(
    folder: &Path,
    findings: &mut Findings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Files, VerifyError> {
    let mut found = BTreeMap::new();
    walk(folder, "", &mut found, findings)?;
    let total = 2 * found.values().sum::<u64>();
    let mut rows = Vec::new();
    let mut done = 0;
    for path in found.keys() {
        rows.push(hashed(folder, path, &mut |bytes| {
            done += bytes;
            progress(Progress { done, total });
        })?);
    }
    let (payload, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|it| it.path.starts_with("data/"));
    for other in &others {
        if !TAGS.contains(&other.path.as_str()) && !TAG_MANIFESTS.contains(&other.path.as_str()) {
            findings.file(&other.path, "no file of an export is called so");
        }
    }
    let tags: Vec<_> = others.into_iter().filter(|it| TAGS.contains(&it.path.as_str())).collect();
    against(folder, [MANIFEST_SHA256, MANIFEST_SHA512], &payload, findings)?;
    against(folder, TAG_MANIFESTS, &in_order(tags), findings)?;
    if small(folder, BAGIT)?.is_some_and(|it| it != BAGIT_TXT.as_bytes()) {
        findings.file(BAGIT, "it does not say that this is a bag of BagIt 1.0");
    }
    Ok(Files {
        count: payload.len(),
        bytes: payload.iter().map(|it| it.bytes).sum(),
        paths: payload.into_iter().map(|it| it.path).collect(),
        info: small(folder, BAG_INFO)?.unwrap_or_default(),
    })
}

/// The order in which the tag manifests name the tag files.
fn in_order(mut tags: Vec<Row>) -> Vec<Row> {
    tags.sort_by_key(|row| TAGS.iter().position(|it| *it == row.path));
    tags
}

/// All files with their sizes. What is neither a file nor a folder is a finding.
fn walk(
    folder: &Path,
    below: &str,
    found: &mut BTreeMap<String, u64>,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    for entry in fs::read_dir(folder.join(below)).map_err(|it| failed(below, it))? {
        let entry = entry.map_err(|it| failed(below, it))?;
        let name = entry.file_name();
        let path = match name.to_str() {
            Some(name) if below.is_empty() => name.to_owned(),
            Some(name) => format!("{below}/{name}"),
            None => {
                findings.file(format!("{below}/{}", name.display()), "no file of an export is called so");
                continue;
            }
        };
        let metadata = entry.metadata().map_err(|it| failed(&path, it))?;
        if metadata.is_dir() {
            walk(folder, &path, found, findings)?;
        } else if metadata.is_file() {
            found.insert(path, metadata.len());
        } else {
            findings.file(path, "it is neither a file nor a folder");
        }
    }
    Ok(())
}

fn hashed(folder: &Path, path: &str, looked_at: &mut dyn FnMut(u64)) -> Result<Row, VerifyError> {
    let mut file = File::open(folder.join(path)).map_err(|it| failed(path, it))?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut hashes = Hashes::new();
    loop {
        let read = file.read(&mut piece).map_err(|it| failed(path, it))?;
        if read == 0 {
            return Ok(hashes.row(path));
        }
        hashes.update(&piece[..read]);
        looked_at(read as u64);
    }
}

/// Holds files against two manifests. Where both say something else of a file, the file was changed; where one does,
/// that manifest was.
fn against(
    folder: &Path,
    names: [&'static str; 2],
    rows: &[Row],
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let mut manifests = Vec::new();
    for name in names {
        match small(folder, name)? {
            Some(content) => manifests.push((name, String::from_utf8_lossy(&content).into_owned())),
            None => findings.file(name, "it is missing"),
        }
    }
    let [(_, short), (_, long)] = manifests.as_slice() else { return Ok(()) };
    let (short, long) = (claims(short), claims(long));
    let mut claimed = rows.to_vec();
    for row in &mut claimed {
        let (own_short, own_long) = (hex::encode(row.sha256), hex::encode(row.sha512));
        let says =
            |claims: &BTreeMap<&str, &str>, own: &str| claims.get(row.path.as_str()).map(|it| *it == own);
        match (says(&short, &own_short), says(&long, &own_long)) {
            (None, None) => findings.file(&row.path, "it is not listed in the manifests: it was added"),
            (Some(false), Some(false)) => {
                findings.file(&row.path, "it is not what it was when the export was made (manifests)");
                // The manifests themselves are as they were: they are compared by what they say of this file.
                let of = |claims: &BTreeMap<&str, &str>| claims.get(row.path.as_str()).map(hex::decode);
                if let (Some(Ok(short)), Some(Ok(long))) = (of(&short), of(&long)) {
                    row.sha256 = short.try_into().unwrap_or(row.sha256);
                    row.sha512 = long.try_into().unwrap_or(row.sha512);
                }
            }
            _ => {}
        }
    }
    let there: BTreeSet<_> = rows.iter().map(|it| it.path.as_str()).collect();
    for path in short.keys().chain(long.keys()).collect::<BTreeSet<_>>() {
        if !there.contains(*path) && short.contains_key(path) && long.contains_key(path) {
            findings.file(path.to_string(), "the manifests list it, and it is missing");
        }
    }
    let expected = [sha256_lines(&claimed), sha512_lines(&claimed)];
    for ((name, content), expected) in manifests.iter().zip(expected) {
        if *content != expected {
            let same = content.lines().zip(expected.lines()).take_while(|(one, other)| one == other).count();
            findings.file(*name, format!("line {} is not what the files give", same + 1));
        }
    }
    Ok(())
}

/// What a manifest says of each file.
fn claims(manifest: &str) -> BTreeMap<&str, &str> {
    let row = |line| str::split_once(line, "  ").map(|(hash, path)| (path, hash));
    manifest.split('\n').filter_map(row).collect()
}

/// A tag file; none where there is none.
fn small(folder: &Path, path: &str) -> Result<Option<Vec<u8>>, VerifyError> {
    match fs::read(folder.join(path)) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}
