//! A plan searched in rounds of islands, as the parts of a long question.
//!
//! **Why.** Every dialect that asks for plans cuts them alike; only how a question is read, an answer written and an error named
//! is its own. **How.** A stage is a round, a part an island of it, and the join of a stage begins the next one
//! ([`engine::Engine::first_round`] and its neighbours). **What never happens:** a look into what the islands tell each other.

use std::io::Write;

use engine::{Budget, Engine, Error, Islands, PlanAnswer, PlanQuestion, Round};

use crate::{Cut, Failure, Pieces, Request, Stage};

/// A question for a plan, with what its dialect makes of answers and errors.
pub struct Rounds<'a> {
    /// Who is asked.
    pub engine: &'a Engine,
    /// What is asked.
    pub question: &'a PlanQuestion,
    /// How long it may take.
    pub budget: &'a Budget,
    /// Writes an answer.
    pub render: &'a dyn Fn(&PlanAnswer) -> Vec<u8>,
    /// Names an error.
    pub fail: &'a dyn Fn(Error) -> Failure,
}

impl Rounds<'_> {
    /// Whether the search that `request` asks for is spread; `read` reads its question, once it says that it may be.
    pub fn are_worth_it(engine: &Engine, request: &Request, read: impl FnOnce() -> Option<PlanQuestion>) -> bool {
        let may_be = is_long(engine, request) || names_islands(request);
        may_be && read().is_some_and(|question| engine.islands(&question).is_some())
    }

    /// The first round.
    pub fn first(&self) -> Stage {
        let islands = self.engine.islands(self.question).unwrap_or(Islands { count: 1, rounds: 1 });
        stage(self.engine.first_round(self.question, islands, self.budget))
    }

    /// Searches an island, and tells the watch of better plans.
    pub fn island(&self, task: &[u8]) -> Result<Vec<u8>, Failure> {
        let found = self.engine.island(self.question, task, self.budget, &mut |better| {
            let written = || Some((self.render)(&better.answer().ok()?));
            self.budget.improved(&better.milestone, &written);
        });
        found.map_err(self.fail)
    }

    /// The next round, or none after the last.
    pub fn next(&self, pieces: &mut dyn Pieces) -> Result<Option<Stage>, Failure> {
        let found = last_round(pieces)?;
        let next = self.engine.next_round(self.question, &found, self.budget).map_err(self.fail)?;
        Ok(next.map(stage))
    }

    /// Writes the answer.
    pub fn join(&self, pieces: &mut dyn Pieces, sink: &mut dyn Write) -> Result<(), Failure> {
        let found = last_round(pieces)?;
        let answer = self.engine.plan_of_islands(self.question, &found, self.budget).map_err(self.fail)?;
        sink.write_all(&(self.render)(&answer)).map_err(|error| Failure::unwritten(&error))
    }
}

/// Bytes that a plan of so many items has at least that it is spread unasked.
const LONG: usize = 4096;

fn is_long(engine: &Engine, request: &Request) -> bool {
    engine.settings().solver.islands > 1 && request.body.len() + request.query.len() >= LONG
}

/// Whether the word stands anywhere in it. Questions come by thousands a second, and most of them are small: to read each of them
/// once more would cost more than to store it.
fn names_islands(request: &Request) -> bool {
    const WORD: &[u8] = b"islands";
    let names = |text: &[u8]| text.windows(WORD.len()).any(|part| part.eq_ignore_ascii_case(WORD));
    names(&request.body) || names(request.query.as_bytes())
}

/// An island is as much work as a full tile of a matrix, or more.
const WEIGHT: u32 = 100;

fn stage(round: Round) -> Stage {
    // An island that cannot be searched, whatever the reason, is done without as long as another can.
    let cuts = round.tasks.into_iter().map(|input| Cut { input, weight: WEIGHT, required: false }).collect();
    Stage { cuts, expected: Some(round.expected) }
}

/// What the islands of the last round came to; an error where none of them came to anything.
fn last_round(pieces: &mut dyn Pieces) -> Result<Vec<Vec<u8>>, Failure> {
    let (mut found, mut why): (Vec<Vec<u8>>, Option<Failure>) = (Vec::new(), None);
    let (count, mut of_round) = (pieces.count(), 1);
    for back in 1..=count {
        if back > of_round {
            break;
        }
        match pieces.piece(count - back)? {
            Ok(one) => {
                of_round = Islands::told_in(&one).map_or(of_round, |islands| islands.count);
                found.push(one);
            }
            Err(failure) => {
                // As long as nobody has told how many there are, the one before may.
                of_round = if found.is_empty() { of_round + 1 } else { of_round };
                why.get_or_insert(failure);
            }
        }
    }
    found.reverse();
    match why {
        Some(failure) if found.is_empty() => Err(failure),
        _ => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Islands that came to these notes, or to nothing.
    struct Told(Vec<Option<Vec<u8>>>);

    impl Pieces for Told {
        fn count(&self) -> usize {
            self.0.len()
        }

        fn piece(&mut self, number: usize) -> Result<Result<Vec<u8>, Failure>, Failure> {
            let failed = Failure { code: "Lost".to_owned(), message: String::new(), retry: false };
            Ok(self.0[number].clone().ok_or(failed))
        }
    }

    #[test]
    fn the_last_round_is_those_that_could_be_searched_of_it() {
        let note = |mark: u8| {
            // Version, islands, rounds, the present one; then what is of no interest here.
            let numbers = [1_u32, 3, 2, 0].map(u32::to_le_bytes).concat();
            [&numbers[..], &[0; 24], &[mark]].concat()
        };
        let found = |told: &[Option<u8>]| {
            last_round(&mut Told(told.iter().map(|mark| mark.map(note)).collect()))
                .map(|found| found.iter().map(|note| note[note.len() - 1]).collect::<Vec<u8>>())
        };
        assert_eq!(found(&[Some(1), Some(2), Some(3), Some(4), Some(5), Some(6)]).unwrap(), [4, 5, 6]);
        assert_eq!(found(&[Some(1), Some(2), Some(3), Some(4), None, Some(6)]).unwrap(), [4, 6]);
        assert_eq!(found(&[Some(1), Some(2), Some(3), Some(4), None, None]).unwrap(), [4]);
        assert_eq!(found(&[None, None, None]).unwrap_err().code, "Lost");
    }
}
