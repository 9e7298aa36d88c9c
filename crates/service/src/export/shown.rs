//! What of an event's sealed boxes an export shows.

use assent_export::{Disclosure, ItemKind, Opened, parties, sealed_items};
use assent_proto::event::Event;
use assent_vault::{Boxed, Disclosed, Kind, SealedBox, Subject};

use crate::append::{CONTACT, EMPLOYEE, REASON, URI};
use crate::error::Error;
use crate::vault::{Unsealing, boxed};

/// Opens the boxes of those events that may be opened, and answers in the events' order. What was erased is said to be.
pub(crate) async fn shown(
    unsealing: Unsealing<'_>,
    events: &[Event],
    may_open: impl Fn(&Event) -> bool,
) -> Result<Vec<Vec<Disclosure>>, Error> {
    let mut items: Vec<(usize, Kind, SealedBox)> = Vec::new();
    for (place, event) in events.iter().enumerate().filter(|(_, it)| may_open(it)) {
        for (kind, sealed) in sealed_items(event) {
            items.push((place, kind_of(kind), boxed(sealed)?));
        }
    }
    let asked: Vec<_> = items
        .iter()
        .map(|(place, kind, sealed_box)| Boxed {
            sealed_box,
            subject: subject_of(&events[*place]),
            kind: *kind,
        })
        .collect();
    let mut shown = vec![Vec::new(); events.len()];
    for ((place, _, sealed_box), disclosed) in items.iter().zip(unsealing.open(&asked).await?) {
        let opened = match disclosed {
            Some(Disclosed { salt, plaintext }) => Opened::Plain { salt, plaintext },
            None => Opened::Erased,
        };
        shown[*place].push(Disclosure { key_id: sealed_box.key_id, opened });
    }
    Ok(shown)
}

/// Why an inquiry was made; empty where that was erased.
pub(super) async fn purpose(unsealing: Unsealing<'_>, opening: &Event) -> Result<String, Error> {
    let shown = shown(unsealing, std::slice::from_ref(opening), |_| true).await?;
    let text = shown.into_iter().flatten().find_map(|it| match it.opened {
        Opened::Plain { plaintext, .. } => String::from_utf8(plaintext).ok(),
        Opened::Erased => None,
    });
    Ok(text.unwrap_or_default())
}

fn subject_of(event: &Event) -> Subject<'_> {
    let named = event.payload.as_ref().map(parties).unwrap_or_default();
    Subject { partner: named.partner.unwrap_or_default(), customer: named.customer.unwrap_or_default() }
}

const fn kind_of(kind: ItemKind) -> Kind {
    match kind {
        ItemKind::Contact => CONTACT,
        ItemKind::Employee => EMPLOYEE,
        ItemKind::Reason => REASON,
        ItemKind::EvidenceUri => URI,
    }
}
