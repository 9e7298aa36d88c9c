//! The kinds of bad rows, each with what becomes of it.

/// Status, reason, fields.
pub(super) type Outcome = [String; 3];

/// Names in ten scripts.
pub(super) const SCRIPTS: [(&str, &str); 10] = [
    ("Zoë", "Müller-Łukasz"),
    ("Ольга", "Сидоренко"),
    ("Ελένη", "Παπαδοπούλου"),
    ("美咲", "佐藤"),
    ("지우", "김"),
    ("فاطمة", "الزهراء"),
    ("יעל", "כהן"),
    ("प्रिया", "शर्मा"),
    ("สมหญิง", "ใจดี"),
    ("ნინო", "ბერიძე"),
];

/// A row's cells, before they are quoted.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) request_id: String,
    pub(super) method: String,
    pub(super) partner_id: String,
    pub(super) customer_id: String,
    pub(super) agreement_id: String,
    pub(super) version: String,
    pub(super) first_name: Vec<u8>,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) phone_number: String,
    pub(super) accepted_at: String,
    pub(super) confirmed_at: String,
    pub(super) channel: String,
    pub(super) employee: String,
    /// What stands behind the last cell.
    pub(super) end: &'static str,
}

impl Row {
    pub(super) fn line(&self) -> Vec<u8> {
        let cells: [&[u8]; 14] = [
            self.request_id.as_bytes(),
            self.method.as_bytes(),
            self.partner_id.as_bytes(),
            self.customer_id.as_bytes(),
            self.agreement_id.as_bytes(),
            self.version.as_bytes(),
            &self.first_name,
            self.last_name.as_bytes(),
            self.email.as_bytes(),
            self.phone_number.as_bytes(),
            self.accepted_at.as_bytes(),
            self.confirmed_at.as_bytes(),
            self.channel.as_bytes(),
            self.employee.as_bytes(),
        ];
        let mut line = cells.map(quoted).join(&b',');
        line.extend_from_slice(self.end.as_bytes());
        line
    }
}

fn quoted(cell: &[u8]) -> Vec<u8> {
    if !cell.iter().any(|it| matches!(it, b',' | b'"')) {
        return cell.to_vec();
    }
    let doubled = cell.iter().flat_map(|it| if *it == b'"' { vec![b'"', b'"'] } else { vec![*it] });
    [vec![b'"'], doubled.collect(), vec![b'"']].concat()
}

/// A kind of bad row.
pub(super) struct Kind {
    pub(super) outcome: [&'static str; 3],
    /// Changes a good row; the other one is a good row further up that has a request id.
    pub(super) change: fn(&mut Row, &Row),
    /// How often it comes at most.
    most: usize,
}

impl Kind {
    /// Whether there is one in this part of the file, counted from 1.
    pub(super) const fn comes(&self, part: usize) -> bool {
        part <= self.most
    }
}

/// A row with nothing wrong.
pub(super) fn stored() -> Outcome {
    ["STORED", "", ""].map(str::to_owned)
}

/// What becomes of a row when the file is sent again: what was stored is there already, for whichever reason.
pub(super) fn again(outcome: &Outcome) -> Outcome {
    match outcome[0].as_str() {
        "REJECTED" => outcome.clone(),
        _ => ["DUPLICATE", "", ""].map(str::to_owned),
    }
}

const fn rejected(reason: &'static str, field: &'static str, change: fn(&mut Row, &Row)) -> Kind {
    Kind { outcome: ["REJECTED", reason, field], change, most: usize::MAX }
}

const fn invalid(field: &'static str, change: fn(&mut Row, &Row)) -> Kind {
    rejected("FIELD_INVALID", field, change)
}

pub(super) const KINDS: [Kind; 31] = [
    // missing fields
    invalid("first_name", |row, _| row.first_name.clear()),
    invalid("first_name; last_name; email", |row, _| {
        row.first_name = b" ".to_vec();
        row.last_name.clear();
        row.email.clear();
    }),
    invalid("accepted_at", |row, _| row.accepted_at.clear()),
    invalid("partner_id", |row, _| row.partner_id.clear()),
    invalid("agreement_id", |row, _| row.agreement_id.clear()),
    // bad e-mail addresses
    invalid("email", |row, _| row.email = "anna at home".to_owned()),
    invalid("email", |row, _| row.email.push(' ')),
    // instants
    invalid("accepted_at", |row, _| row.accepted_at = "2199-01-01".to_owned()),
    invalid("accepted_at", |row, _| row.accepted_at = "2199-01-01T00:00:00Z".to_owned()),
    invalid("accepted_at", |row, _| row.accepted_at = "yesterday".to_owned()),
    invalid("confirmed_at", |row, _| row.confirmed_at = "2025-12-01".to_owned()),
    invalid("confirmed_at", |row, _| row.confirmed_at = "2199-01-01".to_owned()),
    // parties
    rejected("PARTNER_UNKNOWN", "", |row, _| row.partner_id = "nobody".to_owned()),
    rejected("CUSTOMER_UNKNOWN", "", |row, _| row.customer_id = "nobody".to_owned()),
    rejected("RELATIONSHIP_MISSING", "", |row, _| row.customer_id = "stranger".to_owned()),
    rejected("CLOUD_NOT_SUPPORTED", "", |row, _| row.customer_id = "national".to_owned()),
    rejected("RESELLER_CANNOT_CONFIRM", "", |row, _| row.partner_id = "adatum".to_owned()),
    rejected("CONTACT_IS_PARTNER", "", |row, _| row.email = "eva@CONTOSO.example".to_owned()),
    // agreements
    rejected("AGREEMENT_UNKNOWN", "", |row, _| row.agreement_id = "handshake".to_owned()),
    rejected("AGREEMENT_RETIRED", "", |row, _| {
        row.agreement_id = "microsoft-cloud-agreement".to_owned();
        row.version.clear();
    }),
    rejected("VERSION_MISMATCH", "", |row, _| row.version = "2018-08".to_owned()),
    // duplicates: of what a row says, and of a request id
    Kind {
        outcome: ["DUPLICATE", "ACCEPTANCE_ALREADY_CONFIRMED", ""],
        change: |row, earlier| {
            *row = earlier.clone();
            row.request_id.clear();
            row.employee = "Somebody else".to_owned();
        },
        most: usize::MAX,
    },
    Kind { outcome: ["DUPLICATE", "", ""], change: |row, earlier| *row = earlier.clone(), most: usize::MAX },
    rejected("REQUEST_ID_REUSED", "", |row, _| {
        row.request_id = "00000000-0000-0000-0000-000000000001".to_owned()
    }),
    // rows that are no rows
    invalid("first_name", |row, _| row.first_name = b"An\xff\xfena".to_vec()),
    invalid("row", |row, _| row.end = ",one cell too many\n"),
    invalid("row", |row, _| row.end = ",\"a quote that never ends\n"),
    invalid("channel", |row, _| row.channel = "FAX".to_owned()),
    invalid("method", |row, _| row.method = "GUESSED".to_owned()),
    // large ones
    Kind {
        outcome: ["REJECTED", "FIELD_INVALID", "employee"],
        change: |row, _| row.employee = "x".repeat(1 << 20),
        most: 3,
    },
    Kind {
        outcome: ["REJECTED", "MESSAGE_TOO_LARGE", "row"],
        change: |row, _| row.employee = "x".repeat(3 << 20),
        most: 2,
    },
];
