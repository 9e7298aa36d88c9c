//! Orders and their answers straight between wire bytes and the domain, without the generated messages between.
//!
//! Deciding an order costs less than making and taking apart two messages of thirteen fields. So what is usual is read
//! and written here; what is not is left to the generated code and [`crate::convert`], which say what an order and an
//! answer are. Tests hold both ways against each other, byte for byte.

mod answer;
mod order;
mod reader;
mod repeated;
mod writer;

pub use answer::{Answer, response, streamed};
pub use order::{Order, batched_orders, order, streamed_order};
pub use repeated::Repeated;
