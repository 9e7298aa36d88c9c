//! A request id for every write that has none, so that a write whose answer was lost can be sent again and is carried
//! out once.
//!
//! It is added to the encoded message: fields of a message may come in any order, and every request that takes an id has
//! it under one number (a test compares that with the API).

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field, string};
use prost_types::{DescriptorProto, FileDescriptorSet};

/// The number of `request_id` in every request.
const REQUEST_ID: u32 = 50;
/// What stands before the message of a unary call: whether it is compressed, and its length.
const PREFIX_BYTES: usize = 5;

/// The methods that take a request id, with the number of the field that must be true for it to mean anything: an order's
/// `record`.
static TAKES_AN_ID: LazyLock<HashMap<String, Option<u32>>> = LazyLock::new(|| {
    let files =
        FileDescriptorSet::decode(crate::DESCRIPTORS).expect("the committed descriptors are valid").file;
    let messages: HashMap<String, &DescriptorProto> = files
        .iter()
        .flat_map(|file| {
            file.message_type.iter().map(move |it| (format!(".{}.{}", file.package(), it.name()), it))
        })
        .collect();
    let number = |message: &DescriptorProto, name: &str| {
        message.field.iter().find(|it| it.name() == name).map(|it| it.number() as u32)
    };
    let services = files.iter().flat_map(|file| file.service.iter().map(move |it| (file.package(), it)));
    services
        .flat_map(|(package, service)| service.method.iter().map(move |it| (package, service.name(), it)))
        .filter_map(|(package, service, method)| {
            let input = messages.get(method.input_type())?;
            let takes = number(input, "request_id").is_some() && !method.client_streaming();
            let path = format!("/{package}.{service}/{}", method.name());
            takes.then(|| (path, number(input, "record")))
        })
        .collect()
});

/// The body of a unary call, with a request id where it takes one and has none. Any other body is as it was.
pub(super) fn with_request_id(path: &str, body: Bytes) -> Bytes {
    let Some(only_with) = TAKES_AN_ID.get(path) else { return body };
    let Some((&[0, _, _, _, _], message)) = body.split_first_chunk::<PREFIX_BYTES>() else { return body };
    let Some(found) = look(message, *only_with) else { return body };
    if found.has_id || !found.means_anything {
        return body;
    }
    let mut with_id = BytesMut::with_capacity(body.len() + 48);
    with_id.put_bytes(0, PREFIX_BYTES);
    with_id.extend_from_slice(message);
    string::encode(REQUEST_ID, &super::request_id(), &mut with_id);
    let Ok(length) = u32::try_from(with_id.len() - PREFIX_BYTES) else { return body };
    with_id[1..PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
    with_id.freeze()
}

/// What a message says of its id.
struct Found {
    has_id: bool,
    means_anything: bool,
}

/// None where the message can't be read: the server says so.
fn look(mut message: &[u8], only_with: Option<u32>) -> Option<Found> {
    let mut found = Found { has_id: false, means_anything: only_with.is_none() };
    while message.has_remaining() {
        let (number, kind) = decode_key(&mut message).ok()?;
        if Some(number) == only_with && kind == WireType::Varint {
            found.means_anything = decode_varint(&mut message).ok()? != 0;
            continue;
        }
        found.has_id |= number == REQUEST_ID;
        skip_field(kind, number, &mut message, DecodeContext::default()).ok()?;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1;

    const AUTHORIZE: &str = "/assent.v1.AuthorizationService/AuthorizeOrder";
    const CONFIRM: &str = "/assent.v1.AcceptanceService/ConfirmAcceptance";

    fn framed(message: &impl prost::Message) -> Bytes {
        let message = message.encode_to_vec();
        let mut body = vec![0];
        body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        body.extend(message);
        body.into()
    }

    fn read<M: prost::Message + Default>(body: &Bytes) -> M {
        let length = u32::from_be_bytes(body[1..PREFIX_BYTES].try_into().unwrap()) as usize;
        assert_eq!(length, body.len() - PREFIX_BYTES);
        M::decode(&body[PREFIX_BYTES..]).unwrap()
    }

    #[test]
    fn every_request_has_its_id_under_one_number() {
        let files = FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap().file;
        let requests = files.iter().filter(|it| it.package() == "assent.v1").flat_map(|it| &it.message_type);
        let ids = requests.filter(|it| it.name().ends_with("Request")).flat_map(|it| &it.field);
        let numbers: Vec<_> = ids.filter(|it| it.name() == "request_id").map(|it| it.number()).collect();
        assert!(numbers.len() > 15 && numbers.iter().all(|it| *it as u32 == REQUEST_ID), "{numbers:?}");
        assert_eq!(TAKES_AN_ID.len(), numbers.len(), "each is of a unary method");
    }

    #[test]
    fn a_write_without_an_id_gets_one_and_nothing_else() {
        let request = v1::ConfirmAcceptanceRequest { partner_id: "contoso".to_owned(), ..Default::default() };
        let sent: v1::ConfirmAcceptanceRequest = read(&with_request_id(CONFIRM, framed(&request)));
        assert!(sent.request_id.as_ref().is_some_and(|it| it.len() == 36), "{sent:?}");
        assert_eq!(v1::ConfirmAcceptanceRequest { request_id: None, ..sent }, request);
    }

    #[test]
    fn an_id_of_ones_own_stays() {
        let request =
            v1::ConfirmAcceptanceRequest { request_id: Some("mine".to_owned()), ..Default::default() };
        assert_eq!(with_request_id(CONFIRM, framed(&request)), framed(&request));
    }

    #[test]
    fn an_order_gets_one_only_where_it_is_to_be_recorded() {
        for (record, gets) in [(None, false), (Some(false), false), (Some(true), true)] {
            let order = v1::AuthorizeOrderRequest { record, ..Default::default() };
            let sent: v1::AuthorizeOrderRequest = read(&with_request_id(AUTHORIZE, framed(&order)));
            assert_eq!(sent.request_id.is_some(), gets, "{record:?}");
        }
    }

    #[test]
    fn what_is_no_write_or_can_not_be_read_is_left_as_it_is() {
        for (path, body) in [
            ("/assent.v1.AcceptanceService/GetAcceptance", framed(&v1::GetAcceptanceRequest::default())),
            (CONFIRM, Bytes::from_static(&[1, 0, 0, 0, 0])),
            (CONFIRM, Bytes::from_static(&[0, 0, 0, 0, 1, 0xff])),
            (CONFIRM, Bytes::from_static(&[0, 0])),
        ] {
            assert_eq!(with_request_id(path, body.clone()), body, "{path}");
        }
    }
}
