//! Backups: made while the ledger is served, restored, verified and served again, as docs/operations/backup.md says.

mod restored;
mod verified;
