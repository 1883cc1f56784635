//! Simulated schedules: planner, workers, a zombie, a canceler and the sweeper take turns in every order that a seed gives.
//!
//! The transitions run on a database in memory, one after another as a serial database would order them, so that a million
//! schedules can be tried. After each step: an operation that has ended stays as it ended, versions only grow, progress never
//! falls, and what tenants are charged for is what the rows say. `ROUNDSMAN_TORTURE_SCHEDULES` says how many.

use bytes::Bytes;
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    Pending, Slots, Tx, accept, add_items, cancel, claim, complete, expire_lease, fail, flush, get, hand_back,
};
use super::{lost_leases, renew, report_progress, usage};
use crate::payload::Payload;
use crate::session::{Session, values};
use crate::work::Outcome;
use crate::{
    Completion, Error, Failure, NewItem, NewOperation, Operation, Output, Plan, Role, State, StoreOptions, Token,
};

/// A cheap source of choices (`SplitMix64`: Steele, Lea, Flood, 2014).
struct Choices(u64);

impl Choices {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

struct World {
    conn: Connection,
    options: StoreOptions,
    now_ms: i64,
    op: Uuid,
    tokens: Vec<(Token, Role)>,
    last: Option<Operation>,
}

impl World {
    fn new(conn: Connection, number: u128) -> Self {
        let mut options = StoreOptions { retry_wait_ms: 0, max_attempts: 2, ..StoreOptions::default() };
        options.lease_s = 10;
        Self { conn, options, now_ms: 1_000, op: Uuid::from_u128(number), tokens: Vec::new(), last: None }
    }

    fn run<T>(&mut self, command: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>) -> T {
        let mut pending = Pending::default();
        let mut session = &self.conn;
        let mut tx = Tx {
            session: &mut session,
            now_ms: self.now_ms,
            options: &self.options,
            pending: &mut pending,
            in_doubt: false,
        };
        let done = command(&mut tx).unwrap();
        flush(&mut session, &pending, &self.options).unwrap();
        done
    }

    fn token(&self, choices: &mut Choices) -> Option<(Token, Role)> {
        (!self.tokens.is_empty()).then(|| self.tokens[choices.below(self.tokens.len())])
    }

    /// One step of somebody; which, the choices say.
    fn step(&mut self, choices: &mut Choices) {
        self.now_ms += 1;
        match choices.below(10) {
            0..=2 => {
                let slots = Slots { free: 1, batch: 1, idle: true, only_alone: false };
                let taken = self.run(|tx| claim(tx, "w", None, slots));
                self.tokens.extend(taken.iter().map(|item| (item.token, item.role)));
            }
            3..=5 => self.finish(choices),
            6 => {
                if let Some((token, _)) = self.token(choices) {
                    let retry = choices.below(3) > 0;
                    let why = Failure { code: "broken".into(), message: String::new() };
                    self.run(|tx| fail(tx, token, &why, retry));
                }
            }
            7 => {
                if let Some((token, _)) = self.token(choices) {
                    match choices.below(3) {
                        0 => drop(self.run(|tx| hand_back(tx, token))),
                        1 => drop(self.run(|tx| renew(tx, token))),
                        _ => drop(self.run(|tx| report_progress(tx, token, 0.5, None))),
                    }
                }
            }
            8 => {
                self.now_ms += 11_000;
                for lost in lost_leases(&mut &self.conn, 10, self.now_ms).unwrap() {
                    self.run(|tx| expire_lease(tx, &lost, true, "was lost"));
                }
            }
            _ => {
                if choices.below(4) == 0 {
                    let op = self.op;
                    self.run(|tx| cancel(tx, op));
                }
            }
        }
    }

    /// Some token, fresh or stale, ends its attempt as its role does.
    fn finish(&mut self, choices: &mut Choices) {
        let Some((token, role)) = self.token(choices) else { return };
        let output = if role == Role::Planner {
            let input = || Payload::Inline(Bytes::from_static(b"part"));
            let parts: Vec<_> = (1..=3)
                .map(|seq| (NewItem { seq, input: Bytes::new(), weight: 1, required: seq != 2 }, input()))
                .collect();
            if self.run(|tx| add_items(tx, token, &parts)).0 == Completion::Fenced {
                return;
            }
            self.check();
            Output::planned(Plan { join: true, expected: None })
        } else {
            Output(Outcome::Payload(Payload::Inline(Bytes::copy_from_slice(&token.attempt.to_be_bytes()))))
        };
        self.run(|tx| complete(tx, token, &output));
    }

    fn check(&mut self) {
        let seen = get(&mut &self.conn, self.op, self.now_ms).unwrap().unwrap();
        if let Some(last) = &self.last {
            assert!(seen.version >= last.version && seen.progress >= last.progress, "{last:?} became {seen:?}");
            if last.state.is_terminal() {
                assert_eq!(&seen, last, "terminal is terminal");
            }
        }
        assert!(seen.items_done + seen.items_failed <= seen.items_total);
        let used = usage(&mut &self.conn, "t").unwrap();
        let rows = (&self.conn)
            .row("SELECT coalesce(sum(state = 'ready'), 0), coalesce(sum(state = 'leased'), 0) FROM item", values![])
            .unwrap()
            .unwrap();
        assert_eq!((used.queued, used.running), (rows.count(0).unwrap(), rows.count(1).unwrap()));
        if seen.state.is_terminal() {
            assert_eq!((used.queued, used.running), (0, 0), "an operation that ended has nothing to do");
        }
        self.last = Some(seen);
    }
}

fn empty(conn: &Connection) {
    conn.execute_batch("DELETE FROM operation; DELETE FROM item; DELETE FROM payload; DELETE FROM tenant_usage")
        .unwrap();
}

#[test]
fn any_order_ends_in_one_way() {
    let schedules = std::env::var("ROUNDSMAN_TORTURE_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let mut ends = [0; 3];
    let mut conn = Connection::open_in_memory().unwrap();
    conn.set_prepared_statement_cache_capacity(128);
    conn.execute_batch(include_str!("../sqlite/schema_1.sql")).unwrap();
    conn.execute_batch(include_str!("../sqlite/schema_2.sql")).unwrap();
    for seed in 0..schedules {
        let mut choices = Choices(seed);
        let mut world = World::new(conn, u128::from(seed) + 1);
        let (op, planned) = (world.op, choices.below(2) == 0);
        let new = NewOperation { id: op, tenant: "t".into(), kind: "k".into(), planned, ..NewOperation::default() };
        let request = Payload::Inline(Bytes::from_static(b"request"));
        world.run(|tx| accept(tx, &new, &request, None));
        world.check();
        for _ in 0..40 {
            world.step(&mut choices);
            world.check();
        }
        match world.last.as_ref().map(|seen| seen.state) {
            Some(State::Succeeded) => ends[0] += 1,
            Some(State::Failed) => ends[1] += 1,
            Some(State::Canceled) => ends[2] += 1,
            _ => {}
        }
        empty(&world.conn);
        conn = world.conn;
    }
    assert!(ends.iter().all(|&count| count > schedules / 50), "each end is met: {ends:?} of {schedules}");
}
