//! Sealed boxes between their stored form and the vault's.

use std::collections::HashSet;

use assent_domain::Facts as _;
use assent_domain::values::{Contact, Email};
use assent_event_log::EventLog;
use assent_projections::SharedIndex;
use assent_proto::event;
use assent_proto::stored::StoredError;
use assent_vault::{Boxed, Disclosed, SealedBox, UnsealError, Vault};
use bytes::Bytes;

use crate::error::Error;
use crate::tombstones::learn_erased;

/// A box as the vault opens it.
pub(crate) fn boxed(stored: &event::SealedBox) -> Result<SealedBox, StoredError> {
    let event::SealedBox { suite, key_id, nonce, ciphertext, commitment } = stored;
    let bad = |field| move |_| StoredError::Field { field };
    Ok(SealedBox {
        suite: *suite,
        key_id: key_id.as_ref().try_into().map_err(bad("key_id"))?,
        nonce: nonce.as_ref().try_into().map_err(bad("nonce"))?,
        ciphertext: ciphertext.to_vec(),
        commitment: commitment.as_ref().try_into().map_err(bad("commitment"))?,
    })
}

/// What boxes are opened with: the vault, and the log, which tells what was erased from what is lost.
#[derive(Clone, Copy)]
pub(crate) struct Unsealing<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) log: &'a EventLog,
    pub(crate) index: &'a SharedIndex,
}

impl Unsealing<'_> {
    /// Opens boxes, and answers in their order; none for each whose key was erased. A key is lost that the log, read after it
    /// was missed, has not erased: others may have been erased meanwhile.
    pub(crate) async fn open(&self, boxes: &[Boxed<'_>]) -> Result<Vec<Option<Disclosed>>, Error> {
        let Self { vault, log, index } = *self;
        let mut missed = HashSet::new();
        loop {
            match vault.disclose_many(boxes).await {
                Err(UnsealError::Lost { key_id }) if missed.insert(key_id) => {
                    let applied = index.read().ledger().applied;
                    learn_erased(log, vault, applied).await?;
                }
                disclosed => return Ok(disclosed?),
            }
        }
    }
}

/// A box as it is stored.
pub(crate) fn stored(sealed: SealedBox) -> event::SealedBox {
    let SealedBox { suite, key_id, nonce, ciphertext, commitment } = sealed;
    event::SealedBox {
        suite,
        key_id: Bytes::copy_from_slice(&key_id),
        nonce: Bytes::copy_from_slice(&nonce),
        ciphertext: Bytes::from(ciphertext),
        commitment: Bytes::copy_from_slice(&commitment),
    }
}

/// The stored plaintext of a contact.
pub(crate) fn contact_message(contact: &Contact) -> event::Contact {
    let Contact { first_name, last_name, email, phone_number } = contact;
    event::Contact {
        first_name: first_name.as_str().to_owned(),
        last_name: last_name.as_str().to_owned(),
        email: email.as_str().to_owned(),
        phone_number: phone_number.as_ref().map(|it| it.as_str().to_owned()),
    }
}

/// The keyed fingerprint by which contacts are compared, exactly (rule C8).
pub(crate) fn contact_fingerprint(vault: &Vault, contact: &Contact) -> [u8; 32] {
    let Contact { first_name, last_name, email, phone_number } = contact;
    let mut parts =
        vec![first_name.as_str().as_bytes(), last_name.as_str().as_bytes(), email.as_str().as_bytes()];
    parts.extend(phone_number.as_ref().map(|it| it.as_str().as_bytes()));
    vault.fingerprint("contact", &parts)
}

/// The keyed index by which a person is found: the address without regard to the case of ASCII letters (other letters'
/// case is another matter in each edition of Unicode), its domain in IDNA form.
pub(crate) fn email_index(vault: &Vault, email: &Email) -> [u8; 32] {
    let address = email.as_str();
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local).to_ascii_lowercase();
    let domain = email.domain().unwrap_or_default();
    vault.fingerprint("email", &[local.as_bytes(), domain.as_bytes()])
}
