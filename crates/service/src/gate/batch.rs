//! BatchAuthorizeOrders: one message in, one out, all orders of it decided together.

use assent_domain::Facts as _;
use assent_domain::authorize::AsOf;
use assent_identity::Caller;
use assent_proto::direct;
use bytes::Bytes;

use super::frames::put_message;
use super::together::Together;
use crate::app::App;

pub(super) const PATH: &str = "/assent.v1.AuthorizationService/BatchAuthorizeOrders";
/// More than nearly every answer takes.
const ANSWER_BYTES: usize = 320;

impl App {
    /// Decides plain orders of the caller's at one prefix and one instant; none where one of them has no plain answer.
    pub(super) fn answer_batch(&self, message: &[u8], caller: &Caller) -> Option<Bytes> {
        let orders = direct::batched_orders(message)?;
        if !orders.iter().all(|it| caller.acts_for(&it.asked.order.partner)) {
            return None;
        }
        self.check_trusted().ok()?;
        let index = self.index.read();
        let likely = index.seek(orders.iter().map(|it| &it.asked.order.customer));
        let now = self.instant(None);
        // Looked at before: what is decided is counted, and all of it would be decided again.
        let has_policy = |as_of: AsOf| index.policies().at(as_of.prefix).is_some();
        if !orders.iter().all(|it| Self::as_of(&index, &it.asked, now).is_ok_and(has_policy)) {
            return None;
        }
        let mut together = Together::new(self, &index, now);
        let mut out = Vec::with_capacity(orders.len() * ANSWER_BYTES);
        let mut all_are_decided = true;
        put_message(&mut out, |out| {
            all_are_decided =
                orders.iter().zip(likely).all(|(direct::Order { asked, order_ref }, likely)| {
                    let found = index.find_likely(likely, &asked.order.partner, &asked.order.customer);
                    // A batch's results are encoded as those of a stream.
                    together.answer(&found, asked, *order_ref, out).is_ok()
                });
        });
        all_are_decided.then(|| out.into())
    }
}
