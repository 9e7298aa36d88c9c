//! Every mistake in a field is refused with the line and the field where it stands.

use crate::sample::check;

#[test]
fn a_key_that_is_unknown_or_missing_or_given_twice_is_refused() {
    check(&[
        ("id: sample", "name: sample", "line 1, name: is not known here"),
        ("id: sample\n", "", "line 1, id: is missing"),
        ("lines:\n", "line:\n", "line 27, line: is not known here"),
        (
            "    until: 2020-01-01\n    channels",
            "    till: 2020-01-01\n    channels",
            "line 31, lines[0].till: is not known here",
        ),
        ("    source: somewhere\n", "", "line 28, lines[0].source: is missing"),
        (
            "    from: 2019-01-01\n    until: 2020-01-01\n    channels",
            "    until: 2020-01-01\n    channels",
            "line 28, lines[0].from: is missing",
        ),
        ("agreement_id: old, ", "", "line 35, lines[0].any_of[0].agreement_id: is missing"),
        (", version: any", "", "line 35, lines[0].any_of[0].version: is missing"),
        (
            ", version: any",
            ", version: any, accepted: 2019-01-01",
            "line 35, lines[0].any_of[0].accepted: is not known here",
        ),
        ("        from: 2019-01-01\n", "", "line 14, agreements[0].availability[0].from: is missing"),
        ("country: NO, ", "", "line 11, agreements[0].versions[0].templates[0].country: is missing"),
        (
            "    versions:\n      - version: '1'\n        templates:\n",
            "    version:\n      - version: '1'\n        templates:\n",
            "line 8, agreements[0].version: is not known here",
        ),
        (
            "covered_clouds: [PUBLIC]",
            "covered_clouds: [PUBLIC]\nid: again",
            "line 3, id: is given twice, first on line 1",
        ),
        (
            "    source: somewhere\n",
            "    source: somewhere\n    id: third\n",
            "line 30, lines[0].id: is given twice, first on line 28",
        ),
        ("  attest: [", "  attend: [", "line 4, roles.attend: is not known here"),
    ]);
}

#[test]
fn a_value_of_another_type_or_none_is_refused() {
    check(&[
        ("id: sample", "id: [sample]", "line 1, id: must be a text, not a list"),
        ("id: sample", "id:", "line 1, id: must be a text, not empty"),
        ("[PUBLIC]", "PUBLIC", "line 2, covered_clouds: must be a list, not `PUBLIC`"),
        ("  attest: [GLOBAL_ADMIN]", "  - attest", "line 4, roles: must be a mapping, not a list"),
        (
            "    from: 2019-01-01\n    until",
            "    from: {}\n    until",
            "line 30, lines[0].from: must be a text, not a mapping",
        ),
        (
            "    until: 2020-01-01\n    channels",
            "    until:\n    channels",
            "line 31, lines[0].until: must be a text, not empty",
        ),
        (
            "    until: 2020-01-01\n    channels",
            "    until: ~\n    channels",
            "line 31, lines[0].until: must be a text, not empty",
        ),
        (
            "[NEW_PURCHASE, RENEWAL]",
            "[NEW_PURCHASE, [RENEWAL]]",
            "line 33, lines[0].transactions[1]: must be a text, not a list",
        ),
        (
            "      - { agreement_id: old, version: any }",
            "      - old",
            "line 35, lines[0].any_of[0]: must be a mapping, not `old`",
        ),
        (
            "      - { agreement_id: old, version: any }",
            "      -",
            "line 35, lines[0].any_of[0]: must be a mapping, not empty",
        ),
        ("    source: somewhere", "    source: ' '", "line 29, lines[0].source: must not be blank"),
        (
            "    source: somewhere",
            "    source: \"a\\nb\"",
            "line 29, lines[0].source: must not contain control characters",
        ),
        (
            "    source: somewhere",
            "    ? [source]\n    : somewhere",
            "line 29, lines[0]: must have texts as its keys",
        ),
    ]);
}

#[test]
fn a_list_that_is_empty_or_names_something_twice_is_refused() {
    check(&[
        ("[PUBLIC]", "[]", "line 2, covered_clouds: must not be an empty list"),
        ("[GLOBAL_ADMIN]", "[]", "line 4, roles.attest: must not be an empty list"),
        ("[API, DASHBOARD]", "[]", "line 32, lines[0].channels: must not be an empty list"),
        ("[NEW_PURCHASE, RENEWAL]", "[]", "line 33, lines[0].transactions: must not be an empty list"),
        ("[plan]", "[]", "line 49, lines[2].products: must not be an empty list"),
        (
            "    any_of:\n      - { agreement_id: old, version: any }",
            "    any_of: []",
            "line 34, lines[0].any_of: must not be an empty list",
        ),
        ("[API, DASHBOARD]", "[API, API]", "line 32, lines[0].channels[1]: is in the list twice"),
        ("[plan]", "[plan, plan]", "line 49, lines[2].products[1]: is in the list twice"),
        (
            "      - { agreement_id: old, version: any }",
            "      - { agreement_id: old, version: any }\n      - { version: any, agreement_id: old }",
            "line 36, lines[0].any_of[1]: is in the list twice",
        ),
        (
            "    versions:\n      - version: '1'\n        templates_file: customer-agreement-templates.csv\n      - version: '2'\n        in_force_from: 2020-01-01\n        document_sha256: ZEROS",
            "    versions: []",
            "line 19, agreements[1].versions: must not be an empty list",
        ),
    ]);
}

#[test]
fn a_name_id_date_or_hash_that_is_none_is_refused() {
    check(&[
        ("id: sample", "id: a sample", "line 1, id: must be 1 to 64 of"),
        ("[PUBLIC]", "[PUBLIC, PRIVATE]", "line 2, covered_clouds[1]: must be one of"),
        ("[GLOBAL_ADMIN]", "[OWNER]", "line 4, roles.attest[0]: must be one of"),
        ("[API, DASHBOARD]", "[API, PHONE]", "line 32, lines[0].channels[1]: must be one of"),
        (
            "[NEW_PURCHASE, RENEWAL]",
            "[NEW_PURCHASE, renewal]",
            "line 33, lines[0].transactions[1]: must be one of",
        ),
        (
            "[NEW_PURCHASE, RENEWAL]",
            "[NEW_PURCHASE, AUTO_RENEWAL]",
            "line 33, lines[0].transactions[1]: AUTO_RENEWAL is exempt, whatever a policy says (rule O2)",
        ),
        ("version: any", "version: newest", "line 35, lines[0].any_of[0].version: must be one of"),
        (
            "environment: SANDBOX",
            "environment: TEST",
            "line 14, agreements[0].availability[0].environment: must be one of",
        ),
        ("channel: API", "channel: both", "line 26, agreements[1].availability[0].channel: must be one of"),
        (
            "    from: 2019-01-01\n    until",
            "    from: 2019-02-30\n    until",
            "line 30, lines[0].from: must be a date such as",
        ),
        (
            "    from: 2019-01-01\n    until",
            "    from: 1.1.2019\n    until",
            "line 30, lines[0].from: must be a date such as",
        ),
        (
            "    from: 2019-01-01\n    until",
            "    from: 2019-01-01T00:00:00\n    until",
            "line 30, lines[0].from: must be a date such as",
        ),
        (
            "accepted_from: 2019-06-01",
            "accepted_from: soon",
            "line 42, lines[1].any_of[0].accepted_from: must be a date such as",
        ),
        (
            "in_force_from: 2020-01-01",
            "in_force_from: 1969-12-31",
            "line 23, agreements[1].versions[1].in_force_from: must be a date such as",
        ),
        ("[plan]", "[a plan]", "line 49, lines[2].products[0]: must be 1 to 64 of"),
        (
            "agreement_id: old, ",
            "agreement_id: 'old one', ",
            "line 35, lines[0].any_of[0].agreement_id: must be 1 to 64 of",
        ),
        (
            "country: NO",
            "country: NOR",
            "line 11, agreements[0].versions[0].templates[0].country: must be a country code of two letters (ISO 3166-1 alpha-2), not `NOR`",
        ),
        (
            "language: nb-NO",
            "language: Bokmål",
            "line 11, agreements[0].versions[0].templates[0].language: must be a language tag such as en-US, not `Bokmål`",
        ),
        (
            "document_sha256: ZEROS",
            "document_sha256: 000",
            "line 24, agreements[1].versions[1].document_sha256: must be 64 hexadecimal digits",
        ),
        (
            "document_sha256: ZEROS",
            "document_sha256: 0g",
            "line 24, agreements[1].versions[1].document_sha256: must be 64 hexadecimal digits",
        ),
        (
            "customer-agreement-templates.csv",
            "../secrets.csv",
            "line 21, agreements[1].versions[0].templates_file: must be a list that ships with Assent: customer-agreement-templates.csv, not `../secrets.csv`",
        ),
    ]);
}
