//! The descriptor of the stored messages.

use assent_proto::DESCRIPTORS;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

/// The file of package `assent.event.v1`; there is one.
pub(crate) fn stored_events() -> FileDescriptorProto {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("they are a file descriptor set");
    let mut files = set.file.into_iter().filter(|it| it.package() == "assent.event.v1");
    let file = files.next().expect("the package is part of the descriptors");
    assert!(
        files.next().is_none(),
        "the stored events are one file: what another one holds would go unchecked"
    );
    for message in &file.message_type {
        let nests = !message.nested_type.is_empty() || !message.enum_type.is_empty();
        assert!(
            !nests,
            "{} nests a type: stored messages have no maps, and all stand at the top",
            message.name()
        );
    }
    file
}

/// A field's type: `uint64`, or the name of a message or closed set without its package.
pub(crate) fn type_name(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => field.type_name().rsplit('.').next().unwrap_or_default().to_owned(),
        Type::String => "string".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Uint32 => "uint32".to_owned(),
        Type::Uint64 => "uint64".to_owned(),
        other => panic!("stored messages have no {}: {}", other.as_str_name(), field.name()),
    }
}

/// How often a field stands in its message: `optional`, `repeated`, `singular`, or `oneof` and its name.
pub(crate) fn label(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    match field.oneof_index {
        _ if field.proto3_optional() => "optional".to_owned(),
        _ if field.label() == Label::Repeated => "repeated".to_owned(),
        Some(index) => {
            let index = usize::try_from(index).expect("an index is not negative");
            format!("oneof {}", message.oneof_decl[index].name())
        }
        None => "singular".to_owned(),
    }
}
