//! Every line of the timeline, both sides of it, both channels.

use assent_proto::v1::{Channel, TransactionKind};

use super::answer::Answer::{self, *};
use super::answer::{Case, check_all};
use super::cast::{CONTOSO, FABRIKAM, NORTHWIND, played};

/// The last microsecond before each line of the timeline, and the line's first instant.
const SIDES: [&str; 10] = [
    "2018-11-06T23:59:59.999999Z",
    "2018-11-07T00:00:00Z",
    "2019-03-21T23:59:59.999999Z",
    "2019-03-22T00:00:00Z",
    "2019-09-30T23:59:59.999999Z",
    "2019-10-01T00:00:00Z",
    "2020-01-30T23:59:59.999999Z",
    "2020-01-31T00:00:00Z",
    "2026-01-04T23:59:59.999999Z",
    "2026-01-05T00:00:00Z",
];

/// A customer's answers at each of [`SIDES`].
struct Row {
    partner: &'static str,
    customer: &'static str,
    product: Option<&'static str>,
    transaction: TransactionKind,
    dashboard: [Answer; 10],
    api: [Answer; 10],
}

const PURCHASE: TransactionKind = TransactionKind::NewPurchase;
const RENEWAL: TransactionKind = TransactionKind::Renewal;
const AZURE: Option<&str> = Some("azure-plan");

#[rustfmt::skip]
const ROWS: [Row; 21] = [
    // who never accepted
    row(CONTOSO, "nothing", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca]),
    row(CONTOSO, "nothing", None, RENEWAL,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca]),
    row(CONTOSO, "nothing", None, TransactionKind::AutoRenewal, [Exempt; 10], [Exempt; 10]),
    row(CONTOSO, "nothing", AZURE, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca]),

    // who accepted the Cloud Agreement
    row(CONTOSO, "cloud-early", None, PURCHASE,
        [Free, Cloud, Cloud, Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured],
        [Free, Free,  Free,  Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured]),
    row(CONTOSO, "cloud-early", None, TransactionKind::SubscriptionChange,
        [Free, Cloud, Cloud, Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured],
        [Free, Free,  Free,  Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured]),
    row(CONTOSO, "cloud-early", AZURE, PURCHASE,
        [Free, Cloud, Cloud, Cloud, Cloud, NotForProduct, NotForProduct, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured],
        [Free, Free,  Free,  Cloud, Cloud, NotForProduct, NotForProduct, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured]),
    row(CONTOSO, "cloud-on-the-day", None, TransactionKind::SeatIncrease,
        [Free, Cloud, Cloud, Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured],
        [Free, Free,  Free,  Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured]),
    row(CONTOSO, "cloud-api-day", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured],
        [Free, Free,       Free,       Cloud, Cloud, Cloud, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured]),
    row(CONTOSO, "cloud-last-moment", None, TransactionKind::SeatDecrease,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, Cloud, NoLongerHonoured, NoLongerHonoured, NoLongerHonoured]),

    // who accepted both, through Contoso alone (rule W4)
    row(CONTOSO, "both", None, PURCHASE,
        [Free, Cloud, Cloud, Cloud, Cloud, Mca, Mca, Mca, Mca, StaleBesideCloud],
        [Free, Free,  Free,  Cloud, Cloud, Mca, Mca, Mca, Mca, StaleBesideCloud]),
    row(CONTOSO, "both", AZURE, RENEWAL,
        [Free, Cloud, Cloud, Cloud, Cloud, Mca, Mca, Mca, StaleBesideCloud, StaleBesideCloud],
        [Free, Free,  Free,  Cloud, Cloud, Mca, Mca, Mca, StaleBesideCloud, StaleBesideCloud]),
    row(FABRIKAM, "both", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, NeedsMca, NeedsMca]),

    // the Customer Agreement, on its first day as the only one, and around its text of 2023
    row(CONTOSO, "mca-last-day", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, Mca, Mca, Stale],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, Mca, Mca, Stale]),
    row(CONTOSO, "mca-old-text", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Stale],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Stale]),
    row(CONTOSO, "mca-new-text", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Mca],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Mca]),
    row(CONTOSO, "mca-new-text", AZURE, RENEWAL,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Mca],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Mca]),

    // a withdrawal, a correction, a provider's customer, a national cloud
    row(CONTOSO, "withdrawn", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Withdrawn, Withdrawn],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Withdrawn, Withdrawn]),
    row(CONTOSO, "corrected", None, RENEWAL,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Mca],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, NeedsMca, NeedsMca, NeedsMca, Mca, Mca]),
    row(NORTHWIND, "shop", None, PURCHASE,
        [Free, NeedsCloud, NeedsCloud, NeedsCloud, NeedsCloud, Mca, Mca, Mca, Mca, Stale],
        [Free, Free,       Free,       NeedsCloud, NeedsCloud, Mca, Mca, Mca, Mca, Stale]),
    row(CONTOSO, "national", AZURE, PURCHASE, [National; 10], [National; 10]),
];

const fn row(
    partner: &'static str,
    customer: &'static str,
    product: Option<&'static str>,
    transaction: TransactionKind,
    dashboard: [Answer; 10],
    api: [Answer; 10],
) -> Row {
    Row { partner, customer, product, transaction, dashboard, api }
}

fn cases(row: &Row) -> impl Iterator<Item = Case> {
    let Row { partner, customer, product, transaction, dashboard, api } = row;
    let of_channel = |channel: Channel, answers: &[Answer; 10]| {
        let case = move |(at, answer)| Case {
            partner,
            customer,
            reseller: None,
            at,
            channel,
            transaction: *transaction,
            product: *product,
            answer,
        };
        SIDES.into_iter().zip(*answers).map(case)
    };
    of_channel(Channel::Dashboard, dashboard).chain(of_channel(Channel::Api, api))
}

#[tokio::test]
async fn every_order_is_answered_right_on_both_sides_of_every_line_in_both_channels() {
    let server = played().await;
    check_all(&server, ROWS.iter().flat_map(cases)).await;
}
