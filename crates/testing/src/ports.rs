//! Ports of this machine for servers that must know theirs before they start, and keep it over restarts.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that Linux gives to connections and to listeners that do not mind which: nobody takes ours by
/// chance while its server is down.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// A port on loopback that nobody listens on. Processes begin at different ones, and a process never gives one twice.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    /// Spreads processes whose ids follow each other; it shares no factor with `COUNT`.
    const STRIDE: u32 = 617;
    for _ in 0..COUNT {
        let step = process::id().wrapping_mul(STRIDE).wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + step % COUNT).expect("the range ends below 65,536");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("every port from {FIRST} on is taken");
}
