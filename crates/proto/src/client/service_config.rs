//! The gRPC service config: which method has which deadline, and what is sent again.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use tonic::Code;

/// The service config that the API ships (`proto/assent/v1/service_config.json`), for every client of every language.
pub const SERVICE_CONFIG: &str = include_str!("../../../../proto/assent/v1/service_config.json");

/// What holds for the calls of one method.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MethodConfig {
    /// How long the whole call may take, retries included; none: a stream.
    pub(super) timeout: Option<Duration>,
    /// What is sent again; none: nothing.
    pub(super) retry: Option<RetryPolicy>,
}

/// When and how often a call is sent again (gRPC's proposal A6).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RetryPolicy {
    /// The first one included.
    pub(super) max_attempts: u32,
    #[serde(deserialize_with = "seconds")]
    pub(super) initial_backoff: Duration,
    #[serde(deserialize_with = "seconds")]
    pub(super) max_backoff: Duration,
    pub(super) backoff_multiplier: f64,
    #[serde(deserialize_with = "codes")]
    pub(super) retryable_status_codes: Vec<Code>,
}

/// The methods' configurations, by `service/method` and, for the others of a service, by `service`.
#[derive(Debug)]
pub(super) struct ServiceConfig {
    methods: HashMap<String, MethodConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    /// A connection has one address here; tonic balances between those that it is given.
    #[serde(rename = "loadBalancingConfig")]
    _load_balancing_config: serde::de::IgnoredAny,
    /// The limit of attempts and the backoff bound retries of this client.
    #[serde(rename = "retryThrottling")]
    _retry_throttling: serde::de::IgnoredAny,
    method_config: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    name: Vec<Name>,
    #[serde(default, deserialize_with = "optional_seconds")]
    timeout: Option<Duration>,
    retry_policy: Option<RetryPolicy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    service: String,
    method: Option<String>,
}

impl ServiceConfig {
    /// [`SERVICE_CONFIG`].
    pub(super) fn shipped() -> Self {
        Self::parse(SERVICE_CONFIG).expect("a test parses the file that is compiled in")
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let document: Document = serde_json::from_str(text)?;
        let mut methods = HashMap::new();
        for Entry { name, timeout, retry_policy } in document.method_config {
            for Name { service, method } in name {
                let key = method.map_or(service.clone(), |method| format!("{service}/{method}"));
                methods.insert(key, MethodConfig { timeout, retry: retry_policy.clone() });
            }
        }
        Ok(Self { methods })
    }

    /// What holds for a path, `/package.Service/Method`. A method that is not named has neither deadline nor retries.
    pub(super) fn of(&self, path: &str) -> Option<&MethodConfig> {
        let path = path.strip_prefix('/')?;
        let service = path.split('/').next()?;
        self.methods.get(path).or_else(|| self.methods.get(service))
    }
}

/// A duration as proto JSON writes it: `1.5s`.
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let number = text.strip_suffix('s').and_then(|it| it.parse().ok());
    let duration = number.and_then(|it| Duration::try_from_secs_f64(it).ok());
    duration.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no duration such as 1.5s")))
}

fn optional_seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    seconds(from).map(Some)
}

fn codes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Code>, D::Error> {
    let code = |name: &String| match name.as_str() {
        "UNAVAILABLE" => Ok(Code::Unavailable),
        "RESOURCE_EXHAUSTED" => Ok(Code::ResourceExhausted),
        "ABORTED" => Ok(Code::Aborted),
        other => Err(serde::de::Error::custom(format!("`{other}` is no code to send again on"))),
    };
    Vec::<String>::deserialize(from)?.iter().map(code).collect()
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn every_unary_method_has_a_deadline_and_retries_and_no_stream_has() {
        let config = ServiceConfig::shipped();
        let pool = DescriptorPool::decode(crate::DESCRIPTORS).unwrap();
        let own = pool.services().filter(|it| it.package_name() == "assent.v1");
        let mut count = 0;
        for method in own.flat_map(|it| it.methods().collect::<Vec<_>>()) {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let found = config.of(&path).unwrap_or_else(|| panic!("{path} is not in the service config"));
            let is_stream = method.is_client_streaming() || method.is_server_streaming();
            assert_eq!(found.timeout.is_none(), is_stream, "{path}");
            assert_eq!(found.retry.is_none(), is_stream, "{path}");
            count += 1;
        }
        assert!(count > 40, "only {count} methods were found");
    }

    #[test]
    fn every_name_in_the_service_config_is_a_method_or_a_service() {
        let pool = DescriptorPool::decode(crate::DESCRIPTORS).unwrap();
        for name in ServiceConfig::shipped().methods.keys() {
            let (service, method) = name.split_once('/').unwrap_or((name, ""));
            let service = pool.get_service_by_name(service).unwrap_or_else(|| panic!("{name}"));
            assert!(method.is_empty() || service.methods().any(|it| it.name() == method), "{name}");
        }
    }

    #[test]
    fn durations_are_read_as_proto_json_writes_them() {
        let config = ServiceConfig::shipped();
        let order = config.of("/assent.v1.AuthorizationService/AuthorizeOrder").unwrap();
        assert_eq!(order.timeout, Some(Duration::from_secs(5)));
        assert_eq!(order.retry.as_ref().unwrap().initial_backoff, Duration::from_millis(50));
        assert_eq!(config.of("/grpc.health.v1.Health/Check"), None);
        for broken in ["5", "s", "-1s", "five s"] {
            let text = SERVICE_CONFIG.replace("\"5s\"", &format!("\"{broken}\""));
            assert!(ServiceConfig::parse(&text).is_err(), "{broken}");
        }
    }
}
