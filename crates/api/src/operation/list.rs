//! `GET /api/v1/operations`: the asker's operations, newest first, a page at a time.
//!
//! A page continues behind the last operation of the one before, by id and not by number, so that what is accepted meanwhile
//! neither repeats nor hides anything. `nextLink` is there as long as there is more.

use engine::{Fault, OperationState, OperationView, Reason};
use serde::Serialize;
use wire::{Listing, Request, Response, Wanted};

use super::{Operation, STATES, operation, state_name};
use crate::problem::{JSON, Problem, json};

/// A page of operations.
pub(crate) static LIST: Listing = Listing { wanted: |request| wanted(request).map_err(|bad| bad.response()), render };

/// Operations on a page, where nothing is said, and at most.
const USUAL: usize = 100;
const MOST: usize = 1000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    operations: Vec<Operation<'a>>,
    next_link: Option<String>,
}

fn wanted(request: &Request) -> Result<Wanted, Problem> {
    let mut wanted = Wanted { state: None, kind: None, limit: USUAL, after: None };
    for (name, value) in request.parameters() {
        match name.as_str() {
            "state" => wanted.state = Some(named(&value)?),
            "kind" => wanted.kind = Some(value),
            "after" => wanted.after = Some(value),
            "limit" => wanted.limit = limit(&value)?,
            "key" | "subscription-key" => {}
            _ => {
                let unknown = Fault::new(&*name, Reason::Unsupported, "it is not known here").given(value);
                return Err(Problem::of(unknown.mend("ask by `state`, `kind`, `limit` and `after`")));
            }
        }
    }
    Ok(wanted)
}

fn named(name: &str) -> Result<OperationState, Problem> {
    let found = STATES.into_iter().find(|known| state_name(*known).eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let names = STATES.map(state_name).join(", ");
        let unknown = Fault::new("state", Reason::Unknown, format!("`{name}` is not a state"));
        Problem::of(unknown.given(name).mend(format!("ask for one of {names}")))
    })
}

fn limit(text: &str) -> Result<usize, Problem> {
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| {
        let reason = if text.parse::<u64>().is_ok() { Reason::OutOfRange } else { Reason::Unreadable };
        let wrong = Fault::new("limit", reason, format!("`{text}` is not a whole number from 1 to {MOST}"));
        Problem::of(wrong.given(text).mend(format!("ask for 1 to {MOST} operations at once")))
    })
}

fn render(request: &Request, views: &[OperationView], more: bool) -> Response {
    let last = views.last().filter(|_| more);
    let page = Page {
        operations: views.iter().map(|view| operation(&request.base_url, view)).collect(),
        next_link: last.map(|last| next_link(request, &last.id)),
    };
    Response::new(200, JSON, json(&page))
}

/// The same question, behind `last`; never with a key, which belongs in a header.
fn next_link(request: &Request, last: &str) -> String {
    let kept = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && !["after", "key", "subscription-key"].iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    let after = format!("after={last}");
    let pairs: Vec<&str> = request.query.split('&').filter(kept).chain([after.as_str()]).collect();
    format!("{}/api/v1/operations?{}", request.base_url, pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, get, text};
    use super::*;

    fn ask(query: &str) -> Request {
        Request { query: query.to_owned(), ..get("/api/v1/operations") }
    }

    #[test]
    fn a_page_is_asked_for_by_state_and_kind() {
        let all = Wanted { state: None, kind: None, limit: USUAL, after: None };
        assert_eq!(wanted(&ask("")).unwrap(), all);
        let some = wanted(&ask("state=notStarted&kind=api.matrix&limit=7&after=x&key=secret")).unwrap();
        let expected = Wanted {
            state: Some(OperationState::NotStarted),
            kind: Some("api.matrix".to_owned()),
            limit: 7,
            after: Some("x".to_owned()),
        };
        assert_eq!(some, expected);
        for bad in ["state=done", "limit=0", "limit=1001", "limit=many", "sort=asc"] {
            let fault = (LIST.wanted)(&ask(bad)).unwrap_err();
            let name = bad.split('=').next().unwrap();
            assert!(fault.status == 400 && text(&fault).contains(&format!(r#""field":"{name}""#)), "{}", text(&fault));
        }
    }

    #[test]
    fn a_page_leads_to_the_next_as_long_as_there_is_one() {
        let views = [found(OperationState::Running), found(OperationState::Failed)];
        let page = text(&render(&ask("state=failed&key=secret&after=old"), &views, true));
        let link = r#""nextLink":"https://plan.example/api/v1/operations?state=failed&after=0190a5f4-0000-7000-8000-000000000001""#;
        assert!(page.contains(link), "{page}");
        assert!(text(&render(&ask(""), &views, false)).ends_with(r#""nextLink":null}"#));
        assert_eq!(text(&render(&ask(""), &[], true)), r#"{"operations":[],"nextLink":null}"#);
    }
}
