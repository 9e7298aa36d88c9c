//! The harness itself, on the program that it builds and on the servers that it starts.

mod postgres_databases;
mod postgres_faults;
mod proxy;
mod server;
