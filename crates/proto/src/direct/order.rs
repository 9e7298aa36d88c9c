//! The usual order, read from its wire bytes.

use assent_domain::authorize;
use assent_domain::values::{
    Channel, CustomerId, Instant, PartnerId, Position, ProductFamily, TransactionKind,
};

use super::reader::{BYTES, Reader, VARINT, key};
use crate::convert::asked::ORDERS_MAX;
use crate::convert::scalar::order_ref;
use crate::convert::{Asked, WireEnum};
use crate::v1;

/// Fewer than an order takes whose ids are GUIDs, as nearly all are.
const ORDER_BYTES: usize = 76;

/// An order with what its answer echoes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<'a> {
    /// What is asked.
    pub asked: Asked,
    /// The caller's own name of the order.
    pub order_ref: Option<&'a str>,
}

/// Reads an `AuthorizeOrderRequest` exactly as the generated code and [`crate::convert::asked::authorize_order`] do.
///
/// None for every message that is not a valid order in its plainest form: what is wrong, what is to be recorded, what
/// is not known here and what is said twice is for them to look at.
#[inline(always)]
pub fn order(bytes: &[u8]) -> Option<Order<'_>> {
    let mut fields = Fields::default();
    let mut reader = Reader(bytes);
    while !reader.is_at_end() {
        fields.read(&mut reader)?;
    }
    fields.order()
}

/// The same of the order in a `StreamAuthorizeOrdersRequest`.
pub fn streamed_order(bytes: &[u8]) -> Option<Order<'_>> {
    const ORDER: u8 = key(1, BYTES);
    let mut reader = Reader(bytes);
    let inner = reader.byte().filter(|it| *it == ORDER).and_then(|_| reader.bytes())?;
    if reader.is_at_end() { order(inner) } else { None }
}

/// The same of all orders in a `BatchAuthorizeOrdersRequest`; none where one of them is not for here.
pub fn batched_orders(bytes: &[u8]) -> Option<Vec<Order<'_>>> {
    const ORDERS: u8 = key(1, BYTES);
    let mut reader = Reader(bytes);
    let mut orders = Vec::with_capacity((bytes.len() / ORDER_BYTES).min(ORDERS_MAX));
    while !reader.is_at_end() {
        let inner = reader.byte().filter(|it| *it == ORDERS).and_then(|_| reader.bytes())?;
        orders.push(order(inner)?);
    }
    (1..=ORDERS_MAX).contains(&orders.len()).then_some(orders)
}

/// The fields read so far.
#[derive(Default)]
struct Fields<'a> {
    partner: Option<PartnerId>,
    customer: Option<CustomerId>,
    reseller: Option<PartnerId>,
    transaction: Option<TransactionKind>,
    /// As on the wire, where unspecified is a member.
    channel: Option<v1::Channel>,
    product_family: Option<ProductFamily>,
    order_ref: Option<&'a str>,
    effective_at: Option<Instant>,
    /// As on the wire, where 0 is none.
    known_at: Option<Position>,
    min_position: Option<Position>,
}

impl<'a> Fields<'a> {
    #[inline(always)]
    fn read(&mut self, reader: &mut Reader<'a>) -> Option<()> {
        const PARTNER: u8 = key(1, BYTES);
        const CUSTOMER: u8 = key(2, BYTES);
        const RESELLER: u8 = key(3, BYTES);
        const TRANSACTION: u8 = key(4, VARINT);
        const CHANNEL: u8 = key(5, VARINT);
        const PRODUCT_FAMILY: u8 = key(6, BYTES);
        const ORDER_REF: u8 = key(7, BYTES);
        const EFFECTIVE_AT: u8 = key(8, BYTES);
        const KNOWN_AT: u8 = key(9, VARINT);
        const MIN_POSITION: u8 = key(10, VARINT);
        match reader.byte()? {
            PARTNER => once(&mut self.partner, PartnerId::parse_bytes(reader.bytes()?).ok()?),
            CUSTOMER => once(&mut self.customer, CustomerId::parse_bytes(reader.bytes()?).ok()?),
            RESELLER => once(&mut self.reseller, PartnerId::parse_bytes(reader.bytes()?).ok()?),
            TRANSACTION => once(&mut self.transaction, member::<v1::TransactionKind>(reader)?.domain()?),
            CHANNEL => once(&mut self.channel, member::<v1::Channel>(reader)?),
            PRODUCT_FAMILY => {
                once(&mut self.product_family, ProductFamily::parse_bytes(reader.bytes()?).ok()?)
            }
            ORDER_REF => once(&mut self.order_ref, order_ref(reader.text()?).ok()?),
            EFFECTIVE_AT => once(&mut self.effective_at, instant(reader.bytes()?)?),
            KNOWN_AT => once(&mut self.known_at, Position(reader.varint()?)),
            MIN_POSITION => once(&mut self.min_position, Position(reader.varint()?)),
            _ => None,
        }
    }

    #[inline(always)]
    fn order(self) -> Option<Order<'a>> {
        let Self {
            partner,
            customer,
            reseller,
            transaction,
            channel,
            product_family,
            order_ref,
            effective_at,
            known_at,
            min_position,
        } = self;
        if reseller.is_some() && reseller == partner {
            return None;
        }
        let given = |it: &Position| it.0 > 0;
        let asked = Asked {
            order: authorize::Order {
                partner: partner?,
                customer: customer?,
                reseller,
                transaction: transaction?,
                channel: channel.and_then(WireEnum::domain).unwrap_or(Channel::Api),
                product_family,
            },
            effective_at,
            known_at: known_at.filter(given),
            min_position: min_position.filter(given),
            record: false,
            request_id: None,
            with_proof: false,
        };
        Some(Order { asked, order_ref })
    }
}

/// Takes a field that was not there before.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

fn member<W: WireEnum>(reader: &mut Reader<'_>) -> Option<W> {
    W::try_from(reader.small()?).ok()
}

/// A `google.protobuf.Timestamp`.
fn instant(bytes: &[u8]) -> Option<Instant> {
    const SECONDS: u8 = key(1, VARINT);
    const NANOS: u8 = key(2, VARINT);
    let (mut seconds, mut nanos) = (None, None);
    let mut reader = Reader(bytes);
    while !reader.is_at_end() {
        match reader.byte()? {
            SECONDS => once(&mut seconds, i64::try_from(reader.varint()?).ok()?)?,
            NANOS => once(&mut nanos, i32::try_from(reader.varint()?).ok()?)?,
            _ => return None,
        }
    }
    Instant::from_seconds(seconds.unwrap_or_default(), nanos.unwrap_or_default()).ok()
}
