//! The whole Microsoft timeline as a story: who accepted what when, and what each order is answered on both sides of
//! every line.

mod answer;
mod cast;
mod deadlines;
mod prefixes;
mod remedies;
mod story;
mod streams;
mod table;
