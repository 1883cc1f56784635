//! A matrix that is computed in bands, or in tiles, reads as one that was computed in one go.

use engine::Budget;
use serde_json::json;
use wire::{Failure, Pieces};

use crate::service::{engine, long, map, post_for_later};

/// What the parts came to, here.
pub(crate) struct InMemory(pub(crate) Vec<Vec<u8>>);

impl Pieces for InMemory {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn piece(&mut self, number: usize) -> Result<Result<Vec<u8>, Failure>, Failure> {
        Ok(Ok(self.0[number].clone()))
    }
}

fn place(letter: char) -> [f64; 2] {
    let at: geometry::Coordinate = map().at(letter);
    [at.lon(), at.lat()]
}

#[test]
fn bands_and_tiles_change_no_byte() {
    let engine = engine();
    let places =
        |count: usize, letters: &str| -> Vec<[f64; 2]> { letters.chars().cycle().take(count).map(place).collect() };
    // Tiles of two bands of rows, two of columns; `e` cannot be reached.
    let body = json!({"origins": places(501, "abe"), "destinations": places(2001, "bdea")}).to_string();
    let request = post_for_later("/api/v1/matrix", &body);
    let question = long(&request);
    let whole = (question.run)(&engine, &request, &Budget::default()).unwrap();
    assert!(whole.windows(4).any(|text| text == b"null"));
    assert_eq!(
        question.parts.iter().map(|parts| parts.form).collect::<Vec<_>>(),
        [5, 3],
        "new ones, and those of before"
    );
    for parts in question.parts {
        assert!((parts.is_large)(&engine, &request));
        let cuts = (parts.cut)(&engine, &request, &Budget::default()).unwrap().cuts;
        assert_eq!(cuts.len(), if parts.form == 3 { 4 } else { 8 });
        let answers = cuts.iter().map(|cut| (parts.run)(&engine, &request, &cut.input, &Budget::default()).unwrap());
        let mut pieces = InMemory(answers.collect());
        let mut joined = Vec::new();
        parts.join.write(&engine, &request, &mut pieces, &Budget::default(), &mut joined).unwrap();
        assert!(joined == whole, "form {}: {} bytes against {}", parts.form, joined.len(), whole.len());
    }
    let small =
        post_for_later("/api/v1/matrix", &json!({"origins": [place('a')], "destinations": [place('b')]}).to_string());
    assert!(!(question.parts[0].is_large)(&engine, &small));
}
