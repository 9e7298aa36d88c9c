//! The methods that are counted: all that the server serves, and one for whatever else is asked for.

use prost::Message;
use prost_types::FileDescriptorSet;
use rustc_hash::FxHashMap;

use crate::gate::{self, ORDER};

/// What any path is counted as that is no method here: whoever calls cannot make labels.
const OTHER: &str = "other";

/// The methods, by their path.
#[derive(Debug)]
pub(super) struct Methods {
    names: Vec<String>,
    by_path: FxHashMap<String, usize>,
    /// Whether each has a short way.
    short: Vec<bool>,
    /// Where an order is counted, which is asked for more than all others.
    order: usize,
}

impl Methods {
    /// The methods of the API, and of health.
    pub(super) fn new() -> Self {
        let descriptors = [assent_proto::DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET];
        let mut names: Vec<_> = descriptors.into_iter().flat_map(of).collect();
        names.push(OTHER.to_owned());
        let by_path = names.iter().enumerate().map(|(at, name)| (format!("/{name}"), at)).collect();
        let short = names.iter().map(|it| gate::is_short(&format!("/{it}"))).collect();
        let mut methods = Self { names, by_path, short, order: 0 };
        methods.order = methods.by_path[ORDER];
        methods
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Where a path is counted.
    pub(super) fn at(&self, path: &str) -> usize {
        if path == ORDER {
            return self.order;
        }
        self.by_path.get(path).copied().unwrap_or(self.names.len() - 1)
    }

    /// Whether what is counted there has a short way.
    pub(super) fn is_short(&self, at: usize) -> bool {
        self.short[at]
    }

    /// Every method with where it is counted.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &str)> {
        self.names.iter().map(String::as_str).enumerate()
    }
}

fn of(descriptors: &[u8]) -> Vec<String> {
    let set = FileDescriptorSet::decode(descriptors)
        .expect("the committed descriptors are valid: a test regenerates them");
    let mut names = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let name = |method: &str| format!("{}.{}/{method}", file.package(), service.name());
            names.extend(service.method.iter().map(|it| name(it.name())));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_method_is_counted_as_one_thing() {
        let methods = Methods::new();
        let name = |path: &str| methods.names[methods.at(path)].as_str();
        let order = "assent.v1.AuthorizationService/AuthorizeOrder";
        assert_eq!(name(&format!("/{order}")), order);
        assert_eq!(name("/grpc.health.v1.Health/Check"), "grpc.health.v1.Health/Check");
        for path in ["", "/", "/assent.v1.AuthorizationService/Authorize", "/nobody@example.com"] {
            assert_eq!(name(path), OTHER);
        }
    }
}
