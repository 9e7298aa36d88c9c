//! Pages of lists (AIP-158).

use assent_domain::values::Position;

use crate::convert::fields::{Fields, Parsed};

/// The most entries of a page; who asks for more gets so many.
pub const PAGE_SIZE_MAX: usize = 1_000;
/// The entries of a page whose size was not given.
pub const PAGE_SIZE_DEFAULT: usize = 100;

/// The longest id that a list goes on after, in bytes.
const CURSOR_BYTES_MAX: usize = 64;
const EDITION: u8 = 1;
const BY_POSITION: u8 = 1;
const BY_ID: u8 = 2;

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// After the entry of this event; in a list with the newest first, before it.
    Position(Position),
    /// After the entry with this id.
    Id(String),
}

/// Which page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most entries that it has: 1 to 1,000.
    pub size: usize,
    /// After what it begins; none: it is the first.
    pub after: Option<Cursor>,
    /// Tells this list from one with other filters: a token is good for the list that it was made for.
    list: u64,
}

impl Page {
    /// The token of the page after the one that ends with this entry.
    pub fn token(&self, last: &Cursor) -> String {
        let mut bytes = vec![EDITION];
        bytes.extend_from_slice(&self.list.to_be_bytes());
        match last {
            Cursor::Position(position) => {
                bytes.push(BY_POSITION);
                bytes.extend_from_slice(&position.0.to_be_bytes());
            }
            Cursor::Id(id) => {
                bytes.push(BY_ID);
                bytes.extend_from_slice(id.as_bytes());
            }
        }
        bytes.iter().map(|it| format!("{it:02x}")).collect()
    }
}

impl Fields {
    /// The page asked for. `filters` are the request's own, as they were given.
    pub(crate) fn page(&mut self, size: i32, token: &str, filters: &[&str]) -> Parsed<Page> {
        let size = match usize::try_from(size) {
            Ok(0) => Ok(PAGE_SIZE_DEFAULT),
            Ok(size) => Ok(size.min(PAGE_SIZE_MAX)),
            Err(_) => self.bad("page_size", "must not be negative"),
        };
        let list = fingerprint(filters);
        let after = match token {
            "" => Ok(None),
            token => match cursor(token, list) {
                Some(cursor) => Ok(Some(cursor)),
                None => self.bad(
                    "page_token",
                    "must be the `next_page_token` of a page that was asked for with the same other fields",
                ),
            },
        };
        Ok(Page { size: size?, after: after?, list })
    }
}

/// What a token says, if it is one of this list.
fn cursor(token: &str, list: u64) -> Option<Cursor> {
    const HEAD: usize = 1 + 8 + 1;
    if token.len() > 2 * (HEAD + CURSOR_BYTES_MAX) {
        return None;
    }
    let bytes = from_hex(token)?;
    let (head, cursor) = bytes.split_at_checked(HEAD)?;
    let (&[edition], rest) = head.split_first_chunk::<1>()?;
    let (of_list, &[kind]) =
        rest.split_at_checked(8).and_then(|(list, kind)| Some((list, kind.first_chunk::<1>()?)))?;
    if edition != EDITION || of_list != list.to_be_bytes() {
        return None;
    }
    match kind {
        BY_POSITION => Some(Cursor::Position(Position(u64::from_be_bytes(cursor.try_into().ok()?)))),
        BY_ID => Some(Cursor::Id(String::from_utf8(cursor.to_vec()).ok()?)),
        _ => None,
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |it: u8| (it as char).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// FNV-1a over the filters, each with its length: it only has to tell a client's mistake.
fn fingerprint(filters: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut mix = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for filter in filters {
        (filter.len() as u64).to_be_bytes().into_iter().for_each(&mut mix);
        filter.bytes().for_each(&mut mix);
    }
    hash
}
