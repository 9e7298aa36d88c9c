//! The program from outside: what it prints, what it writes, and how it ends.

mod decisions;
mod demo;
mod help;
mod import;
mod key;
mod policy;
mod program;
mod replay;
mod replay_decision;
mod serve;
mod usage;
mod verify;
mod verify_export;
mod verify_receipt;
mod witness;
