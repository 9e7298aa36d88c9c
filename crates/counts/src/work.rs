//! The parts of the work that are counted: each is made ready, and then done some times in a function of its own, which
//! is where counting begins and ends.

use std::hint::black_box;

use assent_counts::people::Random;
use assent_counts::story::{self, Story, order};
use assent_domain::authorize::{
    Allowed, AsOf, Deciding, Decision, Order, Outcome, Verdict, authorize, authorize_found,
};
use assent_domain::event::Event;
use assent_domain::values::Position;
use assent_domain::{Facts, Recorded, evolve};
use assent_evidence::{Hash, leaf_hash, node_hash, verify_inclusion};
use assent_index::Index;
use assent_proto::convert::Ids;
use assent_proto::direct::{self, Answer, Repeated};
use assent_proto::event::Actor;
use assent_proto::stored::{self, Particulars};
use assent_proto::v1::AuthorizeOrderRequest;
use prost::Message as _;

/// How many customers have accepted; so many more have not.
const ACCEPTED: u64 = 2_000;
/// How often each part is done.
pub(crate) const TIMES: u64 = 1_000;
/// The leaves of the tree that proofs are of.
const LEAVES: u64 = 10_000;
/// How many of its leaves proofs are made for.
const PROOFS: usize = 20;

/// A part of the work.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    /// The function in which it is counted, as the program's symbols have it.
    pub(crate) function: &'static str,
    pub(crate) run: fn(),
}

/// All parts.
pub(crate) const PARTS: [Part; 9] = [
    Part { name: "a decision, allowed", function: "decide_allowed", run: || decide_allowed(&ready()) },
    Part { name: "a decision, refused", function: "decide_refused", run: || decide_refused(&ready()) },
    Part {
        name: "a decision of 250 together",
        function: "decide_together",
        run: || decide_together(&ready()),
    },
    Part { name: "a fold of an event", function: "fold", run: || fold(&mut Log::new()) },
    Part { name: "an event read as stored", function: "decode", run: || decode(&Entries::new()) },
    Part { name: "an entry encoded and hashed", function: "encode", run: || encode(&Entries::new()) },
    Part { name: "an inclusion proof verified", function: "verify", run: || verify(&Tree::new()) },
    Part { name: "a plain order read, decided and answered", function: "answer", run: || answer(&ready()) },
    Part {
        name: "a plain order of 250 together read, decided and answered",
        function: "answer_together",
        run: || answer_together(&ready()),
    },
];

/// How many orders are decided together.
const TOGETHER: usize = 250;

/// A ledger with customers that have accepted and others that have not, and orders of both.
struct Ready {
    index: Index,
    as_of: AsOf,
    allowed: Vec<Order>,
    refused: Vec<Order>,
    messages: Vec<Vec<u8>>,
}

fn ready() -> Ready {
    let mut story = Story::begun(Index::with_fixed_hashes());
    for number in 0..2 * ACCEPTED {
        let events = story.customer(number).into_iter();
        let count = if number < ACCEPTED { 3 } else { 2 };
        events.take(count).for_each(|it| story.tell(it));
    }
    let mut random = Random(1);
    let mut orders = |from: u64| (0..TIMES).map(|_| order(from + random.below(ACCEPTED))).collect::<Vec<_>>();
    let (allowed, refused) = (orders(0), orders(ACCEPTED));
    let as_of = AsOf { prefix: story.index.ledger().applied, effective_at: story::end() };
    let messages = allowed.iter().map(message).collect();
    Ready { index: story.index, as_of, allowed, refused, messages }
}

/// The order as a client sends it.
fn message(order: &Order) -> Vec<u8> {
    let mut message = AuthorizeOrderRequest {
        partner_id: order.partner.to_string(),
        customer_id: order.customer.to_string(),
        ..Default::default()
    };
    message.set_transaction(order.transaction.into());
    message.set_channel(order.channel.into());
    message.encode_to_vec()
}

#[inline(never)]
fn decide_allowed(ready: &Ready) {
    for order in &ready.allowed {
        let decision = authorize(&ready.index, black_box(order), &ready.as_of).expect("there is a policy");
        assert_eq!(black_box(decision).outcome, Outcome::Allowed, "the customer has accepted");
    }
}

#[inline(never)]
fn decide_refused(ready: &Ready) {
    for order in &ready.refused {
        let decision = authorize(&ready.index, black_box(order), &ready.as_of).expect("there is a policy");
        assert_eq!(black_box(decision).outcome, Outcome::Denied, "the customer has not accepted");
    }
}

#[inline(never)]
fn decide_together(ready: &Ready) {
    for orders in ready.allowed.chunks(TOGETHER) {
        let likely = ready.index.seek(orders.iter().map(|it| &it.customer));
        let mut deciding = Deciding::on(&ready.index);
        for (order, likely) in orders.iter().zip(likely) {
            let found = ready.index.find_likely(likely, &order.partner, &order.customer);
            let verdict = deciding.decide(&found, order, &ready.as_of);
            black_box(verdict.expect("there is a policy"));
        }
    }
}

#[inline(never)]
fn answer(ready: &Ready) {
    let (ids, mut out) = (Ids { tag: ready.index.ledger().tag }, Vec::with_capacity(1_024));
    for message in &ready.messages {
        out.clear();
        let direct::Order { asked, order_ref } = direct::order(black_box(message)).expect("it is plain");
        let order = &asked.order;
        let found = ready.index.find(&order.partner, &order.customer);
        let decision = authorize_found(&ready.index, &found, order, &ready.as_of).expect("there is a policy");
        direct::response(&ready.answer(&decision, &ids, order_ref), &mut out);
        black_box(&out);
    }
}

#[inline(never)]
fn answer_together(ready: &Ready) {
    let (ids, mut out) = (Ids { tag: ready.index.ledger().tag }, Vec::with_capacity(TOGETHER * 320));
    for messages in ready.messages.chunks(TOGETHER) {
        out.clear();
        let orders = messages.iter().map(|it| direct::order(black_box(it)).expect("it is plain"));
        let orders: Vec<_> = orders.collect();
        let likely = ready.index.seek(orders.iter().map(|it| &it.asked.order.customer));
        let (mut deciding, mut given) = (Deciding::on(&ready.index), None::<(Allowed, Repeated)>);
        for (direct::Order { asked, order_ref }, likely) in orders.iter().zip(likely) {
            let order = &asked.order;
            let found = ready.index.find_likely(likely, &order.partner, &order.customer);
            let verdict = deciding.decide(&found, order, &ready.as_of).expect("there is a policy");
            let Verdict::Allowed(allowed) = verdict else { panic!("the customer has accepted") };
            let (_, answer) = match &given {
                Some(it) if it.0.is_like(&allowed) => it,
                Some(_) | None => {
                    let decision = allowed.decision(&ready.index);
                    let answer =
                        Repeated::of(&ready.answer(&decision, &ids, None)).expect("it has one reason");
                    given.insert((allowed, answer))
                }
            };
            answer.streamed(allowed.rests_on.map(|it| it.acceptance), &ids, *order_ref, &mut out);
        }
        black_box(&out);
    }
}

impl Ready {
    fn answer<'a>(&'a self, decision: &'a Decision, ids: &'a Ids, order_ref: Option<&'a str>) -> Answer<'a> {
        let policy = self.index.policies().at(self.as_of.prefix).expect("there is a policy");
        Answer {
            decision,
            as_of: &self.as_of,
            policy_id: &policy.document.id,
            policy_version: policy.version,
            ids,
            order_ref,
        }
    }
}

/// Events that are still to be folded, into an index that holds as many customers.
struct Log {
    index: Index,
    events: Vec<Recorded>,
}

impl Log {
    fn new() -> Self {
        let mut story = Story::begun(Index::with_fixed_hashes());
        (0..ACCEPTED).for_each(|it| story.customer(it).into_iter().for_each(|it| story.tell(it)));
        let events: Vec<_> = (ACCEPTED..).flat_map(|it| story.customer(it)).take(TIMES as usize).collect();
        let first = story.recorded(Event::RulesActivated { edition: 1 });
        let recorded = |(at, event)| {
            let position = Position(first.position.0 + at as u64);
            Recorded { position, event, ..first.clone() }
        };
        let events = events.into_iter().enumerate().map(recorded).collect();
        Self { index: story.index, events }
    }
}

#[inline(never)]
fn fold(log: &mut Log) {
    log.events.iter().for_each(|it| evolve(&mut log.index, black_box(it)));
}

/// Events as they are stored, without what the log stamps on them.
struct Entries {
    own: Particulars,
    ids: Ids,
    events: Vec<(String, Event)>,
    stored: Vec<Vec<u8>>,
}

impl Entries {
    fn new() -> Self {
        let story = Story::begun(Index::with_fixed_hashes());
        let actor = Actor { user_id: "carol@contoso.example".to_owned(), role: None, employee: None };
        let own = Particulars { actor, ..Particulars::default() };
        let ids = Ids { tag: story.index.ledger().tag };
        let events = (0..).flat_map(|it| story.customer(it)).take(TIMES as usize);
        let events: Vec<_> = events
            .map(|event| (assent_domain::stream::stamp_of(&story.index, &event).stream, event))
            .collect();
        let mut entries = Self { own, ids, events, stored: Vec::new() };
        entries.stored = entries.events.iter().map(|(stream, event)| entries.body(stream, event)).collect();
        entries
    }

    fn body(&self, stream: &str, event: &Event) -> Vec<u8> {
        stored::body(stream.to_owned(), event, &self.own, &|it| self.ids.text(it)).encode_to_vec()
    }
}

#[inline(never)]
fn encode(entries: &Entries) {
    for (stream, event) in &entries.events {
        black_box(leaf_hash(&entries.body(stream, event)));
    }
}

#[inline(never)]
fn decode(entries: &Entries) {
    for entry in &entries.stored {
        let stored = assent_proto::event::Event::decode(black_box(entry.as_slice()));
        black_box(stored.expect("it is an entry"));
    }
}

/// A tree, and where in it proofs lead from.
struct Tree {
    leaves: Vec<Hash>,
    root: Hash,
    proofs: Vec<(u64, Vec<Hash>)>,
}

impl Tree {
    fn new() -> Self {
        let leaves: Vec<_> = (0..LEAVES).map(|it| leaf_hash(&it.to_be_bytes())).collect();
        let mut random = Random(3);
        // Making a proof hashes the whole tree: a few of them are verified again and again.
        let proofs: Vec<_> = (0..PROOFS)
            .map(|_| {
                let (index, mut proof) = (random.below(LEAVES), Vec::new());
                path(&leaves, index as usize, &mut proof);
                (index, proof)
            })
            .collect();
        Self { root: root(&leaves), leaves, proofs }
    }
}

/// The hashes beside the way from a leaf to the root (RFC 6962, section 2.1.1).
fn path(leaves: &[Hash], index: usize, proof: &mut Vec<Hash>) {
    if leaves.len() <= 1 {
        return;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    if index < left.len() {
        path(left, index, proof);
        proof.push(root(right));
    } else {
        path(right, index - left.len(), proof);
        proof.push(root(left));
    }
}

fn root(leaves: &[Hash]) -> Hash {
    if let [leaf] = leaves {
        return *leaf;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    node_hash(&root(left), &root(right))
}

#[inline(never)]
fn verify(tree: &Tree) {
    for (index, proof) in tree.proofs.iter().cycle().take(TIMES as usize) {
        let leaf = &tree.leaves[*index as usize];
        verify_inclusion(leaf, *index, LEAVES, black_box(proof), &tree.root)
            .expect("the leaf is in the tree");
    }
}
