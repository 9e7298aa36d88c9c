//! A document for the tests to make mistakes in.

use assent_policy_file::parse;

/// Valid as it stands; `ZEROS` stands for a hash.
const SAMPLE: &str = "\
id: sample
covered_clouds: [PUBLIC]
roles:
  attest: [GLOBAL_ADMIN]
agreements:
  - agreement_id: old
    successor: new
    versions:
      - version: '1'
        templates:
          - { country: NO, language: nb-NO, uri: 'https://example.com/1', sha256: ZEROS }
          - { country: NO, language: en-US }
    availability:
      - environment: SANDBOX
        from: 2019-01-01
        until: 2020-01-01
  - agreement_id: new
    template_id: text-1
    versions:
      - version: '1'
        templates_file: customer-agreement-templates.csv
      - version: '2'
        in_force_from: 2020-01-01
        document_sha256: ZEROS
    availability:
      - { environment: PRODUCTION, channel: API, from: 2019-01-01 }
lines:
  - id: first
    source: somewhere
    from: 2019-01-01
    until: 2020-01-01
    channels: [API, DASHBOARD]
    transactions: [NEW_PURCHASE, RENEWAL]
    any_of:
      - { agreement_id: old, version: any }
  - id: second
    source: somewhere
    from: 2020-01-01
    channels: [API]
    transactions: [NEW_PURCHASE]
    any_of:
      - { agreement_id: new, version: most_current, accepted_from: 2019-06-01 }
  - id: special
    source: somewhere
    from: 2020-01-01
    until: 2021-01-01
    channels: [API]
    transactions: [NEW_PURCHASE]
    products: [plan]
    any_of:
      - { agreement_id: new, version: any }
";

/// A valid document.
pub(crate) fn sample() -> String {
    filled(SAMPLE)
}

fn filled(text: &str) -> String {
    text.replace("ZEROS", &"0".repeat(64))
}

/// Replaces the first `old` of the sample by `new`, and compares how the refusal begins.
pub(crate) fn check(cases: &[(&str, &str, &str)]) {
    assert_eq!(parse(sample().as_bytes()).err(), None);
    for (old, new, refusal) in cases {
        assert!(SAMPLE.contains(old), "{old:?} is not in the sample");
        let document = filled(&SAMPLE.replacen(old, new, 1));
        let error = parse(document.as_bytes()).expect_err(new).to_string();
        assert!(error.starts_with(refusal), "{old:?} replaced by {new:?}: {error}");
    }
}
