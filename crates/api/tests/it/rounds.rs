//! A plan that is searched on islands, part by part, reads as one that was searched in one go.

use engine::Budget;
use serde_json::{Value, json};

use crate::service::{engine, long, post_for_later};
use crate::tiles::InMemory;

/// A plan as the crow flies, with these options.
fn plan(options: &Value) -> String {
    let place = |number: u32| json!({"latitude": 47.6 + 0.013 * f64::from(number * 7 % 11), "longitude": -122.3 + 0.011 * f64::from(number * 5 % 13)});
    let items: Vec<Value> = (0..30)
        .map(|number| {
            json!({"name": format!("stop {number}"), "location": place(number), "dwellTime": "00:20:00", "priority": 1,
                "openingTime": "2030-05-02T08:00:00", "closingTime": "2030-05-02T18:00:00"})
        })
        .collect();
    let shift = json!({"startTime": "2030-05-02T08:00:00", "startLocation": place(0), "endTime": "2030-05-02T18:00:00",
        "endLocation": place(0)});
    let agents = [json!({"name": "Mei", "shifts": [shift]}), json!({"name": "Ada", "shifts": [shift]})];
    json!({"agents": agents, "itineraryItems": items, "roadnetwork": false, "options": options}).to_string()
}

#[test]
fn rounds_change_no_byte() {
    let (engine, budget) = (engine(), Budget::default());
    let request =
        post_for_later("/api/v1/optimize", &plan(&json!({"steps": 900, "seed": 3, "islands": 2, "rounds": 3})));
    let question = long(&request);
    let parts = question.parts[0];
    assert!((parts.is_large)(&engine, &request));
    let (mut stage, mut pieces) = ((parts.cut)(&engine, &request, &budget).unwrap(), InMemory(Vec::new()));
    loop {
        assert_eq!((stage.cuts.len(), stage.expected), (2, Some(6)));
        for cut in &stage.cuts {
            pieces.0.push((parts.run)(&engine, &request, &cut.input, &budget).unwrap());
        }
        match parts.next.unwrap()(&engine, &request, &mut pieces, &budget).unwrap() {
            Some(next) => stage = next,
            None => break,
        }
    }
    assert_eq!(pieces.0.len(), 6);
    let mut joined = Vec::new();
    parts.join.write(&engine, &request, &mut pieces, &budget, &mut joined).unwrap();
    let whole = (question.run)(&engine, &request, &budget).unwrap();
    assert_eq!(String::from_utf8_lossy(&joined), String::from_utf8_lossy(&whole));
    let alone = post_for_later("/api/v1/optimize", &plan(&json!({"steps": 900, "seed": 3})));
    assert!(!(parts.is_large)(&engine, &alone));
}

#[test]
fn islands_out_of_bounds_are_named() {
    let engine = engine();
    for (options, field) in [(json!({"islands": 65}), "options.islands"), (json!({"rounds": 0}), "options.rounds")] {
        let request = post_for_later("/api/v1/optimize", &plan(&options));
        let refused = (long(&request).check)(&engine, &request).unwrap_err();
        assert_eq!(refused.status, 400);
        let wire::Body::Bytes(body) = &refused.body else { panic!("{refused:?}") };
        let text = String::from_utf8_lossy(body);
        assert!(text.contains(field), "{text}");
    }
}
