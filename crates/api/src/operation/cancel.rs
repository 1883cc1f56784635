//! `DELETE /api/v1/operations/{id}`: gives a question up. An optimization keeps the best plan that it had.
//!
//! Asking twice is no fault: what is cancelled is cancelled. What ended otherwise before the wish came is told so with 409, since
//! whoever wishes a question gone should hear that it has an answer.

use wire::{Cancel, Found, Request, Response};

use super::{id, known, show, state_name};
use crate::problem::Problem;

/// Giving an operation up.
pub(crate) static CANCEL: Cancel = Cancel { id: |request| Ok(id(request).to_owned()), render };

fn render(request: &Request, found: &Found, too_late: bool) -> Response {
    match known(found) {
        Err(problem) => problem.response(),
        Ok(view) if too_late => {
            let message = format!("the operation had already ended: it has {}", state_name(view.state));
            Problem::new(409, "OperationEnded", message).response()
        }
        Ok(view) => show(200, request, view),
    }
}

#[cfg(test)]
mod tests {
    use engine::OperationState;

    use super::super::tests::{found, get, text};
    use super::*;

    #[test]
    fn the_answer_tells_who_was_first() {
        let answer = |state, too_late| {
            let found = Found::Operation(Box::new(found(state)));
            let answer = (CANCEL.render)(&get("/api/v1/operations/x"), &found, too_late);
            (answer.status, text(&answer))
        };
        let (status, body) = answer(OperationState::Canceled, false);
        assert!(status == 200 && body.contains(r#""state":"canceled""#), "{body}");
        let (status, body) = answer(OperationState::Succeeded, true);
        assert!(status == 409 && body.contains("it has succeeded"), "{body}");
        assert_eq!((CANCEL.render)(&get("/api/v1/operations/x"), &Found::Foreign, false).status, 404);
    }
}
