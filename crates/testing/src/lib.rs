//! For tests only: the real program as a process, typed clients, and requests with sensible defaults.
//!
//! * [`Server`] runs `assent serve --dev` on files of its own, and can be killed and started again on them.
//! * [`Credentials`] are what a server without `--dev` believes, and [`Caller`]s show them.
//! * [`postgres`] runs throw-away PostgreSQL servers, which can be killed, too.
//! * [`ha`] runs three of them under Patroni, and [`Proxy`] is the network that fails.
//! * [`requests`] builds requests of which a test changes only what it is about.
//! * [`Server::registered`] and its siblings tell the beginning of most stories.
//!
//! Everything here panics where it fails, with what the server wrote to standard error. Every wait has a deadline.

mod binary;
mod credentials;
mod ports;
mod proxy;
mod server;
mod story;
mod supervisor;

pub mod ha;
pub mod postgres;
pub mod requests;

pub use binary::assent_binary;
pub use credentials::{
    AUDIENCE, Certificate, CertificateAuthority, Credentials, ISSUER, NEVER, TokenIssuer, claims, replace,
};
pub use proxy::Proxy;
pub use server::{Authorized, Bearer, Caller, Server, ServerOptions, master_key_file};
pub use story::reason;
