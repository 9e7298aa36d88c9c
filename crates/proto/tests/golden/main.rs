//! What is stored is for ever: these tests hold `docs/format.md`, the stored messages and their encoding together.
//!
//! Nothing here can be rewritten by a flag but the list of fields, and that one only by adding to it. A failure means
//! that ledgers that exist could no longer be read or checked: change the code back, not the document.

mod canonical;
mod damaged;
mod descriptor;
mod document;
mod entries;
mod examples;
mod fields;
mod sealing;
mod tables;
