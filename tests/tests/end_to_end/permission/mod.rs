//! Who may what, from outside: every method by every kind of caller, held against the table in `docs/permissions.md`; and that
//! no refusal tells whether something exists.

mod acting;
mod erased;
mod ground;
mod hidden;
mod kinds;
mod narrowed;
mod raw;
mod requests;
mod resellers;
mod table;
mod walk;
