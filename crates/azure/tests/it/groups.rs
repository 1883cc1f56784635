//! A batch that is answered in groups reads as one that was answered in one go, and outlives a group that is given up.

use engine::Budget;
use serde_json::json;
use wire::{Failure, Handler, Method, Pieces};

use crate::desk::{Desk, request};

struct InMemory(Vec<Option<Vec<u8>>>);

impl Pieces for InMemory {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn piece(&mut self, number: usize) -> Result<Result<Vec<u8>, Failure>, Failure> {
        let failure = || Failure { code: "workerLost".to_owned(), message: "gone".to_owned(), retry: false };
        Ok(self.0[number].clone().ok_or_else(failure))
    }
}

#[test]
fn groups_change_no_byte() {
    let desk = Desk::new();
    let item = |number: usize| match number % 3 {
        0 => json!({"query": format!("?query={}", desk.waypoints("al"))}),
        1 => json!({"query": format!("?query={}", desk.waypoints("am"))}),
        _ => json!({"query": "?query=nonsense"}),
    };
    let body = json!({"batchItems": (0..60).map(item).collect::<Vec<_>>()}).to_string();
    let request = request(Method::Post, "/route/directions/batch/json?api-version=1.0", &body);
    let Ok(endpoint) = (azure::DIALECT.endpoint)(&request) else { panic!("there is such an endpoint") };
    let Handler::Accept(question) = endpoint.handler else { panic!("it is answered later") };
    let (engine, parts) = (desk.engine(), question.parts[0]);
    assert!((parts.is_large)(engine, &request));
    let whole = (question.run)(engine, &request, &Budget::default()).unwrap();
    let cuts = (parts.cut)(engine, &request, &Budget::default()).unwrap().cuts;
    assert_eq!(cuts.len(), 3);
    let run = |cut: &wire::Cut| Some((parts.run)(engine, &request, &cut.input, &Budget::default()).unwrap());
    let mut pieces = InMemory(cuts.iter().map(run).collect());
    let mut joined = Vec::new();
    parts.join.write(engine, &request, &mut pieces, &Budget::default(), &mut joined).unwrap();
    assert!(joined == whole);

    pieces.0[1] = None;
    let mut rest = Vec::new();
    parts.join.write(engine, &request, &mut pieces, &Budget::default(), &mut rest).unwrap();
    let rest: serde_json::Value = serde_json::from_slice(&rest).unwrap();
    let statuses: Vec<u64> =
        rest["batchItems"].as_array().unwrap().iter().map(|item| item["statusCode"].as_u64().unwrap()).collect();
    assert_eq!((statuses.len(), statuses[24], statuses[25], statuses[49], statuses[51]), (60, 200, 500, 500, 200));
    assert_eq!(rest["summary"], json!({"successfulRequests": 12, "totalRequests": 60}));
}
