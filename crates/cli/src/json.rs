//! Answers as proto JSON: field names in lowerCamelCase, enum values by name, 64-bit numbers as strings.

use std::sync::OnceLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde::Serialize;

/// On several lines, for one answer. `name` is the message's full name in the API.
pub(crate) fn pretty(name: &str, message: &impl Message) -> String {
    to_text(serde_json::to_string_pretty, &dynamic(name, &message.encode_to_vec()))
}

/// On one line, for one of many.
pub(crate) fn line(name: &str, message: &impl Message) -> String {
    line_of_encoded(name, &message.encode_to_vec())
}

/// On one line, from the message's bytes.
pub(crate) fn line_of_encoded(name: &str, encoded: &[u8]) -> String {
    to_text(serde_json::to_string, &dynamic(name, encoded))
}

type ToText = fn(&DynamicMessage) -> serde_json::Result<String>;

fn to_text(render: ToText, message: &DynamicMessage) -> String {
    render(message).expect("a message read by its own descriptor has a JSON form")
}

fn dynamic(name: &str, encoded: &[u8]) -> DynamicMessage {
    let descriptor = descriptor(name);
    // The bytes come from a message or an entry that was decoded already, so this does not fail.
    DynamicMessage::decode(descriptor.clone(), encoded).unwrap_or_else(|_| DynamicMessage::new(descriptor))
}

fn descriptor(name: &str) -> MessageDescriptor {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        DescriptorPool::decode(assent_proto::DESCRIPTORS)
            .expect("the descriptors are generated with the code")
    });
    pool.get_message_by_name(name).expect("names are written in this crate, and tests use each")
}

/// A value of this program's own, not of the API.
pub(crate) fn own(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("plain data has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;
    use assent_proto::v1::{AuthorizeOrderResponse, Decision};

    #[test]
    fn an_answer_is_canonical_proto_json() {
        let answer = AuthorizeOrderResponse {
            decision: Decision::Allowed.into(),
            position: 7,
            policy_id: "p".to_owned(),
            ..Default::default()
        };
        let expected = r#"{"decision":"DECISION_ALLOWED","position":"7","policyId":"p"}"#;
        assert_eq!(line("assent.v1.AuthorizeOrderResponse", &answer), expected);
    }
}
