//! The state machine against a model of it: random lives of several operations, with stale tokens, passing time, sweeps
//! and restarts, compared after every step. The model shares no code with the store and knows no SQL.

use std::collections::BTreeMap;

use operations::{Cancellation, Claim, Completion, ListFilter, Renewal, State, Store, SweepReport, Token};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use uuid::Uuid;

use crate::child::rounds;
use crate::lab::{Lab, failure, operation};

const LEASE_S: u64 = 30;
const RETENTION_S: u64 = 100;
const MAX_ATTEMPTS: u32 = 3;

#[derive(Debug, Clone)]
enum Step {
    Accept,
    Claim(usize),
    /// The number picks one of all tokens ever given, stale ones included.
    Renew(usize),
    Progress(usize, f64),
    Complete(usize),
    Fail(usize, bool),
    HandBack(usize),
    Cancel(usize),
    PassS(u64),
    Sweep,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let any_one = 0..100usize;
    prop_oneof![
        4 => Just(Step::Accept),
        5 => (1..4usize).prop_map(Step::Claim),
        2 => any_one.clone().prop_map(Step::Renew),
        2 => (any_one.clone(), 0.0..=1.0).prop_map(|(which, fraction)| Step::Progress(which, fraction)),
        3 => any_one.clone().prop_map(Step::Complete),
        3 => (any_one.clone(), any::<bool>()).prop_map(|(which, retry)| Step::Fail(which, retry)),
        1 => any_one.clone().prop_map(Step::HandBack),
        1 => any_one.prop_map(Step::Cancel),
        3 => (1..40u64).prop_map(Step::PassS),
        3 => Just(Step::Sweep),
        1 => Just(Step::Restart),
    ]
}

/// What an operation must look like.
#[derive(Debug, Clone, PartialEq)]
struct Life {
    state: State,
    attempt: u32,
    charged: u32,
    queued_ms: i64,
    ready_ms: i64,
    /// Its owner died without a word: it runs alone.
    alone: bool,
    alone_at_claim: bool,
    progress: f64,
    lease_until_ms: Option<i64>,
    finished_ms: Option<i64>,
    error: Option<String>,
    result: Option<String>,
    version: u64,
    /// A sweep found it expired.
    removed: bool,
}

#[derive(Debug, Default)]
struct Model {
    /// In the order of acceptance.
    lives: BTreeMap<Uuid, Life>,
    tokens: Vec<Token>,
    /// What this process believes to be at work, until its lease would have run out.
    at_work: BTreeMap<(Uuid, u32), i64>,
}

impl Life {
    fn new(now_ms: i64) -> Self {
        Self {
            queued_ms: now_ms,
            ready_ms: now_ms,
            alone: false,
            alone_at_claim: false,
            state: State::NotStarted,
            attempt: 0,
            charged: 0,
            progress: 0.0,
            lease_until_ms: None,
            finished_ms: None,
            error: None,
            result: None,
            version: 1,
            removed: false,
        }
    }

    fn is_ready(&self) -> bool {
        !self.state.is_terminal() && self.lease_until_ms.is_none()
    }

    fn expires_ms(&self) -> Option<i64> {
        self.finished_ms.map(|finished| finished + RETENTION_S as i64 * 1_000)
    }

    fn is_visible(&self, now_ms: i64) -> bool {
        !self.removed && self.expires_ms().is_none_or(|expires| now_ms < expires)
    }

    fn end(&mut self, state: State, now_ms: i64) {
        self.state = state;
        self.lease_until_ms = None;
        self.finished_ms = Some(now_ms);
    }

    /// The worker is gone; true if that was the last attempt.
    fn lose(&mut self, now_ms: i64) -> bool {
        self.lease_until_ms = None;
        let last = self.charged == MAX_ATTEMPTS;
        (self.alone, self.ready_ms) = (self.alone || !last, now_ms);
        if last {
            self.error = Some("workerLost".into());
            self.end(State::Failed, now_ms);
        }
        last
    }
}

impl Model {
    fn held(&mut self, token: Token) -> Option<&mut Life> {
        let life = self.lives.get_mut(&token.op)?;
        (life.attempt == token.attempt && life.lease_until_ms.is_some()).then_some(life)
    }

    fn token(&self, which: usize) -> Option<Token> {
        self.tokens.get(which % self.tokens.len().max(1)).copied()
    }

    fn claim(&mut self, n: usize, now_ms: i64) -> Vec<Token> {
        self.at_work.retain(|_, until_ms| *until_ms > now_ms);
        let somebody_is_alone = self.at_work.keys().any(|(op, _)| self.lives[op].alone_at_claim);
        let mut idle = self.at_work.is_empty();
        let impatient = |life: &Life| life.alone && life.ready_ms + 60_000 <= now_ms;
        let alone_first = self.lives.values().any(|life| life.is_ready() && impatient(life));
        if somebody_is_alone || !idle && alone_first {
            return Vec::new();
        }
        let mut ready: Vec<_> =
            self.lives.iter().filter(|(_, life)| life.is_ready()).map(|(&op, life)| (life.ready_ms, op)).collect();
        ready.sort_unstable();
        let mut taken = Vec::new();
        for (_, op) in ready {
            let life = self.lives.get_mut(&op).unwrap();
            if taken.len() == n || life.alone && !idle || alone_first && !life.alone {
                continue;
            }
            life.state = State::Running;
            life.attempt += 1;
            life.charged += 1;
            life.alone_at_claim = life.alone;
            life.lease_until_ms = Some(now_ms + LEASE_S as i64 * 1_000);
            taken.push(Token { op, seq: 0, attempt: life.attempt });
            self.at_work.insert((op, life.attempt), now_ms + LEASE_S as i64 * 1_000);
            idle = false;
            if life.alone {
                break;
            }
        }
        self.tokens.extend(&taken);
        taken
    }

    fn leaves(&mut self, token: Token) {
        self.at_work.remove(&(token.op, token.attempt));
    }

    fn renew(&mut self, token: Token, now_ms: i64) -> Renewal {
        let until_ms = now_ms + LEASE_S as i64 * 1_000;
        if let Some(life) = self.held(token) {
            life.lease_until_ms = Some(until_ms);
            if let Some(at_work) = self.at_work.get_mut(&(token.op, token.attempt)) {
                *at_work = until_ms;
            }
            return Renewal::Held;
        }
        self.leaves(token);
        let life = &self.lives[&token.op];
        // The last attempt hears of the cancellation, until the operation is removed.
        if life.state == State::Canceled && life.attempt == token.attempt && !life.removed {
            Renewal::CancelRequested
        } else {
            Renewal::Fenced
        }
    }

    fn change(&mut self, token: Token, change: impl FnOnce(&mut Life)) -> Completion {
        self.held(token).map_or(Completion::Fenced, |life| {
            change(life);
            Completion::Done
        })
    }

    fn sweep(&mut self, now_ms: i64) -> SweepReport {
        let mut report = SweepReport::default();
        for life in self.lives.values_mut() {
            if life.lease_until_ms.is_some_and(|until| until <= now_ms) {
                if life.lose(now_ms) {
                    report.failed += 1;
                } else {
                    report.requeued += 1;
                }
            }
            if !life.removed && !life.is_visible(now_ms) {
                life.removed = true;
                report.expired += 1;
            }
        }
        report
    }

    /// A folder belongs to one process, whose leases end with it; what several machines share does not hear of the end of one.
    fn restart(&mut self, now_ms: i64, shared: bool) {
        self.at_work.clear();
        if shared {
            return;
        }
        for life in self.lives.values_mut().filter(|life| life.lease_until_ms.is_some()) {
            life.lose(now_ms);
        }
    }
}

/// Makes one step in both and compares the answers.
async fn make(step: Step, lab: &Lab, store: &mut Option<Store>, model: &mut Model) {
    let now_ms = lab.now_ms();
    let open = store.as_ref().expect("open between steps");
    match step {
        Step::Accept => {
            let id = open.accept(operation("plan", "x")).await.unwrap().operation.id;
            model.lives.insert(id, Life::new(now_ms));
        }
        Step::Claim(n) => {
            let claims = open.claim("w", None, n).await.unwrap();
            let tokens: Vec<_> = claims.iter().map(|Claim { token, .. }| *token).collect();
            assert_eq!(tokens, model.claim(n, now_ms));
        }
        Step::Cancel(which) => {
            let Some(id) = model.lives.keys().nth(which % model.lives.len().max(1)).copied() else { return };
            cancel(open, id, model, now_ms).await;
        }
        Step::PassS(seconds) => lab.pass_s(seconds),
        Step::Sweep => assert_eq!(open.sweep().await.unwrap(), model.sweep(now_ms)),
        Step::Restart => {
            *store = None;
            *store = Some(lab.open().await);
            model.restart(now_ms, lab.url.is_some());
        }
        Step::Renew(which)
        | Step::Progress(which, _)
        | Step::Complete(which)
        | Step::Fail(which, _)
        | Step::HandBack(which) => {
            if let Some(token) = model.token(which) {
                make_with(token, step, open, model, now_ms).await;
            }
        }
    }
}

/// The steps of a worker, which may be a zombie.
async fn make_with(token: Token, step: Step, store: &Store, model: &mut Model, now_ms: i64) {
    match step {
        Step::Renew(_) => assert_eq!(store.renew(&token).await.unwrap(), model.renew(token, now_ms)),
        Step::Progress(_, fraction) => {
            store.report_progress(&token, fraction).await.unwrap();
            model.change(token, |life| life.progress = life.progress.max(fraction));
        }
        Step::Complete(_) => {
            let result = format!("by attempt {}", token.attempt);
            let expected = model.change(token, |life| {
                life.end(State::Succeeded, now_ms);
                life.progress = 1.0;
                life.result = Some(result.clone());
            });
            model.leaves(token);
            assert_eq!(store.complete(&token, result.into()).await.unwrap(), expected);
        }
        Step::Fail(_, retry) => {
            let expected = model.change(token, |life| {
                life.lease_until_ms = None;
                life.ready_ms = now_ms;
                if !retry || life.charged == MAX_ATTEMPTS {
                    life.error = Some("broken".into());
                    life.end(State::Failed, now_ms);
                }
            });
            model.leaves(token);
            assert_eq!(store.fail(&token, failure("broken"), retry).await.unwrap(), expected);
        }
        Step::HandBack(_) => {
            let expected = model.change(token, |life| {
                life.lease_until_ms = None;
                life.charged -= 1;
                life.ready_ms = life.queued_ms;
                if life.charged == 0 {
                    life.state = State::NotStarted;
                }
            });
            model.leaves(token);
            assert_eq!(store.hand_back(&token).await.unwrap(), expected);
        }
        other => unreachable!("{other:?} needs no token"),
    }
}

async fn cancel(store: &Store, id: Uuid, model: &mut Model, now_ms: i64) {
    let answer = store.request_cancel(id).await.unwrap();
    let life = model.lives.get_mut(&id).unwrap();
    if !life.is_visible(now_ms) {
        assert_eq!(answer, Cancellation::Unknown);
    } else if matches!(life.state, State::Succeeded | State::Failed) {
        assert!(matches!(answer, Cancellation::TooLate(_)), "{answer:?}");
    } else {
        assert!(matches!(answer, Cancellation::Canceled(_)), "{answer:?}");
        if life.state != State::Canceled {
            life.end(State::Canceled, now_ms);
        }
    }
}

/// What a reader sees must be what the model says, and a version must not fall.
async fn compare(store: &Store, model: &mut Model, now_ms: i64) {
    let mut visible = Vec::new();
    for (&id, life) in &mut model.lives {
        let seen = store.get(id).await.unwrap();
        assert_eq!(seen.is_some(), life.is_visible(now_ms), "{life:?}");
        let Some(seen) = seen else {
            assert_eq!(store.result(id).await.unwrap(), None);
            continue;
        };
        assert!(seen.version >= life.version);
        let seen_as = Life {
            state: seen.state,
            charged: seen.attempts as u32,
            progress: seen.progress,
            finished_ms: seen.finished_ms,
            error: seen.error.map(|error| error.code),
            result: store.result(id).await.unwrap().map(|bytes| String::from_utf8(bytes.to_vec()).unwrap()),
            version: life.version,
            ..life.clone()
        };
        assert_eq!(&seen_as, life);
        assert_eq!(seen.expires_ms, life.expires_ms());
        life.version = seen.version;
        visible.push(id);
    }
    visible.reverse();
    let listed = store.list(ListFilter { limit: 1_000, ..ListFilter::default() }).await.unwrap();
    assert_eq!(listed.iter().map(|listed| listed.id).collect::<Vec<_>>(), visible);
}

async fn live(mut lab: Lab, steps: Vec<Step>) {
    lab.options.lease_s = LEASE_S;
    lab.options.retention.default_s = RETENTION_S;
    lab.options.max_attempts = MAX_ATTEMPTS;
    // At once, so that the model need not know how the wait is spread.
    lab.options.retry_wait_ms = 0;
    let mut store = Some(lab.open().await);
    let mut model = Model::default();
    for step in steps {
        make(step, &lab, &mut store, &mut model).await;
        compare(store.as_ref().expect("open between steps"), &mut model, lab.now_ms()).await;
    }
}

/// Lives random lives, each in a laboratory of its own; `ROUNDSMAN_TORTURE_LIVES` says how many.
fn live_many(few: usize, runtime: &tokio::runtime::Runtime, lab: impl Fn() -> Lab) {
    let cases = rounds("ROUNDSMAN_TORTURE_LIVES", few) as u32;
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let steps = prop::collection::vec(step(), 1..60);
    let lived = runner.run(&steps, |steps| {
        runtime.block_on(live(lab(), steps));
        Ok(())
    });
    lived.unwrap();
}

#[test]
fn the_store_does_what_the_model_does_on_sqlite() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    live_many(24, &runtime, Lab::new);
}

#[test]
fn the_store_does_what_the_model_does_on_postgres() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    live_many(5, &runtime, || runtime.block_on(Lab::shared()));
}
