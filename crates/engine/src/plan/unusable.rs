//! Shifts that no plan can use, in words: the agent gets nothing there, and its owner is told why.
//!
//! The solver finds them ([`vrp::unusable`]) and claims only what holds whatever is planned. Codes are stable and listed in
//! `docs/faults.md`, which a test compares with [`SHIFT_CODES`]. Never in here: a refusal. A shift without a moment for its breaks
//! is a normal part of a question, and nothing that could be planned is a normal answer.

use vrp::{Hindrance, Unusable};

use super::PlanQuestion;
use super::left_out::moment;
use super::problem::Posed;

/// A shift that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableShift {
    /// Index of the agent.
    pub agent: usize,
    /// Index of the shift, as the question lists it.
    pub shift: usize,
    /// Stable, for programs: one of [`SHIFT_CODES`].
    pub code: &'static str,
    /// The member to look at, as a path in the neutral question: `agents[1].shifts[0].breaks[2].close`.
    pub field: String,
    /// What stands in the way.
    pub message: String,
    /// The smallest change that would help.
    pub remedy: String,
}

/// Every code that [`UnusableShift::code`] can be.
pub const SHIFT_CODES: [&str; 4] = ["shift.breaks", "shift.noWay", "shift.short", "shift.limit"];

/// The shifts of a question that cannot be used.
pub(super) fn find(question: &PlanQuestion, posed: &Posed) -> Vec<UnusableShift> {
    vrp::unusable(&posed.problem).into_iter().map(|found| in_words(question, posed, found)).collect()
}

fn in_words(question: &PlanQuestion, posed: &Posed, found: Unusable) -> UnusableShift {
    let (agent, shift) = (found.vehicle, posed.shift(found.vehicle, found.shift));
    let asked = &question.agents[agent].shifts[shift];
    let path = format!("agents[{agent}].shifts[{shift}]");
    let say = |code: usize, member: &str, message: &str, remedy: String| UnusableShift {
        agent,
        shift,
        code: SHIFT_CODES[code],
        field: format!("{path}{member}"),
        message: message.to_owned(),
        remedy,
    };
    let crowded = "its breaks cannot all be taken: some break has no moment within its window and the shift";
    match found.hindrance {
        Hindrance::Breaks { widen: Some((index, until)) } => {
            let remedy = format!("it can be used if its break {} may last until {}", index + 1, moment(until));
            say(0, &format!(".breaks[{index}].close"), crowded, remedy)
        }
        Hindrance::Breaks { widen: None } => {
            say(0, ".breaks", crowded, "give each break a moment within its window, or leave breaks out".to_owned())
        }
        Hindrance::BreaksTooLate { end } => {
            let message = "its breaks are over only after it has ended";
            say(0, ".end", message, format!("it can be used if it ends at {} or later", moment(end)))
        }
        Hindrance::NoWay => {
            let message = "no way leads from its start to any item and on to its end";
            say(1, "", message, "start and end it on roads of the map that agents may use".to_owned())
        }
        Hindrance::TooShort { by } => {
            let message = "it ends before its agent could come back from any item";
            let remedy = format!("it would have to end at {} at the earliest", moment(asked.end.saturating_add(by)));
            say(2, ".end", message, remedy)
        }
        Hindrance::Limit => {
            let message = "even the shortest way over any item exceeds a limit on driving time, distance or duration";
            say(3, "", message, "raise the limits of the shift".to_owned())
        }
    }
}
