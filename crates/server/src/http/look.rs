//! A look at what was accepted: one operation, a page of them, an answer, the wish to give one up.
//!
//! Who may see what is decided here, once for all of them: an operation of another tenant is [`Found::Foreign`], and one of a kind
//! that the endpoint does not speak of is unknown. Nothing is computed here; a result is copied from the store as it lies there, in
//! pieces, so that an answer of gigabytes needs no more memory than one of a line.

use axum::body::Body;
use futures_util::TryStreamExt;
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

    /// The stored result, or the part of it that was asked for, as a body that is read while it is sent.
    async fn stored(&self, poll: &Poll, id: Uuid, response: Response) -> Result<Reply, Refusal> {
        let gone = || Ok(Reply::from((poll.render)(&self.request, &Found::Unknown)));
        if (self.dialect.rewrites)(&self.request) {
            let Some(result) = self.app.store.result(id).await.map_err(|error| refusal(&error))? else { return gone() };
            return Ok(Reply::from(Response { body: wire::Body::Bytes(result.into()), ..response }));
        }
        let open = |range| async { self.app.store.open_result(id, range).await.map_err(|error| refusal(&error)) };
        // Opened without reading: only its length is asked.
        let Some(total) = open(Some(0..0)).await?.map(|result| result.whole_len()) else { return gone() };
        let tag = format!("\"{id}\"");
        let response = response.with("etag", tag.as_str()).with("accept-ranges", "bytes");
        let header = |name: &str| self.request.header(name);
        let empty = |status, response| Response { status, body: wire::Body::Bytes(Vec::new()), ..response };
        if header("if-none-match").is_some_and(|known| known.contains(&tag)) {
            return Ok(Reply::from(empty(304, response)));
        }
        let (response, bytes) = match part(header("range"), header("if-range"), &tag, total) {
            Part::Whole => (response, 0..total),
            Part::Bytes(bytes) => {
                let place = format!("bytes {}-{}/{total}", bytes.start, bytes.end - 1);
                (Response { status: 206, ..response }.with("content-range", place), bytes)
            }
            Part::Behind => {
                return Ok(Reply::from(empty(416, response).with("content-range", format!("bytes */{total}"))));
            }
        };
        let Some(result) = open(Some(bytes.clone())).await? else { return gone() };
        let pieces = futures_util::stream::try_unfold(result, |mut result| async {
            Ok::<_, operations::Error>(result.next().await?.map(|piece| (piece, result)))
        });
        // The status is sent by then: all that can be told is that this was not the end.
        let pieces = pieces.inspect_err(move |error| tracing::error!(%error, %id, "a result breaks off"));
        let stream = Some(Body::from_stream(pieces));
        let response = empty(response.status, response).with("content-length", (bytes.end - bytes.start).to_string());
        Ok(Reply { stream, ..Reply::from(response) })
    }
}
