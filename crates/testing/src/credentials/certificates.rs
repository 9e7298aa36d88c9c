//! An authority of certificates, and what it signs.

use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

use super::replace;

/// An authority of certificates.
#[derive(Debug)]
pub struct CertificateAuthority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its private key, both in PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl CertificateAuthority {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("an authority can sign itself");
        Self { issuer }
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Writes its own certificate.
    pub fn write(&self, path: &Path) {
        replace(path, self.pem().as_bytes());
    }

    /// A certificate for these names (`DNS:a.example`, `URI:spiffe://example/a`, `IP:127.0.0.1`), of a server or a client,
    /// that never ends.
    pub fn certificate(&self, names: &[&str]) -> Certificate {
        self.sign(names, |_| {})
    }

    /// The same, that ends after so long: by the wall clock, which a server under test reads.
    pub fn certificate_for(&self, names: &[&str], time: Duration) -> Certificate {
        let ends = SystemTime::UNIX_EPOCH.elapsed().expect("it is later than 1970") + time;
        self.sign(names, |it| it.not_after = date_time_ymd(1970, 1, 1) + ends)
    }

    /// A certificate that has ended long ago.
    pub fn expired(&self, names: &[&str]) -> Certificate {
        self.sign(names, |it| {
            it.not_before = date_time_ymd(2020, 1, 1);
            it.not_after = date_time_ymd(2020, 1, 2);
        })
    }

    fn sign(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "a certificate of a test");
        params.subject_alt_names = names.iter().map(|it| name(it)).collect();
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("the authority can sign");
        Certificate { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Certificate {
    /// Writes both.
    pub fn write(&self, certificate: &Path, key: &Path) {
        replace(key, self.key.as_bytes());
        replace(certificate, self.certificate.as_bytes());
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("the operating system gives random bytes")
}

fn name(text: &str) -> SanType {
    let (kind, name) = text.split_once(':').expect("a name says its kind");
    let text = || name.try_into().expect("names are ASCII");
    match kind {
        "DNS" => SanType::DnsName(text()),
        "URI" => SanType::URI(text()),
        "IP" => SanType::IpAddress(name.parse().expect("it is an address")),
        _ => panic!("`{kind}` is no kind of name"),
    }
}
