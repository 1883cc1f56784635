//! A look at what was accepted: one operation, a page of them, an answer, the wish to give one up.
//!
//! Who may see what is decided here, once for all of them: an operation of another tenant is [`Found::Foreign`], and one of a kind
//! that the endpoint does not speak of is unknown. Nothing is computed here; a result is copied from the store as it lies there.

use operations::{Cancellation, ListFilter, Operation};
use uuid::Uuid;
use wire::{Cancel, Found, Listing, Poll, Refusal, Response, Watch};

use super::admit::Asker;
use super::converse::{Asked, refusal};
use super::events;
use super::range::{Part, part};
use super::reply::Reply;
use crate::serve::stored_state;

impl Asked<'_> {
    pub(super) async fn poll(&self, poll: &Poll, asker: &Asker) -> Result<Reply, Refusal> {
        match (poll.id)(&self.request) {
            Ok(text) => self.show(poll, self.operation(&text).await?, asker).await,
            Err(response) => Ok(Reply::from(response)),
        }
    }

    /// A page of the asker's operations.
    pub(super) async fn list(&self, listing: &Listing, asker: &Asker) -> Result<Reply, Refusal> {
        let wanted = match (listing.wanted)(&self.request) {
            Ok(wanted) => wanted,
            Err(response) => return Ok(Reply::from(response)),
        };
        let filter = ListFilter {
            tenant: (!asker.sees_all).then(|| asker.tenant.clone()),
            state: wanted.state.map(stored_state),
            kind: wanted.kind,
            follow_ups: false,
            // One more tells whether there is a next page.
            limit: wanted.limit + 1,
            // What is no id has nothing behind it: ids are given out by us.
            after: wanted.after.as_deref().map(|text| Uuid::try_parse(text).unwrap_or(Uuid::nil())),
        };
        let mut found = self.app.store.list(filter).await.map_err(|error| refusal(&error))?;
        let more = found.len() > wanted.limit;
        found.truncate(wanted.limit);
        let views: Vec<_> = found.into_iter().map(|operation| self.app.view(operation)).collect();
        Ok(Reply::from((listing.render)(&self.request, &views, more)))
    }

    /// Gives an operation up, if it is the asker's to give up.
    pub(super) async fn cancel(&self, cancel: &Cancel, asker: &Asker) -> Result<Reply, Refusal> {
        let text = match (cancel.id)(&self.request) {
            Ok(text) => text,
            Err(response) => return Ok(Reply::from(response)),
        };
        let found = self.found(self.operation(&text).await?, &[], asker);
        let (found, too_late) = match (found, Uuid::try_parse(&text)) {
            (Found::Operation(_), Ok(id)) => {
                match self.app.store.request_cancel(id).await.map_err(|error| refusal(&error))? {
                    Cancellation::Canceled(now) => (self.found(Some(now), &[], asker), false),
                    Cancellation::TooLate(now) => (self.found(Some(now), &[], asker), true),
                    Cancellation::Unknown => (Found::Unknown, false),
                }
            }
            (found, _) => (found, false),
        };
        Ok(Reply::from((cancel.render)(&self.request, &found, too_late)))
    }

    /// Tells what happens to an operation until it ends.
    pub(super) async fn watch(&self, watch: &'static Watch, asker: &Asker) -> Result<Reply, Refusal> {
        let text = match (watch.id)(&self.request) {
            Ok(text) => text,
            Err(response) => return Ok(Reply::from(response)),
        };
        let operation = self.operation(&text).await?;
        let id = operation.as_ref().map(|found| found.id);
        match (self.found(operation, &[], asker), id) {
            (Found::Operation(view), Some(id)) => {
                let stream = events::follow(self.app, &self.request, watch, id, *view);
                let response =
                    Response::new(200, "text/event-stream; charset=utf-8", "").with("cache-control", "no-store");
                Ok(Reply { stream: Some(stream), ..Reply::from(response) })
            }
            (found, _) => Ok(Reply::from((watch.unknown)(&self.request, &found))),
        }
    }

    /// The operation under an id as clients write it: lower or upper case, with its dashes.
    async fn operation(&self, text: &str) -> Result<Option<Operation>, Refusal> {
        match Uuid::try_parse(text) {
            Ok(id) if id.to_string().eq_ignore_ascii_case(text) => {
                self.app.store.get(id).await.map_err(|error| refusal(&error))
            }
            _ => Ok(None),
        }
    }

    /// What this asker may know of it; `kinds` are those that the endpoint speaks of, or empty.
    fn found(&self, operation: Option<Operation>, kinds: &[&str], asker: &Asker) -> Found {
        match operation.filter(|found| kinds.is_empty() || kinds.contains(&found.kind.as_str())) {
            None => Found::Unknown,
            Some(found) if !asker.sees_all && found.tenant != asker.tenant => Found::Foreign,
            Some(found) => Found::Operation(Box::new(self.app.view(found))),
        }
    }

    /// Renders what the store knows.
    pub(super) async fn show(
        &self,
        poll: &Poll,
        operation: Option<Operation>,
        asker: &Asker,
    ) -> Result<Reply, Refusal> {
        let id = operation.as_ref().map(|found| found.id);
        let dataset = operation.as_ref().and_then(|found| found.dataset.clone());
        let found = self.found(operation, poll.kinds, asker);
        let dataset = dataset.filter(|_| matches!(found, Found::Operation(_)));
        let response = (poll.render)(&self.request, &found);
        let reply = match (&response.body, id) {
            (wire::Body::StoredResult, Some(id)) => self.stored(poll, id, response).await?,
            _ => Reply::from(response),
        };
        Ok(Reply { dataset, ..reply })
    }

    /// The stored result, or the part of it that was asked for.
    async fn stored(&self, poll: &Poll, id: Uuid, response: Response) -> Result<Reply, Refusal> {
        let Some(result) = self.app.store.result(id).await.map_err(|error| refusal(&error))? else {
            return Ok(Reply::from((poll.render)(&self.request, &Found::Unknown)));
        };
        let tag = format!("\"{id}\"");
        let response = response.with("etag", tag.as_str()).with("accept-ranges", "bytes");
        let header = |name: &str| self.request.header(name);
        if header("if-none-match").is_some_and(|known| known.contains(&tag)) {
            return Ok(Reply::from(Response { status: 304, body: wire::Body::Bytes(Vec::new()), ..response }));
        }
        let total = result.len() as u64;
        let (status, bytes) = match part(header("range"), header("if-range"), &tag, total) {
            Part::Whole => (200, 0..total),
            Part::Bytes(bytes) => (206, bytes),
            Part::Behind => {
                let response = Response { status: 416, body: wire::Body::Bytes(Vec::new()), ..response };
                return Ok(Reply::from(response.with("content-range", format!("bytes */{total}"))));
            }
        };
        let response = match status {
            206 => response.with("content-range", format!("bytes {}-{}/{total}", bytes.start, bytes.end - 1)),
            _ => response,
        };
        // The dialect's last word may be about the bytes themselves.
        let body = wire::Body::Bytes(result.slice(bytes.start as usize..bytes.end as usize).into());
        Ok(Reply::from(Response { status, body, ..response }))
    }
}
