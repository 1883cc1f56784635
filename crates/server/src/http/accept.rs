//! A long question, taken in: checked, stored, committed, and only then answered.
//!
//! From the commit on the answer says that it was accepted, whatever fails while its end is waited for.

use std::time::{Duration, Instant};

use bytes::Bytes;
use operations::{NewOperation, Operation};
use uuid::Uuid;
use wire::{LongQuestion, Refusal, Response};

use super::admit::Asker;
use super::converse::{Asked, dataset, refusal};
use super::reply::Reply;
use crate::serve::Phase;

impl Asked<'_> {
    /// Checks the question, stores it, and says so once it is committed; waits for its end if the client asked for that.
    pub(super) async fn accept(&self, question: &'static LongQuestion, asker: &Asker) -> Result<Reply, Refusal> {
        let engine = self.app.live.engine();
        let dataset = dataset(&engine);
        let checked = self.compute(move |request, _| (question.check)(&engine, request)).await?;
        if let Err(response) = checked {
            return Ok(Reply { dataset, ..Reply::from(response) });
        }
        let new = NewOperation {
            id: operations::new_id(),
            tenant: asker.tenant.clone(),
            kind: question.kind.to_owned(),
            dataset,
            request: Bytes::from(self.request.to_stored(self.dialect.secrets)),
        };
        let begun = Instant::now();
        let accepted = self.app.store.accept(new).await.map_err(|error| refusal(&error))?;
        self.app.metrics.accept.note(begun.elapsed());
        self.app.metrics.accepted.add(1);
        // It is accepted: a fault from here on must not look as if it were not, or the client asks a second time.
        let wait = (question.wait)(&self.request);
        let reply = self.shown_at_end(question, asker, accepted.id, wait).await;
        Ok(reply.unwrap_or_else(|| self.accepted(question, accepted)))
    }

    /// The answer's own view, if the operation ends in time.
    async fn shown_at_end(&self, question: &LongQuestion, asker: &Asker, id: Uuid, wait: Duration) -> Option<Reply> {
        let ended = self.end_in_time(id, wait).await.ok()??;
        self.show(question.poll, Some(ended), asker).await.ok()
    }

    /// Says that it was accepted; to a repeated question the same as to the first.
    fn accepted(&self, question: &LongQuestion, operation: Operation) -> Reply {
        let dataset = operation.dataset.clone();
        let response: Response = (question.accepted)(&self.request, &self.app.view_as_accepted(operation));
        Reply { dataset, ..Reply::from(response) }
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
}
