//! What is in an image's frames: the index's words, what lies beside them, and what concerns the ledger as a whole.

use std::io::{self, ErrorKind, Read, Write};

use assent_domain::values::PartnerId;
use assent_index::{Index, Restoring};
use prost::Message;

use crate::state::{LedgerState, PartnerState, RichCustomer, RichRelationship};

#[derive(Clone, PartialEq, prost::Message)]
struct NamedPartner {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(message, required, tag = "2")]
    state: PartnerState,
}

pub(super) fn write(index: &Index, catalogue_events: &[u64], to: &mut impl Write) -> io::Result<()> {
    index.write_words(to)?;
    for (id, partner) in index.partners() {
        put(to, &NamedPartner { id: id.to_string(), state: PartnerState::of(partner) })?;
    }
    index.rich_customers().try_for_each(|it| put(to, &RichCustomer::of(it)))?;
    index.rich_relationships().try_for_each(|it| put(to, &RichRelationship::of(it)))?;
    put(to, &LedgerState::of(index, catalogue_events.to_vec()))
}

/// The index without catalogue and policies, and what the ledger's own facts are; `bytes` are all that there are.
pub(super) fn read(from: &mut impl Read, bytes: u64) -> io::Result<(Index, LedgerState)> {
    let mut restoring = Restoring::read(from, bytes)?;
    let [partners, customers, relationships] = restoring.counts();
    for _ in 0..partners {
        let NamedPartner { id, state } = take(from, bytes)?;
        restoring.partner(&partner_id(&id)?, state.restore().ok_or_else(malformed)?);
    }
    for _ in 0..customers {
        restoring.rich_customer(take::<RichCustomer>(from, bytes)?.restore().ok_or_else(malformed)?);
    }
    for _ in 0..relationships {
        restoring.rich_relationship(take::<RichRelationship>(from, bytes)?.restore().ok_or_else(malformed)?);
    }
    let ledger = take(from, bytes)?;
    Ok((restoring.finish().ok_or_else(malformed)?, ledger))
}

/// A message behind its length.
fn put(to: &mut impl Write, message: &impl Message) -> io::Result<()> {
    to.write_all(&(message.encoded_len() as u64).to_le_bytes())?;
    to.write_all(&message.encode_to_vec())
}

fn take<M: Message + Default>(from: &mut impl Read, bytes: u64) -> io::Result<M> {
    let length = number(from)?;
    if length > bytes {
        return Err(malformed());
    }
    let mut message = vec![0; length as usize];
    from.read_exact(&mut message)?;
    M::decode(message.as_slice()).map_err(|_| malformed())
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; size_of::<u64>()];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn partner_id(text: &str) -> io::Result<PartnerId> {
    PartnerId::parse(text).map_err(|_| malformed())
}

pub(super) fn malformed() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "it says what no index is")
}
