//! Sealed boxes between their stored form and the vault's.

use assent_domain::values::{Contact, Email};
use assent_proto::event;
use assent_proto::stored::StoredError;
use assent_vault::{SealedBox, Vault};
use bytes::Bytes;

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
