//! So is every mistake that only shows between fields, and YAML that a policy has no use for.

use crate::sample::check;

#[test]
fn two_of_what_there_can_be_one_of_is_refused() {
    check(&[
        (
            "  - id: second",
            "  - id: first",
            "line 36, lines[1].id: is the id of another line, which is on line 28",
        ),
        (
            "      - version: '2'",
            "      - version: \"1\"",
            "line 22, agreements[1].versions[1].version: is the id of another version, which is on line 20",
        ),
        (
            "  - agreement_id: new",
            "  - agreement_id: old",
            "line 17, agreements[1].agreement_id: is the id of another agreement, which is on line 6",
        ),
        (
            "country: NO, language: en-US",
            "country: no, language: NB-no",
            "line 12, agreements[0].versions[0].templates[1]: is another template for NO in NB-no",
        ),
        (
            "        templates_file: customer-agreement-templates.csv",
            "        templates_file: customer-agreement-templates.csv\n        templates: [{ country: NO, language: nb-NO }]",
            "line 21, agreements[1].versions[0].templates_file: must not stand beside `templates`",
        ),
    ]);
}

#[test]
fn an_agreement_that_the_document_does_not_bring_is_refused() {
    check(&[
        (
            "agreement_id: old, version: any",
            "agreement_id: odd, version: any",
            "line 35, lines[0].any_of[0].agreement_id: `odd` is not among the document's `agreements`",
        ),
        (
            "successor: new",
            "successor: news",
            "line 7, agreements[0].successor: `news` is not among the document's `agreements`",
        ),
    ]);
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    check(&[
        (
            "    until: 2020-01-01\n    channels",
            "    until: 2018-01-01\n    channels",
            "line 31, lines[0].until: must be after `from`, which is 2019-01-01T00:00:00Z",
        ),
        (
            "    until: 2020-01-01\n    channels",
            "    until: 2019-01-01\n    channels",
            "line 31, lines[0].until: must be after `from`, which is 2019-01-01T00:00:00Z",
        ),
        (
            "        until: 2020-01-01\n",
            "        until: 2019-01-01T00:00:00Z\n",
            "line 16, agreements[0].availability[0].until: must be after `from`, which is 2019-01-01T00:00:00Z",
        ),
    ]);
}

#[test]
fn lines_that_overlap_or_leave_a_gap_is_refused() {
    check(&[
        (
            "    from: 2020-01-01\n    channels",
            "    from: 2019-12-31T23:59:59.999999Z\n    channels",
            "line 38, lines[1].from: overlaps the line `first` for API NEW_PURCHASE, which is in force until 2020-01-01T00:00:00Z",
        ),
        (
            "    from: 2020-01-01\n    channels",
            "    from: 2020-01-01T00:00:00.000001Z\n    channels",
            "line 38, lines[1].from: leaves a gap for API NEW_PURCHASE after the line `first`, which ends at 2020-01-01T00:00:00Z",
        ),
        (
            "    until: 2020-01-01\n    channels",
            "    channels",
            "line 37, lines[1].from: overlaps the line `first` for API NEW_PURCHASE, which is open",
        ),
        (
            "    from: 2020-01-01\n    channels",
            "    from: 2018-01-01\n    channels",
            "line 30, lines[0].from: overlaps the line `second` for API NEW_PURCHASE, which is open",
        ),
        (
            "    products: [plan]\n",
            "",
            "line 45, lines[2].from: overlaps the line `second` for API NEW_PURCHASE, which is open",
        ),
        (
            "    from: 2020-01-01\n    channels: [API]\n    transactions: [NEW_PURCHASE]\n",
            "    from: 2020-01-01\n    channels: [API]\n    transactions: [NEW_PURCHASE]\n    products: [other, plan]\n",
            "line 46, lines[2].from: overlaps the line `second` for API NEW_PURCHASE of `plan`, which is open",
        ),
    ]);
}

#[test]
fn what_a_policy_has_no_use_for_in_yaml_is_refused() {
    check(&[
        (
            "[API, DASHBOARD]",
            "&both [API, DASHBOARD]",
            "line 32, lines[0].channels: must not use anchors or aliases",
        ),
        (
            "[API, DASHBOARD]",
            "*both",
            "line 32, lines[0].channels: is not valid YAML: while parsing node, found unknown anchor",
        ),
        ("id: sample", "id: !!str sample", "line 1, id: must not use tags"),
        (
            "  - id: second",
            "  - <<: { source: x }\n    id: second",
            "line 36, lines[1].<<: is not known here",
        ),
        ("lines:", "--- \nlines:", "line 27, document: must be a single YAML document"),
        (
            "[API, DASHBOARD]",
            "[API, DASHBOARD",
            "line 33, lines[0].channels[1]: is not valid YAML: illegal placement of ':' indicator",
        ),
        (
            "    source: somewhere",
            "\tsource: somewhere",
            "line 28, lines[0].id: is not valid YAML: while scanning a plain scalar, found a tab",
        ),
        (
            "    source: somewhere",
            "   source: somewhere",
            "line 29, lines[1]: is not valid YAML: while parsing a block collection, did not find expected '-' indicator",
        ),
        (
            "id: sample",
            "id: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
            "line 1, id[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: is nested more than 16 deep",
        ),
    ]);
}
