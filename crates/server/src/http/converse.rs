//! One request, answered in its dialect: key, endpoint, body, then at once, later, or a look at what was accepted before.
//!
//! The dialect's functions are called here, in [`super::accept`] and in [`super::look`], and always in this order; its `finish` has the last word on
//! every answer, refusals included. Parsing and computing run on the compute pool under a deadline, and end early when the
//! client goes away.

use std::sync::Arc;
use std::time::Duration;

use engine::{Budget, Engine};
use wire::{Dialect, Endpoint, Handler, Refusal, Request, Response};

use super::admit::{Asker, admit};
use super::datasets::changes_datasets;
use super::receive::Incoming;
use super::reply::Reply;
use crate::serve::{App, PoolError};

/// How much longer than its deadline a question may take to notice it.
const NOTICE: Duration = Duration::from_secs(5);

/// A body that is read sooner than it is asked whether there is room for it.
const SMALL_BYTES: u64 = 64 << 10;

/// Answers `request`, whose body is still to be read.
pub(super) async fn converse(app: &Arc<App>, dialect: &'static Dialect, request: Request, body: Incoming) -> Reply {
    let mut asked = Asked { app, dialect, request: Arc::new(request) };
    let reply = match asked.answer(body).await {
        Ok(reply) => reply,
        Err(refused) => Reply::from((dialect.refuse)(&asked.request, &refused)),
    };
    Reply { response: (dialect.finish)(&asked.request, reply.response), ..reply }
}

/// What a fault of the store means to the client.
pub(super) fn refusal(error: &operations::Error) -> Refusal {
    if let operations::Error::Overloaded { retry_after_s, .. } = error {
        return Refusal::Busy { retry_after_s: *retry_after_s };
    }
    tracing::error!(%error, "the store of operations");
    Refusal::Unavailable(error.to_string())
}

/// A request on its way to its answer.
pub(super) struct Asked<'a> {
    pub(super) app: &'a Arc<App>,
    pub(super) dialect: &'static Dialect,
    pub(super) request: Arc<Request>,
}

impl Asked<'_> {
    /// What can be refused is refused before the body is read.
    async fn answer(&mut self, body: Incoming) -> Result<Reply, Refusal> {
        let (asker, endpoint) = match self.admit(body.announced()).await {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(response)) => {
                body.discard();
                return Ok(Reply::from(response));
            }
            Err(refused) => {
                body.discard();
                return Err(refused);
            }
        };
        if let Handler::Accept(question) = &endpoint.handler
            && let Some(import) = question.import
        {
            return self.accept_map(question, import, &asker, body).await;
        }
        let bytes = body.read(self.app.config.engine.limits.body_bytes).await?;
        Arc::make_mut(&mut self.request).body = bytes;
        self.dispatch(endpoint, &asker).await
    }

    /// Who asks, and what answers; the dialect itself may say that there is no such thing.
    async fn admit(&self, bytes: u64) -> Result<Result<(Asker, &'static Endpoint), Response>, Refusal> {
        let asker = admit(self.app, self.dialect, &self.request).await?;
        let endpoint = match (self.dialect.endpoint)(&self.request) {
            Ok(endpoint) => endpoint,
            Err(response) => return Ok(Err(response)),
        };
        if changes_datasets(endpoint) {
            self.may_change_datasets(&asker)?;
        }
        if let Handler::Accept(_) = endpoint.handler {
            self.room(&asker, bytes).await.map_err(|error| refusal(&error))?;
        }
        Ok(Ok((asker, endpoint)))
    }

    /// Whether a question of that many bytes would be taken. What its tenant has stored is asked only where there is much to
    /// read in vain; the store judges again when it takes the question.
    async fn room(&self, asker: &Asker, bytes: u64) -> Result<(), operations::Error> {
        self.app.store.admits()?;
        if bytes <= SMALL_BYTES {
            return Ok(());
        }
        self.app.store.admits_tenant(&asker.tenant, bytes).await
    }

    async fn dispatch(&self, endpoint: &'static Endpoint, asker: &Asker) -> Result<Reply, Refusal> {
        match &endpoint.handler {
            Handler::Answer(answer) => {
                let engine = self.app.live.engine();
                let dataset = dataset(&engine);
                let answer = *answer;
                let response = self.compute(move |request, budget| answer(&engine, request, budget)).await?;
                Ok(Reply { dataset, ..Reply::from(response) })
            }
            Handler::Accept(question) => self.accept(question, asker, None).await,
            Handler::Poll(poll) => self.poll(poll, asker).await,
            Handler::List(listing) => self.list(listing, asker).await,
            Handler::Cancel(cancel) => self.cancel(cancel, asker).await,
            Handler::Watch(watch) => self.watch(watch, asker).await,
            Handler::Catalogue(catalogue) => self.catalogue(catalogue).await,
        }
    }

    /// Runs `work` on the compute pool, within the time that an answer may take.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Request, &Budget) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let limit = self.app.config.server.answer;
        let budget = Budget::within(limit);
        let _cancel_when_nobody_waits = CancelOnDrop(budget.clone());
        let request = Arc::clone(&self.request);
        let run = self.app.answers.run(move || work(&request, &budget));
        match tokio::time::timeout(limit + NOTICE, run).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(PoolError::Full)) => Err(Refusal::Busy { retry_after_s: 1 }),
            Ok(Err(PoolError::Panicked(why))) => {
                tracing::error!(path = self.request.path, why, "a question panicked");
                Err(Refusal::Internal)
            }
            Err(_) => Err(Refusal::TimedOut),
        }
    }
}

/// The dataset that `engine` answers from.
pub(super) fn dataset(engine: &Engine) -> Option<String> {
    engine.dataset().map(|dataset| dataset.id.to_string())
}

/// Ends the work when its asker is gone: the client closed the connection, or the time is over.
struct CancelOnDrop(Budget);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel_flag().store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
