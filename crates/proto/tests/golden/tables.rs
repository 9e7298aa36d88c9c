//! `docs/format.md` explains every stored field and every member of a closed set.

use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto};

use crate::descriptor::{label, stored_events, type_name};
use crate::document::{TEXT, section};

#[test]
fn every_stored_field_has_a_row_in_the_format() {
    let missing: Vec<String> = stored_events().message_type.iter().flat_map(missing_rows).collect();
    assert!(missing.is_empty(), "docs/format.md lacks these rows:\n{}", missing.join("\n"));
}

#[test]
fn every_closed_set_has_a_row_in_the_format() {
    let sets = section("### Closed sets");
    let missing: Vec<String> =
        stored_events().enum_type.iter().map(members).filter(|row| !sets.contains(row.as_str())).collect();
    assert!(
        missing.is_empty(),
        "docs/format.md lacks these rows under `Closed sets`:\n{}",
        missing.join("\n")
    );
}

fn missing_rows(message: &DescriptorProto) -> Vec<String> {
    // The fields of an entry itself are spread over the sections that explain body and stamp.
    let rows = match message.name() {
        "Event" => TEXT,
        name => section(&format!("#### `{name}`")),
    };
    let its_row = |field: &FieldDescriptorProto| row(message, field);
    let missing = message.field.iter().map(its_row).filter(|row| !rows.contains(row.as_str()));
    missing.map(|row| format!("{}: {row}", message.name())).collect()
}

fn row(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let its_type = match label(message, field).as_str() {
        label @ ("optional" | "repeated") => format!("{label} {}", type_name(field)),
        _ => type_name(field),
    };
    format!("| {} | `{}` | `{its_type}` |", field.number(), field.name())
}

/// `| `Channel` | 1 API, 2 DASHBOARD |`: the members without the set's name before theirs.
fn members(set: &EnumDescriptorProto) -> String {
    let (zero, members) = set.value.split_first().expect("a closed set has members");
    let prefix = zero.name().strip_suffix("UNSPECIFIED").expect("0 is unspecified");
    let short = |it: &str| it.strip_prefix(prefix).expect("members begin with their set's name").to_owned();
    let list: Vec<_> = members.iter().map(|it| format!("{} {}", it.number(), short(it.name()))).collect();
    format!("| `{}` | {} |", set.name(), list.join(", "))
}
