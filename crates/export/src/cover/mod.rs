//! The cover pages: what was asked, what is in the bag, how to verify it, what that proves and what not.

mod pages;
mod words;

pub(crate) use words::completeness;

use crate::inquiry::{Contents, Inquiry, InquiryFile, ScopeFile};

/// `README.txt`.
pub(crate) fn text(inquiry: &Inquiry, contents: &Contents) -> String {
    pages::text(&words::blocks(inquiry, contents))
}

/// `README.html`.
pub(crate) fn html(inquiry: &Inquiry, contents: &Contents) -> String {
    pages::html(&words::blocks(inquiry, contents))
}

/// `inquiry.json`.
pub(crate) fn inquiry_json(inquiry: &Inquiry, contents: &Contents) -> Vec<u8> {
    let checkpoint = inquiry.checkpoint.checkpoint();
    let file = InquiryFile {
        layout: crate::LAYOUT,
        written_by: crate::AGENT.to_owned(),
        origin: inquiry.origin().to_owned(),
        scope: ScopeFile::of(&inquiry.scope),
        with_contacts: inquiry.with_contacts,
        purpose: inquiry.purpose.clone(),
        requested_by: inquiry.requested_by.clone(),
        requested_at: inquiry.requested_at.to_string(),
        position: inquiry.position,
        checkpoint_size: checkpoint.size,
        checkpoint_root: hex::encode(checkpoint.root),
        segment_events: inquiry.segment_events,
        contents: contents.clone(),
    };
    let mut json = serde_json::to_vec_pretty(&file).expect("plain data has a JSON form");
    json.push(b'\n');
    json
}
