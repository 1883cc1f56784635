//! What the store knows of an operation, as the dialects may show it.

use engine::{OperationState, OperationView};
use operations::{Operation, State};

/// The view of `operation`, which is worth asking for again after `retry_after_s`.
pub(super) fn view(operation: Operation, retry_after_s: u32) -> OperationView {
    OperationView {
        id: operation.id.to_string(),
        kind: operation.kind,
        tenant: operation.tenant,
        state: state(operation.state),
        progress: operation.progress,
        parts_done: operation.items_done,
        parts_total: operation.items_total,
        version: operation.version,
        attempts: u32::try_from(operation.attempts).unwrap_or(u32::MAX),
        created_ms: operation.created_ms,
        started_ms: operation.started_ms,
        finished_ms: operation.finished_ms,
        expires_ms: operation.expires_ms,
        has_result: operation.has_result,
        incumbents: 0,
        last_action_ms: operation.last_action_ms,
        error: operation.error.map(|failure| (failure.code, failure.message)),
        retry_after_s,
    }
}

/// The view as it was when the operation was accepted: what a repeated question is answered, as the first was.
pub(super) fn as_accepted(view: OperationView) -> OperationView {
    OperationView {
        state: OperationState::NotStarted,
        progress: 0.0,
        parts_done: 0,
        parts_total: 1,
        version: 1,
        attempts: 0,
        started_ms: None,
        finished_ms: None,
        expires_ms: None,
        has_result: false,
        incumbents: 0,
        last_action_ms: view.created_ms,
        error: None,
        ..view
    }
}

fn state(state: State) -> OperationState {
    match state {
        State::NotStarted => OperationState::NotStarted,
        State::Running => OperationState::Running,
        State::Succeeded => OperationState::Succeeded,
        State::Failed => OperationState::Failed,
        State::Canceled => OperationState::Canceled,
    }
}

/// The store's word for a state.
pub(crate) fn stored_state(state: OperationState) -> State {
    match state {
        OperationState::NotStarted => State::NotStarted,
        OperationState::Running => State::Running,
        OperationState::Succeeded => State::Succeeded,
        OperationState::Failed => State::Failed,
        OperationState::Canceled => State::Canceled,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use operations::Priority;

    use super::*;

    /// An operation that was just accepted at time zero.
    pub(crate) fn operation() -> Operation {
        Operation {
            id: operations::new_id(),
            tenant: "ada".to_owned(),
            kind: "test.echo".to_owned(),
            state: State::NotStarted,
            version: 1,
            created_ms: 0,
            started_ms: None,
            finished_ms: None,
            expires_ms: None,
            items_total: 1,
            items_done: 0,
            progress: 0.0,
            attempts: 0,
            dataset: None,
            error: None,
            last_action_ms: 0,
            priority: Priority::Batch,
            parent: None,
            items_failed: 0,
            has_result: false,
            traceparent: None,
        }
    }

    #[test]
    fn a_repeated_question_is_shown_what_the_first_was() {
        let ended = Operation {
            state: State::Succeeded,
            version: 5,
            started_ms: Some(1),
            finished_ms: Some(2),
            expires_ms: Some(3),
            items_done: 1,
            progress: 1.0,
            attempts: 1,
            has_result: true,
            last_action_ms: 2,
            ..operation()
        };
        let new = Operation { id: ended.id, ..operation() };
        assert_eq!(as_accepted(view(ended, 1)), view(new, 1));
    }
}
