//! A witness over real sockets: what it answers, who wins a race, and what it remembers.

mod answers;
mod clients;
mod garbage;
mod ground;
mod races;
mod restarts;
