//! What the crate promises, from outside.

mod built_in;
mod forms;
mod hostile;
mod mistakes;
mod mistakes_of_the_whole;
mod page;
mod sample;
