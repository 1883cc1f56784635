//! Workers: take accepted questions from the store, run them, store what came out.
//!
//! One task claims for all threads of the node, as much as they have room for ([`super::hand`]); each item then has a task of its
//! own, which sees it through: the lease, the run on a thread ([`super::job`]), the completion. So a thread goes on to the next item
//! while the last one's completion is committed, and what ends at about the same time is committed in one group.
//!
//! An item's task renews its lease three times per term; its claim's token fences every write, so a worker that was given up for dead
//! can waste time but never replace a result. It runs the question over the dataset that the operation was accepted with, whichever
//! is active by then. A panic in a question is a failed attempt, not a dead worker; a store that cannot be reached is tried again. The
//! way after a crash is the usual way: what was claimed and not completed is claimed again.
//!
//! What no thread takes up in time is handed back, and so is what runs when the program stops and the grace is over. The attempt is
//! then not counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use engine::{Budget, OperationView, Watch};
use operations::{Claim, Clock, Completion, Failure, NewItem, Output, Plan, Priority, Renewal, Store, Token};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;
use wire::{Cut, LongQuestion};

use super::hand::{Hand, Held, PATIENCE};
use super::importing::{ImportSettings, Imported};
use super::incumbents::{Incumbent, Incumbents};
use super::job::{Job, Product, failure};
use super::live::Live;
use super::maps::{self, Maps};
use super::metrics::Metrics;
use super::pool::{Line, Pool, PoolError};
use super::stop::{Phase, Stopping};
use super::trace::Trace;
use super::view::view;
use super::webhook::{self, Webhook};
use crate::config::Webhooks;

/// How long a node without work waits for a hint before it looks by itself, since hints may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often progress is written down, at most.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// What all items share.
pub(crate) struct Workshop {
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) live: Arc<Live>,
    pub(crate) maps: Arc<Maps>,
    pub(crate) import: ImportSettings,
    pub(crate) pool: Pool,
    pub(crate) hand: Arc<Hand>,
    pub(crate) questions: HashMap<&'static str, &'static LongQuestion>,
    pub(crate) webhooks: Webhooks,
    pub(crate) clock: Clock,
    pub(crate) lease: Duration,
    pub(crate) stopping: Stopping,
}

/// What a thread made of an item; nothing where it was withdrawn before a thread took it up.
type Ran = Result<Option<Result<Product, wire::Failure>>, PoolError>;

/// How an attempt ended.
enum Ending {
    /// With a result or a failure to write down.
    Outcome(Result<Product, wire::Failure>),
    /// Without: the operation was cancelled or belongs to somebody else by now.
    Dropped,
    /// Without: no thread took it up in time, or the program stops.
    HandBack,
}

/// Claims for the node until it stops, and sees every item through.
pub(crate) async fn work(shop: Arc<Workshop>, name: String) {
    let kinds: Vec<&str> = shop.questions.keys().copied().chain([Webhook::KIND]).collect();
    let mut attempts = JoinSet::new();
    while !shop.stopping.is(Phase::Draining) {
        let room = shop.hand.room();
        if room.all > 0 {
            let claims = shop.claim(&name, &kinds, room).await;
            let has_more = !claims.is_empty();
            for claim in claims {
                attempts.spawn(Arc::clone(&shop).attempt(claim));
            }
            if has_more {
                continue;
            }
        }
        tokio::select! {
            () = shop.store.ready().notified(), if room.all > 0 => {}
            () = shop.hand.freed().notified() => {}
            Some(_) = attempts.join_next() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shop.stopping.reached(Phase::Draining) => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}

impl Workshop {
    /// Takes what there is room for.
    async fn claim(&self, name: &str, kinds: &[&str], room: operations::Room) -> Vec<Claim> {
        let asked = Instant::now();
        let claims = self.store.claim(name, Some(kinds), room).await;
        self.metrics.claim.note(asked.elapsed());
        match claims {
            Ok(claims) => {
                if claims.is_empty() && self.hand.is_empty() {
                    self.live.unpin();
                }
                claims
            }
            Err(error) => {
                tracing::error!(%error, "cannot claim work");
                Vec::new()
            }
        }
    }

    /// Sees an item through that was claimed, and writes down how it ended.
    async fn attempt(self: Arc<Self>, claim: Claim) {
        let (token, begun) = (claim.token, Instant::now());
        let line = if claim.priority == Priority::Interactive { Line::Urgent } else { Line::Patient };
        let held = self.hand.take(line);
        let cancel = Arc::new(AtomicBool::new(false));
        let progress = Arc::new(AtomicU64::new(0.0_f64.to_bits()));
        let incumbents = Arc::new(Incumbents::default());
        let budget = {
            let progress = Arc::clone(&progress);
            Budget::until(Arc::clone(&cancel))
                .of_age(self.age(&claim))
                .reporting(move |done| progress.store(done.to_bits(), Ordering::Relaxed))
                .watched_by(Arc::clone(&incumbents) as Arc<dyn Watch>)
        };
        let ended = match claim.parent {
            Some(parent) if claim.kind == Webhook::KIND => Some(self.ended(parent).await),
            _ => None,
        };
        let job = self.job(claim);
        let (webhooks, now_ms) = (self.webhooks.clone(), self.clock.now_ms());
        let (taken, metrics) = (Arc::clone(&held), Arc::clone(&self.metrics));
        let span = span_of(&job.claim);
        let within = span.clone();
        let run = self.pool.run_in(line, move || {
            let _running = taken.begin()?;
            let _within = within.entered();
            metrics.attempts.add(1);
            tracing::info!("work begins");
            Some(match ended {
                Some(Ok(ended)) => webhook::tell(&job.claim, ended, &webhooks, now_ms).map(Product::Bytes),
                Some(Err(failure)) => Err(failure),
                None => job.run(&budget),
            })
        });
        let seen_through = async {
            let ending = self.attend(&token, run, &held, &cancel, &progress, &incumbents).await;
            self.metrics.work.note(begun.elapsed());
            if let Err(error) = self.record(&token, ending).await {
                // The lease runs out, and the question is answered again.
                tracing::error!(%error, "cannot write down how the work ended");
            }
        };
        seen_through.instrument(span).await;
    }

    /// How long ago the question was accepted, by the store's clock: it gave the lease just now.
    fn age(&self, claim: &Claim) -> Duration {
        let now_ms = claim.lease_until_ms - i64::try_from(self.lease.as_millis()).unwrap_or(i64::MAX);
        Duration::from_millis(u64::try_from(now_ms - claim.created_ms).unwrap_or(0))
    }

    fn job(&self, claim: Claim) -> Job {
        let question = self.questions.get(claim.kind.as_str()).copied();
        let (live, maps, store) = (Arc::clone(&self.live), Arc::clone(&self.maps), self.store.clone());
        Job { claim, question, live, maps, import: self.import, store, runtime: Handle::current() }
    }

    /// How an operation ended whose end is to be told; none if it is gone by now.
    async fn ended(&self, id: Uuid) -> Result<Option<OperationView>, wire::Failure> {
        let found = self.store.get(id).await;
        let found = found.map_err(|error| failure("StoreUnavailable", &error.to_string(), true))?;
        Ok(found.map(|operation| view(operation, 1)))
    }

    /// Waits for the end of `run`, keeping the lease and passing on a wish to cancel.
    async fn attend(
        &self,
        token: &Token,
        run: impl Future<Output = Ran>,
        held: &Held,
        cancel: &AtomicBool,
        progress: &AtomicU64,
        incumbents: &Incumbents,
    ) -> Ending {
        let mut run = std::pin::pin!(run);
        // The claim is as good as a renewal, so the first one comes a period later: small work needs none at all.
        let period = self.lease / 3;
        let mut renew = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        let mut report = tokio::time::interval(REPORT_EVERY);
        let mut patience = std::pin::pin!(self.out_of_patience());
        let mut reported = 0.0;
        let (mut wanted, mut may_wait) = (true, true);
        loop {
            tokio::select! {
                done = &mut run => return match outcome(done) {
                    Some(outcome) if wanted => Ending::Outcome(outcome),
                    Some(_) => Ending::Dropped,
                    None => Ending::HandBack,
                },
                () = self.stopping.reached(Phase::Over) => {
                    cancel.store(true, Ordering::Relaxed);
                    return Ending::HandBack;
                }
                () = &mut patience, if may_wait => {
                    if held.withdraw() {
                        return Ending::HandBack;
                    }
                    may_wait = false;
                }
                _ = renew.tick(), if wanted => match self.store.renew(token).await {
                    Ok(Renewal::Held) => {}
                    Ok(Renewal::CancelRequested | Renewal::Fenced) => {
                        cancel.store(true, Ordering::Relaxed);
                        wanted = false;
                    }
                    Err(error) => tracing::warn!(%error, "cannot renew the lease"),
                },
                _ = report.tick(), if wanted => {
                    let done = f64::from_bits(progress.load(Ordering::Relaxed));
                    if self.report(token, done, done > reported, incumbents.take()).await.is_ok() {
                        reported = done.max(reported);
                    }
                }
            }
        }
    }

    /// From when on an item that was not begun is somebody else's.
    async fn out_of_patience(&self) {
        tokio::select! {
            () = tokio::time::sleep(PATIENCE) => {}
            () = self.stopping.reached(Phase::Draining) => {}
        }
    }

    /// Writes down how far the work is and the best answer so far, where there is news of them.
    async fn report(
        &self,
        token: &Token,
        done: f64,
        has_moved: bool,
        incumbent: Option<Incumbent>,
    ) -> Result<(), operations::Error> {
        match incumbent {
            Some(best) => self.store.report_incumbent(token, done, &best.rank, Bytes::from(best.answer)).await,
            None if has_moved => self.store.report_progress(token, done).await,
            None => Ok(()),
        }
    }

    async fn record(&self, token: &Token, ending: Ending) -> Result<(), operations::Error> {
        match ending {
            Ending::Outcome(Ok(product)) => {
                let asked = Instant::now();
                let completion = self.complete(token, product).await?;
                self.metrics.commit.note(asked.elapsed());
                self.metrics.completed.add(u64::from(completion == Completion::Done));
                tracing::info!(?completion, "work ended with a result");
            }
            Ending::Outcome(Err(failure)) => {
                tracing::warn!(code = failure.code, failure.message, "work failed");
                let why = Failure { code: failure.code, message: failure.message };
                self.metrics.failed.add(1);
                self.store.fail(token, why, failure.retry).await?;
            }
            Ending::Dropped => tracing::info!("work dropped: cancelled, or begun by another"),
            Ending::HandBack => {
                let completion = self.store.hand_back(token).await?;
                self.metrics.handed_back.add(u64::from(completion == Completion::Done));
                tracing::info!(?completion, "work handed back");
            }
        }
        Ok(())
    }

    /// Hands in what an item came to.
    async fn complete(&self, token: &Token, product: Product) -> Result<Completion, operations::Error> {
        let stage = match product {
            Product::Bytes(result) => return self.store.complete(token, Bytes::from(result)).await,
            Product::Stored(output) => return self.store.complete_with(token, output).await,
            Product::Imported(Imported { result, activate: Some(id) }) => {
                let pointer = (maps::ACTIVE, id.as_str());
                return self.store.complete_and_point(token, Bytes::from(result), pointer).await;
            }
            Product::Imported(Imported { result, activate: None }) => {
                return self.store.complete(token, Bytes::from(result)).await;
            }
            Product::Cuts(stage) => stage,
        };
        // A planner is the first item, and a join comes behind all parts of its stage: so the numbers are new, and the same again
        // whoever adds them.
        let items = (token.seq + 1..).zip(stage.cuts).map(|(seq, cut)| {
            let Cut { input, weight, required } = cut;
            NewItem { seq, input: Bytes::from(input), weight, required }
        });
        if self.store.add_items(token, items.collect()).await? == Completion::Fenced {
            return Ok(Completion::Fenced);
        }
        self.store
            .complete_with(
                token,
                Output::planned(Plan { expected: stage.expected.map(|parts| parts as u64), join: true }),
            )
            .await
    }
}

/// The span of an attempt, which what it logs and what it calls belong to.
fn span_of(claim: &Claim) -> tracing::Span {
    let Claim { token, kind, traceparent, .. } = claim;
    let accepted = traceparent.as_deref().and_then(Trace::read);
    let trace = Trace::of_attempt(traceparent.as_deref(), token);
    tracing::info_span!(
        "item",
        operation = %token.op,
        item = token.seq,
        attempt = token.attempt,
        kind,
        trace_id = trace.trace_id(),
        span_id = trace.span_id(),
        parent_id = accepted.as_ref().map(Trace::span_id),
    )
}

/// What the pool made of it: a panic is a failed attempt, and another attempt may end better.
fn outcome(done: Ran) -> Option<Result<Product, wire::Failure>> {
    match done {
        Ok(result) => result,
        Err(PoolError::Panicked(why)) => {
            Some(Err(failure("InternalError", &format!("a fault of the program: {why}"), true)))
        }
        Err(PoolError::Full) => Some(Err(failure("InternalError", "there is no thread for the work", true))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::stop::{Stopper, stopper};
    use engine::{Engine, Milestone, OperationView, Settings};
    use operations::{NewOperation, Operation, State, StoreOptions};
    use wire::{Found, Join, Parts, Poll, Request, Response, Stretch};

    static POLL: Poll = Poll { id: |_| Ok(String::new()), kinds: &[], render: |_, _: &Found| Response::empty(200) };

    type Run = fn(&Engine, &Request, &Budget) -> Result<Vec<u8>, wire::Failure>;

    const fn question(kind: &'static str, run: Run) -> LongQuestion {
        let accepted: fn(&Request, &OperationView) -> Response = |_, _| Response::empty(202);
        LongQuestion {
            kind,
            check: |_, _| Ok(()),
            accepted,
            run,
            wait: |_| Duration::ZERO,
            parts: &[],
            import: None,
            poll: &POLL,
        }
    }

    static ECHO: LongQuestion = question("test.echo", |_, request, _| Ok(request.body.clone()));
    static PANIC: LongQuestion = question("test.panic", |_, _, _| panic!("out of tea"));
    static PATIENT: LongQuestion = question("test.patient", |_, _, budget| {
        while !budget.is_spent() {
            std::thread::yield_now();
        }
        Err(failure("Canceled", "told to stop", false))
    });

    /// Answers each letter by itself; the letter `x` cannot be answered, and is done without.
    const LETTERS: Parts = Parts {
        form: 1,
        is_large: |_, _| true,
        cut: |_, request, _| {
            let cut = |letter: &u8| Cut { input: vec![*letter], weight: 1, required: *letter != b'x' };
            Ok(request.body.iter().map(cut).collect::<Vec<_>>().into())
        },
        run: |_, _, input, _| match input {
            b"x" => Err(failure("NoSuchLetter", "x is none", false)),
            letter => Ok(letter.to_ascii_uppercase()),
        },
        next: None,
        join: Join::Written(|_, request, pieces, _, sink| {
            for number in 0..request.body.len() {
                sink.write_all(&pieces.piece(number)?.unwrap_or_else(|_| b"-".to_vec())).unwrap();
            }
            Ok(())
        }),
    };
    /// Answers each letter twice, in a form of their own.
    const TWICE: Parts = Parts { form: 2, run: |_, _, input, _| Ok(input.to_ascii_uppercase().repeat(2)), ..LETTERS };
    /// In a third, the answer is a list of stretches of what they came to: the second letter of two.
    const LISTED: Parts = Parts {
        form: 3,
        join: Join::Listed(|_, request, pieces, _| {
            assert_eq!((pieces.len(0)?, pieces.bytes(1, 1..2)??), (2, b"E".to_vec()));
            let stretch = |number| [Stretch::Text(b"-".to_vec()), Stretch::Of(number, 1..2)];
            Ok((0..request.body.len()).flat_map(stretch).collect())
        }),
        ..TWICE
    };
    static CUT: LongQuestion =
        LongQuestion { parts: &[&LISTED, &TWICE, &LETTERS], ..question("test.cut", |_, _, _| Ok(Vec::new())) };
    static SEARCH: LongQuestion = question("test.search", |_, _, budget| {
        let milestone = Milestone { elapsed: Duration::ZERO, steps: 1, priority: 3, cost: 4, unscheduled: 0 };
        budget.improved(&milestone, &|| Some(b"a plan".to_vec()));
        while !budget.is_spent() {
            std::thread::yield_now();
        }
        Err(failure("Canceled", "told to stop", false))
    });

    /// A workshop with one worker, in a folder of its own.
    struct Scene {
        shop: Arc<Workshop>,
        stopper: Stopper,
        worker: tokio::task::JoinHandle<()>,
        _folder: tempfile::TempDir,
    }

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let options = StoreOptions {
                lease_s: 1,
                max_attempts: 2,
                retry_wait_ms: 0,
                schema_version: 4,
                ..StoreOptions::default()
            };
            let (stopper, stopping) = stopper();
            let store = Store::open(folder.path(), options).unwrap();
            let shop = Arc::new(Workshop {
                metrics: Arc::default(),
                maps: Arc::new(Maps::new(folder.path(), store.clone(), false)),
                import: ImportSettings::default(),
                store,
                live: Arc::new(Live::open(folder.path(), Settings::default(), None)),
                pool: Pool::start("work", 1, 8, 0).unwrap(),
                hand: Arc::new(Hand::new(1, 0)),
                questions: [&ECHO, &PANIC, &PATIENT, &CUT, &SEARCH].map(|question| (question.kind, question)).into(),
                webhooks: Webhooks::default(),
                clock: Clock::system(),
                lease: Duration::from_secs(1),
                stopping,
            });
            let worker = tokio::spawn(work(Arc::clone(&shop), "worker".to_owned()));
            Self { shop, stopper, worker, _folder: folder }
        }

        async fn accept(&self, kind: &str) -> Operation {
            self.accept_in_form(kind, 1).await
        }

        async fn accept_in_form(&self, kind: &str, schema_version: u32) -> Operation {
            let request = Request {
                method: wire::Method::Post,
                path: "/".into(),
                query: String::new(),
                headers: Vec::new(),
                body: b"hello".to_vec(),
                base_url: String::new(),
                received_ms: 0,
            };
            let request = Bytes::from(request.to_stored(&[]));
            let (id, tenant, kind) = (operations::new_id(), "t".to_owned(), kind.to_owned());
            let planned = kind == CUT.kind;
            let new = NewOperation { id, tenant, kind, request, planned, schema_version, ..NewOperation::default() };
            self.shop.store.accept(new).await.unwrap().operation
        }

        async fn end(&self, operation: &Operation) -> Operation {
            self.shop.store.wait_terminal(operation.id, Duration::from_mins(1)).await.unwrap().unwrap()
        }

        async fn begin(&self, operation: &Operation) -> Operation {
            let mut now = operation.clone();
            while now.state == State::NotStarted {
                now = self.shop.store.changed(now.id, now.version, Duration::from_mins(1)).await.unwrap().unwrap();
            }
            assert_eq!(now.state, State::Running);
            now
        }
    }

    #[tokio::test]
    async fn what_was_accepted_is_answered_by_its_question() {
        let scene = Scene::new();
        let accepted = scene.accept("test.echo").await;
        assert_eq!(scene.end(&accepted).await.state, State::Succeeded);
        assert_eq!(scene.shop.store.result(accepted.id).await.unwrap().as_deref(), Some(&b"hello"[..]));
    }

    #[tokio::test]
    async fn a_panic_is_a_failed_attempt_and_the_worker_lives_on() {
        let scene = Scene::new();
        let ended = scene.end(&scene.accept("test.panic").await).await;
        assert_eq!((ended.state, ended.attempts), (State::Failed, 2));
        assert!(ended.error.unwrap().message.contains("out of tea"));
        assert_eq!(scene.end(&scene.accept("test.echo").await).await.state, State::Succeeded);
    }

    #[tokio::test]
    async fn cancelled_work_stops_and_frees_its_thread() {
        let scene = Scene::new();
        let patient = scene.accept("test.patient").await;
        scene.begin(&patient).await;
        scene.shop.store.request_cancel(patient.id).await.unwrap();
        assert_eq!(scene.end(&patient).await.state, State::Canceled);
        assert_eq!(scene.end(&scene.accept("test.echo").await).await.state, State::Succeeded);
    }

    #[tokio::test]
    async fn work_that_outlives_the_grace_is_handed_back_uncharged() {
        let scene = Scene::new();
        let patient = scene.accept("test.patient").await;
        scene.begin(&patient).await;
        scene.stopper.advance(Phase::Draining);
        scene.stopper.advance(Phase::Over);
        scene.worker.await.unwrap();
        let back = scene.shop.store.get(patient.id).await.unwrap().unwrap();
        assert_eq!((back.state.is_terminal(), back.attempts), (false, 0));
        assert_eq!(scene.shop.store.claim("next", None, 1).await.unwrap()[0].token.op, patient.id);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_large_question_is_worked_on_in_parts() {
        let scene = Scene::new();
        // In the form that it was accepted in, whatever is the newest.
        for (form, answer) in [(1, &b"HELLO"[..]), (2, b"HHEELLLLOO"), (3, b"-H-E-L-L-O")] {
            let ended = scene.end(&scene.accept_in_form("test.cut", form).await).await;
            assert_eq!((ended.state, ended.items_done, ended.items_total), (State::Succeeded, 5, 5));
            assert_eq!(scene.shop.store.result(ended.id).await.unwrap().as_deref(), Some(answer));
        }
        let unknown = scene.end(&scene.accept_in_form("test.cut", 4).await).await;
        assert_eq!((unknown.state, unknown.error.unwrap().code.as_str()), (State::Failed, "UnknownKind"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cancelled_search_keeps_its_best_plan() {
        let scene = Scene::new();
        let search = scene.accept("test.search").await;
        let mut now = scene.begin(&search).await;
        // Its first plan is a change that can be seen, but not the only one: a claim may be handed back.
        while scene.shop.store.incumbent(search.id).await.unwrap().is_none() {
            now = scene.shop.store.changed(now.id, now.version, Duration::from_mins(1)).await.unwrap().unwrap();
        }
        scene.shop.store.request_cancel(search.id).await.unwrap();
        let ended = scene.end(&search).await;
        assert_eq!((ended.state, ended.has_result), (State::Canceled, true));
        assert_eq!(scene.shop.store.result(search.id).await.unwrap().as_deref(), Some(&b"a plan"[..]));
    }
}
