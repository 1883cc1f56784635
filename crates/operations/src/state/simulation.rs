//! Simulated schedules: planner, workers, a zombie, a canceler and the sweeper take turns in every order that a seed gives.
//!
//! The transitions run on a database in memory, one after another as a serial database would order them, so that a million
//! schedules can be tried. A planner adds parts; a join ends the operation or adds the parts of a next stage, of which there are up to
//! three; either may die between adding and completing, and whoever begins again may cut another number of parts than the first did.
//! After each step: an operation that has ended stays as it ended, versions only grow, progress never falls, what tenants are
//! charged for is what the rows say, and a join that can be taken has nothing at work in front of it. `ROUNDSMAN_TORTURE_SCHEDULES`
//! says how many.

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

/// The last number of a join that may add a stage: the planner is 0, joins come behind their parts.
const LAST_CUTTER: u32 = 8;

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
    /// Writes of workers that came too late.
    fenced: u64,
    /// Planners and joins that died between adding parts and completing.
    died: u64,
    /// Joins that were claimed.
    joins: u64,
    /// How many rows had been changed when it was last looked at: what has not changed since needs no second look.
    looked_at: u64,
}

impl World {
    fn new(conn: Connection, number: u128) -> Self {
        let mut options = StoreOptions { retry_wait_ms: 0, max_attempts: 2, ..StoreOptions::default() };
        options.lease_s = 10;
        Self {
            conn,
            options,
            now_ms: 1_000,
            op: Uuid::from_u128(number),
            tokens: Vec::new(),
            last: None,
            fenced: 0,
            died: 0,
            joins: 0,
            looked_at: u64::MAX,
        }
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

    /// Somebody who claimed: mostly one of the last, else one that may be long fenced.
    fn token(&self, choices: &mut Choices) -> Option<(Token, Role)> {
        let oldest = if choices.below(4) == 0 { 0 } else { self.tokens.len().saturating_sub(3) };
        (!self.tokens.is_empty()).then(|| self.tokens[oldest + choices.below(self.tokens.len() - oldest)])
    }

    /// One step of somebody; which, the choices say.
    fn step(&mut self, choices: &mut Choices) {
        self.now_ms += 1;
        match choices.below(16) {
            0..=3 => {
                let slots = Slots { free: 1, batch: 1, idle: true, only_alone: false };
                let taken = self.run(|tx| claim(tx, "w", None, slots));
                self.joins += taken.iter().filter(|item| item.role == Role::Join).count() as u64;
                self.tokens.extend(taken.iter().map(|item| (item.token, item.role)));
            }
            4..=10 => self.finish(choices),
            11 => {
                if let Some((token, _)) = self.token(choices) {
                    let retry = choices.below(5) > 0;
                    let why = Failure { code: "broken".into(), message: String::new() };
                    let done = self.run(|tx| fail(tx, token, &why, retry));
                    self.fenced += u64::from(done == Completion::Fenced);
                }
            }
            12 => {
                if let Some((token, _)) = self.token(choices) {
                    match choices.below(3) {
                        0 => drop(self.run(|tx| hand_back(tx, token))),
                        1 => drop(self.run(|tx| renew(tx, token))),
                        _ => drop(self.run(|tx| report_progress(tx, token, 0.5, None))),
                    }
                }
            }
            13 => {
                self.now_ms += 11_000;
                for lost in lost_leases(&mut &self.conn, 10, self.now_ms).unwrap() {
                    self.run(|tx| expire_lease(tx, &lost, true, "was lost"));
                }
            }
            _ => {
                if choices.below(12) == 0 {
                    let op = self.op;
                    self.run(|tx| cancel(tx, op));
                }
            }
        }
    }

    /// Some token, fresh or stale, ends its attempt as its role does.
    fn finish(&mut self, choices: &mut Choices) {
        let Some((token, role)) = self.token(choices) else { return };
        let cuts = match role {
            Role::Planner => true,
            Role::Join => token.seq <= LAST_CUTTER && choices.below(2) == 0,
            Role::Whole | Role::Part => false,
        };
        let output = if cuts {
            let input = || Payload::Inline(Bytes::from_static(b"part"));
            // Mostly as many, so that who begins again finds his own.
            let count = if choices.below(4) == 0 { 2 } else { 3 };
            let parts: Vec<_> = (token.seq + 1..=token.seq + count)
                .map(|seq| (NewItem { seq, input: Bytes::new(), weight: 1, required: seq % 4 != 2 }, input()))
                .collect();
            if self.run(|tx| add_items(tx, token, &parts)).0 == Completion::Fenced {
                self.fenced += 1;
                return;
            }
            self.check();
            if choices.below(3) < if role == Role::Join { 2 } else { 1 } {
                // It dies here: its token stays among those that may wake up later.
                self.died += 1;
                return;
            }
            let expected = (choices.below(2) == 0).then_some(9);
            Output::planned(Plan { join: true, expected })
        } else {
            Output(Outcome::Payload(Payload::Inline(Bytes::copy_from_slice(&token.attempt.to_be_bytes()))))
        };
        let done = self.run(|tx| complete(tx, token, &output));
        self.fenced += u64::from(done == Completion::Fenced);
    }

    fn check(&mut self) {
        let changes = self.conn.total_changes();
        if self.looked_at == changes {
            return;
        }
        self.looked_at = changes;
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
        let early = (&self.conn)
            .row(
                "SELECT 1 FROM item AS the_join JOIN item AS part ON part.op = the_join.op AND part.seq < the_join.seq
                 WHERE the_join.role = 'join' AND the_join.state IN ('ready', 'leased') AND part.state IN ('ready', 'leased')",
                values![],
            )
            .unwrap();
        assert!(early.is_none(), "a join begins when all in front of it has ended");
        let unanswered = seen.state == State::Succeeded && !seen.has_result;
        assert!(!unanswered, "what succeeded has a result: {seen:?}");
        self.last = Some(seen);
    }
}

/// Says something that is seen also when the test goes well.
fn report(text: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes());
}

/// How often a long run says how far it is.
const REPORT_EVERY: u64 = 50_000;

#[test]
fn any_order_ends_in_one_way() {
    let schedules =
        std::env::var("ROUNDSMAN_TORTURE_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let (mut ends, mut fenced, mut died, mut joins) = ([0; 3], 0, 0, 0);
    let mut conn = Connection::open_in_memory().unwrap();
    conn.set_prepared_statement_cache_capacity(128);
    conn.execute_batch(include_str!("../sqlite/schema_1.sql")).unwrap();
    conn.execute_batch(include_str!("../sqlite/schema_2.sql")).unwrap();
    for seed in 0..schedules {
        // A schedule is one transaction, which is undone at its end: cheaper than many, and nothing to clean up.
        conn.execute_batch("BEGIN").unwrap();
        let mut choices = Choices(seed);
        let mut world = World::new(conn, u128::from(seed) + 1);
        let (op, planned) = (world.op, choices.below(2) == 0);
        let new = NewOperation { id: op, tenant: "t".into(), kind: "k".into(), planned, ..NewOperation::default() };
        let request = Payload::Inline(Bytes::from_static(b"request"));
        world.run(|tx| accept(tx, &new, &request, None));
        world.check();
        for _ in 0..60 {
            world.step(&mut choices);
            world.check();
        }
        match world.last.as_ref().map(|seen| seen.state) {
            Some(State::Succeeded) => ends[0] += 1,
            Some(State::Failed) => ends[1] += 1,
            Some(State::Canceled) => ends[2] += 1,
            _ => {}
        }
        fenced += world.fenced;
        died += world.died;
        joins += world.joins;
        conn = world.conn;
        conn.execute_batch("ROLLBACK").unwrap();
        if (seed + 1) % REPORT_EVERY == 0 {
            report(&format!("{} schedules so far", seed + 1));
        }
    }
    let [succeeded, failed, canceled] = ends;
    report(&format!(
        "schedules: {schedules} · succeeded {succeeded} · failed {failed} · canceled {canceled} · undecided {} · ended in two ways \
         0 · fenced {fenced} · joins {joins} · died between adding and completing {died}",
        schedules - ends.iter().sum::<u64>()
    ));
    assert!(ends.iter().all(|&count| count > schedules / 50), "each end is met: {ends:?} of {schedules}");
    assert!(died > schedules / 10 && joins > schedules / 20, "{died} died, {joins} joins of {schedules}");
}
