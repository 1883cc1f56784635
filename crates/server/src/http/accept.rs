//! A long question, taken in: checked, stored, committed, and only then answered.
//!
//! What the client may add to any long question is read here, from its headers, so that it holds in every dialect: a key under
//! which the question may be sent again ([`super::repeat`]), a webhook that is told the end, the trace that it belongs to. From the
//! commit on the answer says that it was accepted, whatever fails while its end is waited for.

use std::time::{Duration, Instant};

use bytes::Bytes;
use operations::{FollowUp, NewOperation, Operation, Priority};
use uuid::Uuid;
use wire::{LongQuestion, Refusal, Response};

use super::admit::Asker;
use super::converse::{Asked, dataset, refusal};
use super::datasets::StoredMap;
use super::repeat::Repeatable;
use super::reply::Reply;
use crate::serve::{Phase, Trace, Webhook};

/// The header that names an address which is told the end.
const WEBHOOK: &str = "x-roundsman-webhook";

impl Asked<'_> {
    /// Checks the question, stores it, with the map that came with it, and says so once it is committed; waits for its end if the
    /// client asked for that.
    pub(super) async fn accept(
        &self,
        question: &'static LongQuestion,
        asker: &Asker,
        map: Option<StoredMap>,
    ) -> Result<Reply, Refusal> {
        let repeatable = Repeatable::of(&self.request, self.dialect.secrets)?;
        let follow_up = self.webhook()?;
        let engine = self.app.live.engine();
        let dataset = dataset(&engine);
        let checked = self.compute(move |request, _| {
            (question.check)(&engine, request).map(|()| {
                question.parts.first().filter(|parts| (parts.is_large)(&engine, request)).map(|parts| parts.form)
            })
        });
        let form = match checked.await? {
            Ok(form) => form,
            Err(response) => return Ok(Reply { dataset, ..Reply::from(response) }),
        };
        let form = form.or_else(|| map.as_ref().and_then(|map| self.stages_of(map)));
        let (wait, planned) = ((question.wait)(&self.request), form.is_some());
        let (id, attachment) = map.map_or_else(|| (operations::new_id(), None), |map| (map.id, Some(map.file)));
        let client = self.request.header("traceparent").and_then(Trace::read);
        let trace = Trace::of_accept(client.as_ref(), id);
        let new = NewOperation {
            id,
            tenant: asker.tenant.clone(),
            kind: question.kind.to_owned(),
            // An import needs none, and so keeps none.
            dataset: dataset.filter(|_| attachment.is_none()),
            attachment,
            request: Bytes::from(self.request.to_stored(self.dialect.secrets)),
            priority: if wait.is_zero() || planned { Priority::Batch } else { Priority::Interactive },
            idempotency: repeatable.as_ref().map(Repeatable::key),
            planned,
            follow_up,
            traceparent: Some(trace.to_string()),
            // So that workers of the release before can go on with what they know.
            schema_version: form.unwrap_or(1),
        };
        let begun = Instant::now();
        let accepted = self.app.store.accept(new).await.map_err(|error| accept_refusal(&error, repeatable.as_ref()))?;
        self.app.metrics.accept.note(begun.elapsed());
        self.app.metrics.accepted.add(u64::from(!accepted.repeated));
        let (trace_id, span_id) = (trace.trace_id(), trace.span_id());
        let parent_id = client.as_ref().map(Trace::span_id);
        tracing::debug!(operation = %accepted.operation.id, trace_id, span_id, parent_id, kind = question.kind, "accepted");
        // It is accepted: a fault from here on must not look as if it were not, or the client asks a second time.
        let reply = self.shown_at_end(question, asker, accepted.operation.id, wait).await;
        let reply = reply.unwrap_or_else(|| self.accepted(question, accepted.operation));
        Ok(match repeatable {
            Some(repeatable) => Reply { response: repeatable.mark(reply.response, accepted.repeated), ..reply },
            None => reply,
        })
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

    /// What is to be told when it ends, and to whom.
    pub(super) fn webhook(&self) -> Result<Option<FollowUp>, Refusal> {
        let Some(address) = self.request.header(WEBHOOK) else { return Ok(None) };
        let webhook = Webhook::checked(address, &self.request.base_url, &self.app.config.webhooks);
        let webhook = webhook.map_err(|reason| Refusal::BadHeader { header: WEBHOOK, reason })?;
        Ok(Some(FollowUp { kind: Webhook::KIND.to_owned(), request: webhook.to_stored() }))
    }
}

fn accept_refusal(error: &operations::Error, repeatable: Option<&Repeatable>) -> Refusal {
    match (error, repeatable) {
        (operations::Error::KeyReused { .. }, Some(repeatable)) => Refusal::KeyReused { header: repeatable.header() },
        _ => refusal(error),
    }
}
