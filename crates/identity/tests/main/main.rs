//! What credentials are believed, from outside.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

mod addresses;
mod configured;
mod flipped;
mod foreign;
mod ground;
mod tokens;
