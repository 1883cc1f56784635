//! Server-sent events: an operation, watched by whoever keeps the connection.
//!
//! The store rings when an operation changes, and is asked again about once a second in case a ring was lost; each step is told
//! in the dialect's words. A comment is sent while nothing happens, so that a client that went away is noticed. The stream ends with
//! the operation, when the operation is forgotten, or when the server stops: a client that comes again says what it has seen
//! (`Last-Event-ID`, the operation's version) and is told the rest.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use engine::OperationView;
use futures_util::stream;
use uuid::Uuid;
use wire::{Event, EventData, Request, Watch};

use crate::serve::{App, Phase};

/// How long the stream is silent at most.
const SILENCE: Duration = Duration::from_secs(15);

/// What the stream says when there is nothing to tell.
const STILL_HERE: &[u8] = b": still here\n\n";

/// How long a client whose connection broke is to wait before it comes again, in milliseconds.
const COME_AGAIN_MS: u32 = 1000;

struct Watched {
    app: Arc<App>,
    request: Arc<Request>,
    watch: &'static Watch,
    id: Uuid,
    seen: Option<OperationView>,
    /// The best answer that was told last: its name in the store, and the how manieth it was.
    incumbent: (String, u64),
    /// Lines that are to be sent before the next look.
    waiting: VecDeque<Bytes>,
    over: bool,
}

/// The events of operation `id` from how it stands now, `first`, to its end.
pub(super) fn follow(
    app: &Arc<App>,
    request: &Arc<Request>,
    watch: &'static Watch,
    id: Uuid,
    first: OperationView,
) -> Body {
    let mut watched = Watched {
        app: Arc::clone(app),
        request: Arc::clone(request),
        watch,
        id,
        seen: None,
        incumbent: (String::new(), 0),
        waiting: VecDeque::from([Bytes::from(format!("retry: {COME_AGAIN_MS}\n\n"))]),
        over: false,
    };
    let known = request.header("last-event-id").and_then(|text| text.parse::<u64>().ok());
    if known == Some(first.version) && !first.state.is_final() {
        watched.seen = Some(first);
    } else {
        watched.tell(first, None);
    }
    let lines = stream::unfold(watched, |mut watched| async move {
        let line = watched.next().await?;
        Some((Ok::<_, Infallible>(line), watched))
    });
    Body::from_stream(lines)
}

impl Watched {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(line) = self.waiting.pop_front() {
                return Some(line);
            }
            if self.over {
                return None;
            }
            let (app, version) = (Arc::clone(&self.app), self.seen.as_ref().map_or(0, |seen| seen.version));
            let found = tokio::select! {
                found = app.store.changed(self.id, version, SILENCE) => found,
                () = app.stopping.reached(Phase::Draining) => return None,
            };
            match found {
                Ok(Some(operation)) if operation.version > version => {
                    let plan = self.better(&app).await;
                    let now = OperationView { incumbents: self.incumbent.1, ..app.view(operation) };
                    self.tell(now, plan.as_deref());
                }
                Ok(Some(_)) => return Some(Bytes::from_static(STILL_HERE)),
                Ok(None) => return None,
                Err(error) => {
                    tracing::warn!(operation = %self.id, %error, "a watcher cannot be told what happens");
                    return None;
                }
            }
        }
    }

    /// The best answer so far, if it is another than was told last; a fault of the store only delays it.
    async fn better(&mut self, app: &App) -> Option<String> {
        let (name, answer) = app.store.incumbent(self.id).await.ok().flatten()?;
        if name == self.incumbent.0 {
            return None;
        }
        self.incumbent = (name, self.incumbent.1 + 1);
        Some(String::from_utf8_lossy(&answer).into_owned())
    }

    fn tell(&mut self, now: OperationView, incumbent: Option<&str>) {
        let events = (self.watch.events)(&self.request, self.seen.as_ref(), &now);
        let lines = events.iter().filter_map(|event| line(event, now.version, incumbent));
        self.waiting.extend(lines);
        self.over = now.state.is_final();
        self.seen = Some(now);
    }
}

/// An event as it is sent; none where what it would say is not there any more.
fn line(event: &Event, version: u64, incumbent: Option<&str>) -> Option<Bytes> {
    let data = match &event.data {
        EventData::Text(text) => text.as_str(),
        EventData::Incumbent => incumbent?,
    };
    let mut sent = format!("event: {}\nid: {version}\n", event.name);
    for part in data.lines() {
        writeln!(sent, "data: {part}").expect("a string takes any text");
    }
    sent.push('\n');
    Some(Bytes::from(sent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_sent_as_browsers_read_it() {
        let event = Event { name: "progress", data: EventData::Text("{\"a\":1}\n{}".to_owned()) };
        let sent = line(&event, 7, None).unwrap();
        assert_eq!(sent, "event: progress\nid: 7\ndata: {\"a\":1}\ndata: {}\n\n");
        let plan = Event { name: "plan", data: EventData::Incumbent };
        assert_eq!(line(&plan, 7, None), None);
        assert_eq!(line(&plan, 7, Some("{}")).unwrap(), "event: plan\nid: 7\ndata: {}\n\n");
    }
}
