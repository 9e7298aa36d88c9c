//! Inserts with room for some numbers of rows: a statement of any number of rows is never the same twice, and would be
//! prepared each time; one for each row is a hop to SQLite's thread and back.

use crate::database::Dialect;

/// For how many rows there are statements. What is left over of them is filled with nothing.
const ROOMS: [usize; 5] = [1, 8, 32, 128, 512];

/// The least room that so many rows fit into, or the largest that there is.
pub fn room_for(rows: usize) -> usize {
    ROOMS.into_iter().find(|room| *room >= rows).unwrap_or(ROOMS[ROOMS.len() - 1])
}

/// Takes rows off the front, at most so many.
pub fn take_rows<'a, Row>(rows: &mut &'a [Row], room: usize) -> &'a [Row] {
    let taken;
    (taken, *rows) = rows.split_at(room.min(rows.len()));
    taken
}

/// Rows of so many columns, as a query: those without a first value are left out.
///
/// The placeholders have no numbers ([`Dialect::placeholders`](crate::Dialect::placeholders)).
pub fn rows_given(room: usize, columns: usize) -> String {
    let row = format!("({})", Dialect::Sqlite.placeholders(columns));
    let more = format!(", {row}").repeat(room - 1);
    format!("SELECT * FROM (VALUES {row}{more}) WHERE column1 IS NOT NULL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_the_least_room_that_they_fit_into() {
        assert_eq!([1, 2, 8, 9, 33, 129, 512, 513].map(room_for), [1, 8, 8, 32, 128, 512, 512, 512]);
    }

    #[test]
    fn what_is_left_over_is_left_out() {
        let rows = "SELECT * FROM (VALUES (?, ?), (?, ?)) WHERE column1 IS NOT NULL";
        assert_eq!(rows_given(2, 2), rows);
    }
}
