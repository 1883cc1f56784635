//! Workers: take an accepted question from the store, run it, store what came out.
//!
//! A worker holds a lease while it works and renews it three times per term; its claim's token fences every write, so a worker
//! that was given up for dead can waste time but never replace a result. It runs the question over the dataset that the
//! operation was accepted with, whichever is active by then. A panic in a question is a failed attempt, not a dead worker;
//! a store that cannot be reached is tried again. The way after a crash is the usual way: what was claimed and not
//! completed is claimed again.
//!
//! When the program stops, workers first stop claiming; what still runs when the grace is over is handed back, and the
//! attempt is not counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use engine::Budget;
use operations::{Claim, Failure, Renewal, Store, Token};
use wire::LongQuestion;

use super::live::Live;
use super::pool::{Pool, PoolError};
use super::stop::{Phase, Stopping};

/// How long a worker without work waits for a hint before it looks by itself, since hints may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often progress is written down, at most.
const REPORT_EVERY: Duration = Duration::from_millis(500);

/// What all workers share.
pub(crate) struct Workshop {
    pub(crate) store: Store,
    pub(crate) live: Arc<Live>,
    pub(crate) pool: Pool,
    pub(crate) questions: HashMap<&'static str, &'static LongQuestion>,
    pub(crate) lease: Duration,
    pub(crate) stopping: Stopping,
}

/// How an attempt ended.
enum Ending {
    /// With a result or a failure to write down.
    Outcome(Result<Vec<u8>, wire::Failure>),
    /// Without: the operation was cancelled or belongs to somebody else by now.
    Dropped,
    /// Without: the program stops.
    HandBack,
}

/// One worker's life.
pub(crate) async fn work(shop: Arc<Workshop>, name: String) {
    let kinds: Vec<&str> = shop.questions.keys().copied().collect();
    while !shop.stopping.is(Phase::Draining) {
        let ready = shop.store.ready();
        match shop.store.claim(&name, Some(&kinds), 1).await {
            Ok(claims) if !claims.is_empty() => {
                for claim in claims {
                    shop.attempt(claim).await;
                }
                continue;
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "cannot claim work"),
        }
        tokio::select! {
            () = ready.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shop.stopping.reached(Phase::Draining) => {}
        }
    }
}

impl Workshop {
    /// Runs what was claimed and writes down how it ended.
    async fn attempt(&self, claim: Claim) {
        let token = claim.token;
        tracing::info!(operation = %token.op, attempt = token.attempt, kind = claim.kind, "work begins");
        let cancel = Arc::new(AtomicBool::new(false));
        let progress = Arc::new(AtomicU64::new(0.0_f64.to_bits()));
        let budget = {
            let progress = Arc::clone(&progress);
            Budget::until(Arc::clone(&cancel)).reporting(move |done| progress.store(done.to_bits(), Ordering::Relaxed))
        };
        let (live, question) = (Arc::clone(&self.live), self.questions.get(claim.kind.as_str()).copied());
        let run = self.pool.run(move || execute(&live, question, &claim, &budget));
        let ending = self.attend(&token, run, &cancel, &progress).await;
        if let Err(error) = self.record(&token, ending).await {
            // The lease runs out, and the question is answered again.
            tracing::error!(operation = %token.op, %error, "cannot write down how the work ended");
        }
    }

    /// Waits for the end of `run`, keeping the lease and passing on a wish to cancel.
    async fn attend(
        &self,
        token: &Token,
        run: impl Future<Output = Result<Result<Vec<u8>, wire::Failure>, PoolError>>,
        cancel: &AtomicBool,
        progress: &AtomicU64,
    ) -> Ending {
        let mut run = std::pin::pin!(run);
        let mut renew = tokio::time::interval(self.lease / 3);
        let mut report = tokio::time::interval(REPORT_EVERY);
        let mut reported = 0.0;
        let mut wanted = true;
        loop {
            tokio::select! {
                done = &mut run => return if wanted { Ending::Outcome(outcome(done)) } else { Ending::Dropped },
                () = self.stopping.reached(Phase::Over) => {
                    cancel.store(true, Ordering::Relaxed);
                    return Ending::HandBack;
                }
                _ = renew.tick(), if wanted => match self.store.renew(token).await {
                    Ok(Renewal::Held) => {}
                    Ok(Renewal::CancelRequested | Renewal::Fenced) => {
                        cancel.store(true, Ordering::Relaxed);
                        wanted = false;
                    }
                    Err(error) => tracing::warn!(operation = %token.op, %error, "cannot renew the lease"),
                },
                _ = report.tick(), if wanted => {
                    let done = f64::from_bits(progress.load(Ordering::Relaxed));
                    if done > reported && self.store.report_progress(token, done).await.is_ok() {
                        reported = done;
                    }
                }
            }
        }
    }

    async fn record(&self, token: &Token, ending: Ending) -> Result<(), operations::Error> {
        match ending {
            Ending::Outcome(Ok(result)) => {
                let completion = self.store.complete(token, Bytes::from(result)).await?;
                tracing::info!(operation = %token.op, ?completion, "work ended with a result");
            }
            Ending::Outcome(Err(failure)) => {
                tracing::warn!(operation = %token.op, code = failure.code, failure.message, "work failed");
                let why = Failure { code: failure.code, message: failure.message };
                self.store.fail(token, why, failure.retry).await?;
            }
            Ending::Dropped => tracing::info!(operation = %token.op, "work dropped: cancelled, or begun by another"),
            Ending::HandBack => {
                self.store.hand_back(token).await?;
                tracing::info!(operation = %token.op, "work handed back: the program stops");
            }
        }
        Ok(())
    }
}

/// Runs a question on a thread of the pool.
fn execute(
    live: &Live,
    question: Option<&LongQuestion>,
    claim: &Claim,
    budget: &Budget,
) -> Result<Vec<u8>, wire::Failure> {
    let question =
        question.ok_or_else(|| failure("UnknownKind", "this version does not know such questions", false))?;
    let request = wire::Request::from_stored(&claim.request)
        .ok_or_else(|| failure("DamagedRequest", "the stored question cannot be read", false))?;
    let engine = live
        .pinned(claim.dataset.as_deref())
        .map_err(|error| failure("DatasetUnavailable", &error.to_string(), true))?;
    (question.run)(&engine, &request, budget)
}

/// What the pool made of it: a panic is a failed attempt, and another attempt may end better.
fn outcome(done: Result<Result<Vec<u8>, wire::Failure>, PoolError>) -> Result<Vec<u8>, wire::Failure> {
    match done {
        Ok(result) => result,
        Err(PoolError::Panicked(why)) => Err(failure("InternalError", &format!("a fault of the program: {why}"), true)),
        Err(PoolError::Full) => Err(failure("InternalError", "there is no thread for the work", true)),
    }
}

fn failure(code: &str, message: &str, retry: bool) -> wire::Failure {
    wire::Failure { code: code.to_owned(), message: message.to_owned(), retry }
}
