//! The real program, through gRPC and its own commands: what users and operators do, and what goes wrong around them.
//!
//! Every test starts a server of its own on files of its own. Nothing here waits for time to pass: each wait is for
//! something that happens, and has a deadline.

mod abuse;
mod backup;
mod bad_input;
mod clients;
mod evidence;
mod faults;
mod identity;
mod import;
mod operations;
mod permission;
mod privacy;
mod replicas;
mod start;
mod support;
mod timeline;
mod watch_and_lists;
