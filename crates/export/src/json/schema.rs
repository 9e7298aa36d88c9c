//! What the descriptors say of stored messages, as tables that the transcoder walks along.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

const EVENT: &str = ".assent.event.v1.Event";
const TIMESTAMP: &str = ".google.protobuf.Timestamp";

/// The messages that an event consists of.
pub(super) struct Schema {
    pub(super) messages: Vec<Message>,
    pub(super) enums: Vec<HashMap<u64, String>>,
    /// The index of the event itself.
    pub(super) event: usize,
}

/// A message: its fields in the order of their numbers, in which they are encoded.
#[derive(Default)]
pub(super) struct Message {
    pub(super) fields: Vec<Field>,
}

/// A field.
pub(super) struct Field {
    pub(super) number: u64,
    /// The field's name in JSON, in quotes and with the colon.
    pub(super) key: Vec<u8>,
    pub(super) is_repeated: bool,
    pub(super) kind: Kind,
}

/// What a field holds. Enums and messages are indices into the schema.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Bytes,
    Flag,
    Small,
    Large,
    Timestamp,
    Enum(usize),
    Message(usize),
}

/// The schema of stored events.
pub(super) fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
        let set = FileDescriptorSet::decode(assent_proto::DESCRIPTORS)
            .expect("the descriptors are generated with the code");
        Builder::new(&set).build()
    });
    &SCHEMA
}

struct Builder<'a> {
    messages: HashMap<String, &'a DescriptorProto>,
    enums: HashMap<String, &'a EnumDescriptorProto>,
    message_places: HashMap<String, usize>,
    enum_places: HashMap<String, usize>,
    schema: Schema,
}

impl<'a> Builder<'a> {
    fn new(set: &'a FileDescriptorSet) -> Self {
        let of_events = || set.file.iter().filter(|it| it.package() == "assent.event.v1");
        let full = |name: &str| format!(".assent.event.v1.{name}");
        let messages =
            of_events().flat_map(|file| &file.message_type).map(|it| (full(it.name()), it)).collect();
        let enums = of_events().flat_map(|file| &file.enum_type).map(|it| (full(it.name()), it)).collect();
        let schema = Schema { messages: Vec::new(), enums: Vec::new(), event: 0 };
        Self { messages, enums, message_places: HashMap::new(), enum_places: HashMap::new(), schema }
    }

    fn build(mut self) -> Schema {
        self.schema.event = self.message(EVENT);
        self.schema
    }

    fn message(&mut self, name: &str) -> usize {
        if let Some(place) = self.message_places.get(name) {
            return *place;
        }
        let place = self.schema.messages.len();
        self.schema.messages.push(Message::default());
        self.message_places.insert(name.to_owned(), place);
        let descriptor = self.messages[name];
        let mut fields: Vec<_> = descriptor.field.iter().map(|it| self.field(it)).collect();
        fields.sort_by_key(|it| it.number);
        self.schema.messages[place].fields = fields;
        place
    }

    fn field(&mut self, field: &FieldDescriptorProto) -> Field {
        let kind = match field.r#type() {
            Type::String => Kind::Text,
            Type::Bytes => Kind::Bytes,
            Type::Bool => Kind::Flag,
            Type::Uint32 => Kind::Small,
            Type::Uint64 => Kind::Large,
            Type::Enum => Kind::Enum(self.enumeration(field.type_name())),
            Type::Message if field.type_name() == TIMESTAMP => Kind::Timestamp,
            Type::Message => Kind::Message(self.message(field.type_name())),
            other => unreachable!("stored events have no {other:?}: docs/format.md"),
        };
        let number = u64::try_from(field.number()).expect("field numbers are positive");
        let key = format!("\"{}\":", field.json_name()).into_bytes();
        Field { number, key, is_repeated: field.label() == Label::Repeated, kind }
    }

    fn enumeration(&mut self, name: &str) -> usize {
        if let Some(place) = self.enum_places.get(name) {
            return *place;
        }
        let value = |number: i32| u64::try_from(number).expect("stored members have no negative numbers");
        let members = self.enums[name].value.iter();
        let place = self.schema.enums.len();
        self.schema.enums.push(members.map(|it| (value(it.number()), it.name().to_owned())).collect());
        self.enum_places.insert(name.to_owned(), place);
        place
    }
}
