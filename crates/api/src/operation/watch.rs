//! `GET /api/v1/operations/{id}/events`: what happens to an operation, as server-sent events.
//!
//! `state` and `progress` carry the operation as the other endpoints show it, `plan` the best plan so far of an optimization, in
//! the words of its dialect, and `end` the operation again, last of all. Who comes late is told how things stand; who comes after
//! the end is told the end. What happens between two looks is one event: a slow reader misses steps, never the outcome.

use engine::OperationView;
use wire::{Event, EventData, Found, Request, Response, Watch};

use super::{id, known, render_operation};

/// Being told as it happens.
pub(crate) static WATCH: Watch = Watch { id: |request| Ok(id(request).to_owned()), unknown, events };

fn unknown(request: &Request, found: &Found) -> Response {
    known(found).map_or_else(|problem| problem.response(), |view| super::show(200, request, view))
}

fn events(request: &Request, before: Option<&OperationView>, now: &OperationView) -> Vec<Event> {
    let shown = || EventData::Text(render_operation(&request.base_url, now));
    let mut told = Vec::new();
    if before.is_none_or(|before| before.state != now.state) {
        told.push(Event { name: "state", data: shown() });
    }
    let has_moved = |before: &OperationView| {
        before.progress < now.progress || (before.parts_done, before.parts_total) != (now.parts_done, now.parts_total)
    };
    if before.map_or(now.progress > 0.0, has_moved) {
        told.push(Event { name: "progress", data: shown() });
    }
    if now.incumbents > before.map_or(0, |before| before.incumbents) && !now.state.is_final() {
        told.push(Event { name: "plan", data: EventData::Incumbent });
    }
    if now.state.is_final() {
        told.push(Event { name: "end", data: shown() });
    }
    told
}

#[cfg(test)]
mod tests {
    use engine::OperationState;

    use super::super::tests::{found, get};
    use super::*;

    #[test]
    fn each_step_is_told_once() {
        let request = get("/api/v1/operations/x/events");
        let names = |before: Option<&OperationView>, now: &OperationView| -> Vec<&str> {
            events(&request, before, now).iter().map(|event| event.name).collect()
        };
        let new = OperationView { progress: 0.0, ..found(OperationState::NotStarted) };
        let running = OperationView { progress: 0.0, ..found(OperationState::Running) };
        let further = OperationView { progress: 0.5, incumbents: 2, ..running.clone() };
        let ended = OperationView { progress: 1.0, ..found(OperationState::Succeeded) };
        assert_eq!(names(None, &new), ["state"]);
        assert_eq!(names(Some(&new), &running), ["state"]);
        assert_eq!(names(Some(&running), &running), [""; 0]);
        assert_eq!(names(Some(&running), &further), ["progress", "plan"]);
        assert_eq!(names(Some(&further), &ended), ["state", "progress", "end"]);
        assert_eq!(names(None, &ended), ["state", "progress", "end"]);
        assert_eq!((WATCH.unknown)(&request, &Found::Unknown).status, 404);
    }
}
