//! The methods of the API, with the comments that stand before them in the proto files.

use assent_proto::DESCRIPTORS;
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

/// The numbers of `FileDescriptorProto.service` and `ServiceDescriptorProto.method`, which make a comment's path.
const SERVICE: i32 = 6;
const METHOD: i32 = 2;

/// A method of `assent.v1`.
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) comment: String,
}

/// Every method of `assent.v1`.
pub(crate) fn methods() -> Vec<Method> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).expect("the descriptors are a file descriptor set");
    let files = set.file.iter().filter(|it| it.package() == "assent.v1");
    let methods: Vec<_> = files.flat_map(of_file).collect();
    assert!(!methods.is_empty(), "the API has methods");
    assert!(methods.iter().any(|it| !it.comment.is_empty()), "the descriptors hold the comments");
    methods
}

fn of_file(file: &FileDescriptorProto) -> Vec<Method> {
    let mut methods = Vec::new();
    for (service_index, service) in file.service.iter().enumerate() {
        for (method_index, method) in service.method.iter().enumerate() {
            let path = [SERVICE, index(service_index), METHOD, index(method_index)];
            let info = file.source_code_info.as_ref();
            let location = info.and_then(|it| it.location.iter().find(|it| it.path == path));
            let line =
                location.and_then(|it| it.span.first()).map_or(1, |it| usize::try_from(*it).unwrap_or(0) + 1);
            methods.push(Method {
                name: method.name().to_owned(),
                file: format!("proto/{}", file.name()),
                line,
                comment: location.map(|it| it.leading_comments().to_owned()).unwrap_or_default(),
            });
        }
    }
    methods
}

fn index(index: usize) -> i32 {
    i32::try_from(index).expect("a file has fewer than 2^31 methods")
}
