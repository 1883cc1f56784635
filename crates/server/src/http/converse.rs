//! One request, answered in its dialect: key, endpoint, body, then at once, later, or a look at what was accepted before.
//!
//! The dialect's functions are called here and nowhere else, and always in this order; its `finish` has the last word on every
//! answer, refusals included. Parsing and computing run on the compute pool under a deadline, and end early when the
//! client goes away. A long question is answered after the store has committed it, never before.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::{Budget, Engine};
use operations::{NewOperation, Operation};
use uuid::Uuid;
use wire::{Dialect, Endpoint, Found, Handler, LongQuestion, Poll, Refusal, Request, Response};

use super::admit::{Asker, admit};
use super::receive::Incoming;
use super::reply::Reply;
use crate::serve::{App, Phase, PoolError, view};

/// How much longer than its deadline a question may take to notice it.
const NOTICE: Duration = Duration::from_secs(5);

/// Answers `request`, whose body is still to be read.
pub(super) async fn converse(app: &App, dialect: &'static Dialect, request: Request, body: Incoming) -> Reply {
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

struct Asked<'a> {
    app: &'a App,
    dialect: &'static Dialect,
    request: Arc<Request>,
}

impl Asked<'_> {
    /// What can be refused is refused before the body is read.
    async fn answer(&mut self, body: Incoming) -> Result<Reply, Refusal> {
        let (asker, endpoint) = match self.admit().await {
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
        let bytes = body.read(self.app.config.engine.limits.body_bytes).await?;
        Arc::make_mut(&mut self.request).body = bytes;
        self.dispatch(endpoint, &asker).await
    }

    /// Who asks, and what answers; the dialect itself may say that there is no such thing.
    async fn admit(&self) -> Result<Result<(Asker, &'static Endpoint), Response>, Refusal> {
        let asker = admit(self.app, self.dialect, &self.request).await?;
        let endpoint = match (self.dialect.endpoint)(&self.request) {
            Ok(endpoint) => endpoint,
            Err(response) => return Ok(Err(response)),
        };
        if let Handler::Accept(_) = endpoint.handler {
            self.app.store.admits().map_err(|error| refusal(&error))?;
        }
        Ok(Ok((asker, endpoint)))
    }

    async fn dispatch(&self, endpoint: &'static Endpoint, asker: &Asker) -> Result<Reply, Refusal> {
        match &endpoint.handler {
            Handler::Answer(answer) => {
                let engine = self.app.live.engine();
                let dataset = dataset(&engine);
                let answer = *answer;
                let response = self.compute(move |request, budget| answer(&engine, request, budget)).await?;
                Ok(Reply { response, dataset })
            }
            Handler::Accept(question) => self.accept(question, asker).await,
            Handler::Poll(poll) => self.poll(poll, asker).await,
        }
    }

    /// Runs `work` on the compute pool, within the time that an answer may take.
    async fn compute<T: Send + 'static>(
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

    /// Checks the question, stores it, and says so once it is committed; waits for its end if the client asked for that.
    async fn accept(&self, question: &'static LongQuestion, asker: &Asker) -> Result<Reply, Refusal> {
        let engine = self.app.live.engine();
        let dataset = dataset(&engine);
        let checked = self.compute(move |request, _| (question.check)(&engine, request)).await?;
        if let Err(response) = checked {
            return Ok(Reply { response, dataset });
        }
        let new = NewOperation {
            id: operations::new_id(),
            tenant: asker.tenant.clone(),
            kind: question.kind.to_owned(),
            dataset,
            request: Bytes::from(self.request.to_stored(self.dialect.secrets)),
            ..NewOperation::default()
        };
        let accepted = self.app.store.accept(new).await.map_err(|error| refusal(&error))?.operation;
        // It is accepted: a fault from here on must not look as if it were not, or the client asks a second time.
        if let Ok(Some(ended)) = self.end_in_time(accepted.id, (question.wait)(&self.request)).await
            && let Ok(reply) = self.show(question.poll, Some(ended), asker).await
        {
            return Ok(reply);
        }
        let dataset = accepted.dataset.clone();
        let response = (question.accepted)(&self.request, &view(accepted, self.app.clock.now_ms()));
        Ok(Reply { response, dataset })
    }

    /// The operation, if it ends within `wait` and before the server stops.
    async fn end_in_time(&self, id: Uuid, wait: Duration) -> Result<Option<Operation>, Refusal> {
        if wait.is_zero() {
            return Ok(None);
        }
        let found = tokio::select! {
            found = self.app.store.wait_terminal(id, wait) => found.map_err(|error| refusal(&error))?,
            () = self.app.stopping.reached(Phase::Draining) => None,
        };
        Ok(found.filter(|operation| operation.state.is_terminal()))
    }

    async fn poll(&self, poll: &Poll, asker: &Asker) -> Result<Reply, Refusal> {
        let text = match (poll.id)(&self.request) {
            Ok(text) => text,
            Err(response) => return Ok(Reply::from(response)),
        };
        let operation = match Uuid::try_parse(&text) {
            Ok(id) if id.to_string().eq_ignore_ascii_case(&text) => {
                self.app.store.get(id).await.map_err(|error| refusal(&error))?
            }
            _ => None,
        };
        self.show(poll, operation, asker).await
    }

    /// Renders what the store knows, by the rules of who may see what.
    async fn show(&self, poll: &Poll, operation: Option<Operation>, asker: &Asker) -> Result<Reply, Refusal> {
        let seen = operation.filter(|found| poll.kinds.is_empty() || poll.kinds.contains(&found.kind.as_str()));
        let id = seen.as_ref().map(|found| found.id);
        let dataset = seen.as_ref().and_then(|found| found.dataset.clone());
        let found = match seen {
            None => Found::Unknown,
            Some(found) if !asker.sees_all && found.tenant != asker.tenant => Found::Foreign,
            Some(found) => Found::Operation(Box::new(view(found, self.app.clock.now_ms()))),
        };
        let mut response = (poll.render)(&self.request, &found);
        if let (wire::Body::StoredResult, Some(id)) = (&response.body, id) {
            match self.app.store.result(id).await.map_err(|error| refusal(&error))? {
                Some(result) => response.body = wire::Body::Bytes(Vec::from(result)),
                None => response = (poll.render)(&self.request, &Found::Unknown),
            }
        }
        Ok(Reply { response, dataset })
    }
}

fn dataset(engine: &Engine) -> Option<String> {
    engine.dataset().map(|dataset| dataset.id.to_string())
}

/// Ends the work when its asker is gone: the client closed the connection, or the time is over.
struct CancelOnDrop(Budget);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel_flag().store(true, std::sync::atomic::Ordering::Relaxed);
    }
}
