//! `acceptances`: a row for each event about an acceptance, a withdrawal, a cancellation or evidence.

use assent_proto::event::AcceptanceDetails;
use assent_proto::event::event::Payload;
use assent_proto::stored::details_of;

use super::common::{actor, item, short, told};
use super::{Cell, Column, Kind, Table, column};
use crate::disclosure::{Item, ItemKind, Shown, said};
use crate::entry::Entry;
use crate::parties::parties;

/// The table.
pub(crate) static ACCEPTANCES: Table = Table { name: "acceptances", columns: &COLUMNS };

static COLUMNS: [Column; 37] = [
    column("position", Kind::Number, "where the event stands in the log"),
    column(
        "event_id",
        Kind::Text,
        "the event's id; of a recording also the acceptance's or the evidence's, of a withdrawal also its obligation's",
    ),
    column("recorded_at", Kind::Instant, "when the ledger recorded it"),
    column("event", Kind::Text, "what happened: the event's type"),
    column("partner_id", Kind::Text, "the partner"),
    column("customer_id", Kind::Text, "the customer"),
    column("reseller_id", Kind::Text, "the reseller that collected the evidence"),
    column("agreement_id", Kind::Text, "the agreement"),
    column("version", Kind::Text, "the version accepted"),
    column("version_inferred", Kind::Flag, "whether the version was inferred from the instant of acceptance"),
    column("document_sha256", Kind::Text, "SHA-256 of the text accepted, where the catalogue knows it"),
    column("template_country", Kind::Text, "the country of the template accepted, ISO 3166-1 alpha-2"),
    column("template_language", Kind::Text, "the language of the template accepted"),
    column("accepted_at", Kind::Instant, "when the customer accepted, as stated; of a date its 00:00 UTC"),
    column("accepted_on", Kind::Text, "the date of acceptance, where a date was stated"),
    column("confirmed_at", Kind::Instant, "when it was confirmed, where that is not when it was recorded"),
    column("channel", Kind::Text, "through which channel it was recorded"),
    column("backfilled", Kind::Flag, "whether it was backfilled from older records"),
    column("method", Kind::Text, "how the acceptance came in; of a correction, how the corrected one did"),
    column("scenario", Kind::Text, "why the partner attested"),
    column("corrects", Kind::Text, "the acceptance that this one takes the place of"),
    column("evidence_id", Kind::Text, "the evidence that was confirmed or rejected"),
    column(
        "about",
        Kind::Text,
        "the acceptance that was voided, the withdrawal that was voided, or the obligation that was fulfilled",
    ),
    column(
        "happened_at",
        Kind::Instant,
        "when the customer withdrew, or when the subscriptions were cancelled",
    ),
    column("evidence_sha256", Kind::Text, "SHA-256 of the partner's proof"),
    column("evidence_media_type", Kind::Text, "the media type of the partner's proof"),
    column(
        "evidence_uri",
        Kind::Text,
        "where the partner keeps its proof: sealed, erased, or the text itself",
    ),
    column(
        "contact",
        Kind::Text,
        "who accepted, as recorded: sealed, erased, or disclosed in the next columns",
    ),
    column("contact_first_name", Kind::Text, "the contact's first name"),
    column("contact_last_name", Kind::Text, "the contact's last name"),
    column("contact_email", Kind::Text, "the contact's e-mail address"),
    column("contact_phone_number", Kind::Text, "the contact's telephone number"),
    column("reason", Kind::Text, "why, or a note: sealed, erased, or the text itself"),
    column("actor", Kind::Text, "the acting user"),
    column("actor_role", Kind::Text, "the role that permitted it"),
    column(
        "employee",
        Kind::Text,
        "the employee behind a shared account: sealed, erased, or the name itself",
    ),
    column("request_id", Kind::Text, "the id of the request that it was sent with"),
];

/// The row of an event, if it is about an acceptance.
pub(crate) fn acceptance(entry: &Entry, items: &[Item<'_>]) -> Option<Vec<Cell>> {
    let own = own(entry.payload())?;
    let event = &entry.event;
    let mut row = Vec::with_capacity(COLUMNS.len());
    row.extend(told(entry));
    row.push(Cell::text(parties(entry.payload()).agreement.unwrap_or_default()));
    row.extend(accepted(details_of(event)));
    row.extend([own.method, own.scenario, own.corrects, own.evidence, own.about, own.happened_at]);
    row.extend(proof(details_of(event), items));
    row.extend(contact(items));
    row.push(item(items, ItemKind::Reason));
    row.extend(actor(event, items));
    Some(row)
}

/// What only some types have.
struct Own {
    method: Cell,
    scenario: Cell,
    corrects: Cell,
    evidence: Cell,
    about: Cell,
    happened_at: Cell,
}

const NOTHING: Own = Own {
    method: Cell::Empty,
    scenario: Cell::Empty,
    corrects: Cell::Empty,
    evidence: Cell::Empty,
    about: Cell::Empty,
    happened_at: Cell::Empty,
};

fn own(payload: &Payload) -> Option<Own> {
    let method = |it: &str| Cell::text(it);
    Some(match payload {
        Payload::AcceptanceConfirmed(_) => Own { method: method("CONFIRMED"), ..NOTHING },
        Payload::AcceptanceAttested(it) => {
            let scenario = Cell::text(short(it.scenario().as_str_name(), "SCENARIO_"));
            Own { method: method("ATTESTED"), scenario, ..NOTHING }
        }
        Payload::DirectAcceptanceRecorded(_) => Own { method: method("DIRECT"), ..NOTHING },
        Payload::EvidenceConfirmed(it) => {
            Own { method: method("CONFIRMED"), evidence: Cell::text(&it.evidence_id), ..NOTHING }
        }
        Payload::AcceptanceCorrected(it) => Own {
            method: Cell::text(short(it.method().as_str_name(), "METHOD_")),
            scenario: match it.scenario {
                Some(_) => Cell::text(short(it.scenario().as_str_name(), "SCENARIO_")),
                None => Cell::Empty,
            },
            corrects: Cell::text(&it.corrects),
            evidence: Cell::optional(it.evidence_id.as_ref()),
            ..NOTHING
        },
        Payload::AcceptanceVoided(it) => Own { about: Cell::text(&it.acceptance_id), ..NOTHING },
        Payload::WithdrawalVoided(it) => Own { about: Cell::text(&it.withdrawal_event_id), ..NOTHING },
        Payload::AcceptanceWithdrawn(it) => {
            Own { happened_at: Cell::instant(it.withdrawn_at.as_ref()), ..NOTHING }
        }
        Payload::CancellationRecorded(it) => Own {
            about: Cell::text(&it.obligation_id),
            happened_at: Cell::instant(it.cancelled_at.as_ref()),
            ..NOTHING
        },
        Payload::EvidenceSubmitted(_) => NOTHING,
        Payload::EvidenceRejected(it) => Own { evidence: Cell::text(&it.evidence_id), ..NOTHING },
        _ => return None,
    })
}

/// From the version to whether it was backfilled.
fn accepted(details: Option<&AcceptanceDetails>) -> [Cell; 10] {
    let Some(it) = details else { return [const { Cell::Empty }; 10] };
    let template = it.template.as_ref();
    [
        Cell::optional(it.version.as_ref()),
        Cell::Flag(it.version_inferred),
        Cell::hex(it.document_sha256.as_ref()),
        Cell::optional(template.map(|it| &it.country)),
        Cell::optional(template.map(|it| &it.language)),
        Cell::instant(it.accepted_at.as_ref()),
        Cell::optional(it.accepted_on.as_ref()),
        Cell::instant(it.confirmed_at.as_ref()),
        Cell::text(short(it.channel().as_str_name(), "CHANNEL_")),
        Cell::Flag(it.backfilled),
    ]
}

fn proof(details: Option<&AcceptanceDetails>, items: &[Item<'_>]) -> [Cell; 3] {
    let proof = details.and_then(|it| it.evidence.as_ref());
    [
        Cell::hex(proof.and_then(|it| it.sha256.as_ref())),
        Cell::optional(proof.and_then(|it| it.media_type.as_ref())),
        item(items, ItemKind::EvidenceUri),
    ]
}

fn contact(items: &[Item<'_>]) -> [Cell; 5] {
    let Some(item) = items.iter().find(|it| it.kind == ItemKind::Contact) else {
        return [const { Cell::Empty }; 5];
    };
    match &item.shown {
        Shown::Person { contact, .. } => [
            Cell::text("disclosed"),
            Cell::text(&contact.first_name),
            Cell::text(&contact.last_name),
            Cell::text(&contact.email),
            Cell::optional(contact.phone_number.as_ref()),
        ],
        other => [Cell::text(said(other)), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty],
    }
}
