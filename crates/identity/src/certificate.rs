//! The certificate that a client showed when its connection was made.

use std::sync::Arc;

use assent_domain::values::Instant;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::caller::Caller;
use crate::config::CertificateConfig;
use crate::finding::Finding;

/// The certificate of a connection that TLS has verified: whose it is, and until when.
#[derive(Clone, Debug)]
pub struct PeerCertificate {
    until: Instant,
    caller: Result<Arc<Caller>, Finding>,
}

impl PeerCertificate {
    /// The caller; a connection outlives neither its certificate nor what was found then.
    pub(crate) fn caller(&self, now: Instant) -> Result<Arc<Caller>, Finding> {
        if now >= self.until {
            return Err(Finding("is a certificate that has expired since the connection was made"));
        }
        self.caller.clone()
    }

    /// Whether it stands for a caller now.
    pub fn holds(&self, now: Instant) -> bool {
        self.caller(now).is_ok()
    }

    /// When the certificate ends.
    pub const fn until(&self) -> Instant {
        self.until
    }
}

/// Which callers certificates stand for.
#[derive(Debug, Default)]
pub(crate) struct Certificates(Vec<(String, Arc<Caller>)>);

impl Certificates {
    /// The callers; or the name of the certificate and what is wrong with it.
    pub(crate) fn new(configured: &[CertificateConfig]) -> Result<Self, String> {
        let mut all: Vec<(String, Arc<Caller>)> = Vec::new();
        for one in configured {
            let name = normal(&one.name).ok_or_else(|| {
                format!("the certificate `{}` must be named by a URI or a DNS name without `*`", one.name)
            })?;
            if all.iter().any(|(it, _)| *it == name) {
                return Err(format!("the certificate `{}` is there twice", one.name));
            }
            let caller = one.caller().map_err(|it| format!("of the certificate `{}`, {it}", one.name))?;
            all.push((name, Arc::new(caller)));
        }
        Ok(Self(all))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a certificate (DER) that was verified.
    pub(crate) fn peer(&self, der: &[u8]) -> Result<PeerCertificate, Finding> {
        let (_, certificate) =
            parse_x509_certificate(der).map_err(|_| Finding("is a certificate that can't be read"))?;
        let until = certificate.validity().not_after.timestamp().saturating_add(1).saturating_mul(1_000_000);
        let until = Instant::EPOCH.plus_micros(until);
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map_or(&[][..], |it| &it.value.general_names);
        let caller = self.caller(names);
        Ok(PeerCertificate { until, caller })
    }

    fn caller(&self, names: &[GeneralName<'_>]) -> Result<Arc<Caller>, Finding> {
        let mut found: Option<&Arc<Caller>> = None;
        for name in names {
            let name = match name {
                // Each kind of name stands for itself: a URI has a scheme, and a DNS name has none.
                GeneralName::URI(it) if it.contains(':') => (*it).to_owned(),
                GeneralName::DNSName(it) if !it.contains(':') => it.to_ascii_lowercase(),
                _ => continue,
            };
            let Some((_, caller)) = self.0.iter().find(|(it, _)| *it == name) else { continue };
            match found {
                Some(other) if other != caller => {
                    return Err(Finding("is a certificate with the names of several callers"));
                }
                Some(_) | None => found = Some(caller),
            }
        }
        found
            .cloned()
            .ok_or(Finding("is a certificate that stands for no caller (its subject alternative names)"))
    }
}

/// A name as it is compared: a URI to the letter, a DNS name in lower case.
fn normal(name: &str) -> Option<String> {
    let is_visible = !name.is_empty() && name.bytes().all(|it| it.is_ascii_graphic());
    match name.contains(':') {
        _ if !is_visible || name.contains('*') => None,
        true => Some(name.to_owned()),
        false => Some(name.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_one_kind_does_not_stand_for_one_of_the_other() {
        let one = |name: &str, user_id: &str| {
            let json = format!(r#"{{"name": "{name}", "user_id": "{user_id}"}}"#);
            serde_json::from_str::<CertificateConfig>(&json).unwrap()
        };
        let configured = [one("orders.example", "dns"), one("spiffe://example/orders", "uri")];
        let certificates = Certificates::new(&configured).unwrap();
        let user = |name| certificates.caller(&[name]).map(|it| it.user_id.clone()).ok();
        assert_eq!(user(GeneralName::DNSName("Orders.Example")).as_deref(), Some("dns"));
        assert_eq!(user(GeneralName::URI("spiffe://example/orders")).as_deref(), Some("uri"));
        assert_eq!(user(GeneralName::URI("orders.example")), None);
        assert_eq!(user(GeneralName::DNSName("spiffe://example/orders")), None);
        assert_eq!(user(GeneralName::RFC822Name("orders.example")), None);
    }
}
