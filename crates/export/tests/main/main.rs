//! Bags of small ledgers: that they are proven, and that whatever is done to them is found.

mod arbitrary;
mod bags;
mod cut_off;
mod flips;
mod foreign;
mod forgeries;
mod forms;
mod parties;
mod personal;
mod support;
