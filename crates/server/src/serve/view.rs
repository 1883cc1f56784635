//! What the store knows of an operation, as the dialects may show it.

use engine::{OperationState, OperationView};
use operations::{Operation, State};

/// The view of `operation` at `now_ms`.
pub(crate) fn view(operation: Operation, now_ms: i64) -> OperationView {
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
        last_action_ms: operation.last_action_ms,
        error: operation.error.map(|failure| (failure.code, failure.message)),
        retry_after_s: retry_after_s(now_ms - operation.created_ms),
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

/// A tenth of the age, so that a poller sees the end at most a tenth late; between 1 and 10 seconds, since polls are cheap
/// and clients round to whole seconds.
fn retry_after_s(age_ms: i64) -> u32 {
    (age_ms / 10_000).clamp(1, 10) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_the_age() {
        assert_eq!([-5, 0, 9_999, 35_000, 3_600_000].map(retry_after_s), [1, 1, 1, 3, 10]);
    }
}
