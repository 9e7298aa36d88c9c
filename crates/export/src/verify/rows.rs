//! Whether two Parquet files hold the same rows, though another writer wrote them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

/// What came of comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alike {
    Yes,
    /// The number of the first row, from 1, that is another one or is not there.
    DiffersAt(u64),
    /// It is no Parquet file.
    Unreadable,
}

/// Compares the rows of a file with those that the entries give.
pub(super) fn compare(found: Vec<u8>, expected: Vec<u8>) -> Alike {
    // The decoder is a library's and `found` may be anybody's bytes: should it panic on them, they are no Parquet file.
    catch_unwind(AssertUnwindSafe(|| compared(found, expected))).ok().flatten().unwrap_or(Alike::Unreadable)
}

fn compared(found: Vec<u8>, expected: Vec<u8>) -> Option<Alike> {
    let found = SerializedFileReader::new(Bytes::from(found)).ok()?;
    let expected = SerializedFileReader::new(Bytes::from(expected)).ok()?;
    let schema =
        |it: &SerializedFileReader<Bytes>| it.metadata().file_metadata().schema_descr().root_schema().clone();
    if schema(&found) != schema(&expected) {
        return None;
    }
    let (mut found, mut expected) = (found.get_row_iter(None).ok()?, expected.get_row_iter(None).ok()?);
    for number in 1.. {
        match (found.next(), expected.next()) {
            (None, None) => return Some(Alike::Yes),
            (Some(Ok(one)), Some(Ok(other))) if one == other => {}
            (Some(Err(_)), _) | (_, Some(Err(_))) => return None,
            (Some(_), _) | (None, Some(_)) => return Some(Alike::DiffersAt(number)),
        }
    }
    None
}
