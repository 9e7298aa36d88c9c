//! What is read: watches, lists and their pages, events, histories, policies, templates, evidence.

mod events;
mod evidence;
mod needing;
mod obligations;
mod pages;
mod policy;
mod templates;
mod watch;
