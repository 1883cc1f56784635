//! `POST /route/matrix:async`: a large matrix, answered later.
//!
//! Sizes come in two classes: up to 50,000 cells when nothing but the pairs is asked for, else up to 2,500, and then a pair
//! whose places do not fit into one square of 400 km is `OUT_OF_REGION`. `request` is the way in, `answer` the way out.

mod answer;
mod request;

use std::time::Duration;

use engine::{Budget, Engine, Error, Settings};
use wire::{Failure, LongQuestion, Request, Response};

use self::request::{Asked, MatrixRequest};
use super::operation;
use crate::body;
use crate::error::{self, Refused};
use crate::headers::naming_ignored;
use crate::query::Query;
use crate::rule;
use crate::version::Version;

/// `POST /route/matrix:async`
pub(crate) static ASYNC: LongQuestion = LongQuestion {
    kind: "azure.matrix2025",
    check,
    accepted: |request, view| naming_ignored(operation::accepted(request, view), &ignored(request)),
    run,
    wait: |_| Duration::ZERO,
    parts: &[],
    import: None,
    poll: &operation::STATUS,
};

/// How many cells, origins and destinations a request may have.
struct SizeClass {
    cells: usize,
    side: usize,
}

/// Without a time, by the fastest way.
const PLAIN: SizeClass = SizeClass { cells: 50_000, side: 10_000 };

/// With a time, or with other wishes.
const SPECIAL: SizeClass = SizeClass { cells: 2500, side: 1000 };

fn check(engine: &Engine, request: &Request) -> Result<(), Response> {
    let checked = Asked::parse(request).and_then(|asked| {
        within(&asked, engine.settings())?;
        engine.dataset().map(|_| ()).ok_or_else(|| Refused::of_engine(&Error::NoDataset, 0))
    });
    checked.map_err(|refused| refused.respond(Version::V2025))
}

/// Refuses what fits into no size class.
fn within(asked: &Asked, settings: &Settings) -> Result<(), Refused> {
    let (origins, destinations) = (asked.question.origins.len(), asked.question.destinations.len());
    let cells = origins.saturating_mul(destinations);
    let class = if asked.is_plain { PLAIN } else { SPECIAL };
    let limit = settings.limits.matrix_cells.unwrap_or(class.cells);
    let side = settings.limits.matrix_cells.unwrap_or(class.side);
    if cells <= limit && origins <= side && destinations <= side {
        return Ok(());
    }
    let remedy = if asked.is_plain { "split the matrix" } else { "split the matrix, or ask without a time" };
    Err(Refused::bad(
        "features",
        format!(
            "{origins} origins and {destinations} destinations make {cells} cells; the limit is {limit} cells with at \
             most {side} places on a side (limits.matrix_cells); {remedy}."
        ),
    ))
}

fn run(engine: &Engine, request: &Request, budget: &Budget) -> Result<Vec<u8>, Failure> {
    let asked = Asked::parse(request).map_err(Refused::failure)?;
    let answer = engine.matrix(&asked.question, budget).map_err(|error| error::failure(&error))?;
    Ok(error::bytes(&asked.answer(&answer)))
}

/// Names of members and parameters that do not change the answer. A request that was checked before.
fn ignored(request: &Request) -> Vec<String> {
    let mut names = rule::check(&Query::of(request), &[]).unwrap_or_default();
    if body::parse::<MatrixRequest>(&request.body).is_ok_and(|body| body.wants_live_traffic()) {
        rule::remember(&mut names, "traffic");
    }
    names
}

#[cfg(test)]
mod tests {
    use engine::{Cell, MatrixAnswer};
    use wire::Method;

    use super::*;
    use crate::headers::tests::get;

    fn parse(body: &str) -> Asked {
        let path = "/route/matrix:async";
        let request = Request { method: Method::Post, body: body.into(), ..get(path, "api-version=2025-01-01") };
        Asked::parse(&request).unwrap()
    }

    const BODY: &str = r#"{"type":"FeatureCollection","departAt":"2030-01-01T08:00:00-08:00","features":[
        {"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[-122.132,47.644],[2.32,48.86]]},"properties":{"pointType":"destinations"}},
        {"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[-122.122,47.674]]},"properties":{"pointType":"origins"}}]}"#;

    #[test]
    fn the_answer_on_the_wire() {
        let asked = parse(BODY);
        let travel = Cell::Travel { duration_s: 61, distance_m: 900 };
        let answer = MatrixAnswer { rows: vec![vec![travel, Cell::NoRoute]] };
        insta::assert_snapshot!(serde_json::to_string_pretty(&asked.answer(&answer)).unwrap());
    }

    #[test]
    fn signs_are_judged_by_the_clock_at_the_first_origin() {
        let time = |text: &str| parse(&BODY.replace("2030-01-01T08:00:00-08:00", text)).question.terms.time;
        // In Redmond.
        let eight = engine::LocalTime::from_minutes(21_915 * 1440 + 480);
        for text in ["2030-01-01T08:00:00-08:00", "2030-01-01T16:00:00Z", "2030-01-01T16:00:00"] {
            assert_eq!(time(text), eight, "{text}");
        }
        assert_eq!(time("now"), engine::LocalTime::from_minutes(19_675 * 1440 + 14 * 60 + 13));
        assert_eq!(time("any"), None);
    }

    #[test]
    fn live_traffic_takes_a_request_out_of_the_plain_class_and_is_named() {
        assert!(parse(&BODY.replace("2030-01-01T08:00:00-08:00", "any")).is_plain);
        let live = BODY.replacen('{', r#"{"traffic":"live","#, 1);
        assert!(!parse(&live).is_plain);
        let request = Request { body: live.into(), ..get("/route/matrix:async", "api-version=2025-01-01&y=1") };
        assert_eq!(ignored(&request), ["y", "traffic"]);
    }
}
