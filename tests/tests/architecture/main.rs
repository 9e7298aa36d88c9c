//! The house rules that a compiler does not keep: who may depend on whom, how long a file may be, which calls stand
//! nowhere, and that what is not built is said to be so. Each failure names file, line and what to do instead.

mod banned_calls;
mod crates;
mod descriptors;
mod documents;
mod files;
mod findings;
mod source;
mod workspace;
