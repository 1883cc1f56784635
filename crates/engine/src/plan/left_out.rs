//! Reasons in words: why an item is left out, and the smallest change that would let it in.
//!
//! The solver's reasons ([`vrp::reasons`]) speak of indices; here they get the names, the times and the units of the question.
//! Codes are stable and listed in `docs/reasons.md`, which a test compares with [`REASON_CODES`]. Never in here: a judgement.
//! What is proposed was tried by the solver.

use vrp::{Cause, LeftOver, Limit, Remedy};

use super::problem::Posed;
use super::{Agent, PlanQuestion};

/// Why an item is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Index of the item.
    pub item: usize,
    /// Stable, for programs: one of [`REASON_CODES`].
    pub code: &'static str,
    /// What is in its way.
    pub message: String,
    /// The smallest change that would help.
    pub remedy: String,
}

/// Every code that [`LeftOut::code`] can be.
pub const REASON_CODES: [&str; 15] = [
    "agent.none",
    "agent.skills",
    "place.unreachable",
    "order.leftOut",
    "order.split",
    "order.depot",
    "alone.window",
    "alone.shift",
    "alone.breaks",
    "alone.capacity",
    "alone.limit",
    "full.time",
    "full.capacity",
    "full.company",
    "search.ended",
];

/// The reasons for all items that a plan leaves out, in its order.
pub(super) fn explain(question: &PlanQuestion, posed: &Posed, plan: &vrp::Plan) -> Vec<LeftOut> {
    let words = Words { question, posed };
    vrp::reasons(&posed.problem, plan).iter().map(|reason| words.left_out(reason)).collect()
}

struct Words<'a> {
    question: &'a PlanQuestion,
    posed: &'a Posed,
}

impl Words<'_> {
    fn left_out(&self, reason: &LeftOver) -> LeftOut {
        let (code, message, usual) = self.cause(reason.cause);
        let remedies: Vec<String> = reason.remedies.iter().map(|remedy| self.remedy(reason.job, remedy)).collect();
        let remedy = if remedies.is_empty() { usual } else { remedies.join("; or it ") };
        LeftOut { item: reason.job, code, message, remedy }
    }

    /// The code, the sentence, and what helps in general.
    fn cause(&self, cause: Cause) -> (&'static str, String, String) {
        let alone = "fits no shift, even without any other visit";
        let (code, message, usual) = match cause {
            Cause::NoShift => (
                REASON_CODES[0],
                "no agent has a shift whose breaks can all be taken".to_owned(),
                "give an agent a shift in which each break has a moment within its window",
            ),
            Cause::Skills => (
                REASON_CODES[1],
                "no agent with a usable shift has all the skills that it needs".to_owned(),
                "give an agent these skills",
            ),
            Cause::Unreachable => (
                REASON_CODES[2],
                "no way leads from the start of any shift to it and on to the end".to_owned(),
                "move it to a road of the map that agents may use",
            ),
            Cause::Predecessor(named) => {
                let name = &self.question.items[named].name;
                let message = format!("`{name}`, which it drops off from, is left out too");
                return (REASON_CODES[3], message, format!("see the reason of `{name}`"));
            }
            Cause::Split => (
                REASON_CODES[4],
                "the items that it drops off from are visited by different agents".to_owned(),
                "let it drop off from items of one agent",
            ),
            Cause::Depot(depot) => {
                let name = &self.question.items[depot].name;
                let message =
                    format!("no agent has room for it and for the visit of `{name}` that must come before it");
                return (REASON_CODES[5], message, "add an agent or a shift".to_owned());
            }
            Cause::Window => {
                (REASON_CODES[6], format!("between its opening and its closing it {alone}"), "widen its window")
            }
            Cause::ShiftTooShort => (
                REASON_CODES[7],
                "no shift is long enough to get there, stay, and be back in time".to_owned(),
                "lengthen a shift, or start one nearer",
            ),
            Cause::Breaks => (REASON_CODES[8], format!("with the breaks it {alone}"), "widen the window of a break"),
            Cause::Capacity => {
                (REASON_CODES[9], "no agent can carry it, even alone".to_owned(), "raise a capacity, or split the item")
            }
            Cause::Limit => {
                (REASON_CODES[10], format!("within the limits of the shifts it {alone}"), "raise the limits of a shift")
            }
            Cause::NoTime => (
                REASON_CODES[11],
                "every shift that could take it is too full: the visits in it leave no time for one more".to_owned(),
                "add an agent or a shift",
            ),
            Cause::NoRoom => (
                REASON_CODES[12],
                "it would fit in time, but no agent that comes by has capacity left for it".to_owned(),
                "add an agent, or raise a capacity",
            ),
            Cause::Company => (
                REASON_CODES[13],
                "the items that it must share an agent with, or must not, leave no agent for it".to_owned(),
                "loosen the group that it belongs to",
            ),
            Cause::Unfinished => (
                REASON_CODES[14],
                "it would fit: the search ended before it came to it".to_owned(),
                "ask again with a longer time limit",
            ),
        };
        (code, message, usual.to_owned())
    }

    fn remedy(&self, job: usize, remedy: &Remedy) -> String {
        let fits = |slot: (usize, usize)| format!("fits {}", self.slot(slot));
        match remedy {
            Remedy::Close { slot, job: late, at } if *late == job => {
                format!("{} if its closing is {} or later", fits(*slot), moment(*at))
            }
            Remedy::Close { slot, job: late, at } => {
                format!("{} if {} closes at {} or later", fits(*slot), self.item(*late), moment(*at))
            }
            Remedy::Open { slot, at } => format!("{} if its opening is {} or earlier", fits(*slot), moment(*at)),
            Remedy::ShiftEnd { slot, at } => format!("{} if that ends at {} or later", fits(*slot), moment(*at)),
            Remedy::Limit { slot, limit, by } => {
                let (name, unit) = match limit {
                    Limit::Driving => ("driving", "s"),
                    Limit::Distance => ("distance", "m"),
                    Limit::Duration => ("duration", "s"),
                };
                format!("{} if its limit of {name} is {by} {unit} higher", fits(*slot))
            }
            Remedy::Capacity { vehicle, dimension, by } => {
                let (agent, more) = (self.agent(*vehicle), *by as f64 / 1000.0);
                format!("needs {more} more of capacity {} of {}", dimension + 1, agent.name)
            }
            Remedy::Skills { vehicle, skills } => {
                let names: Vec<String> = skills.iter().map(|&skill| format!("`{}`", self.posed.skill(skill))).collect();
                format!("fits {} with {} among its skills", self.agent(*vehicle).name, names.join(", "))
            }
            Remedy::Displace { slot, jobs, priority } => {
                let names: Vec<String> = jobs.iter().map(|&other| self.item(other)).collect();
                format!("would displace items worth {priority} ({}) from {}", names.join(", "), self.slot(*slot))
            }
        }
    }

    fn agent(&self, vehicle: usize) -> &Agent {
        &self.question.agents[vehicle]
    }

    /// A shift by the name of its agent and its number in the question.
    fn slot(&self, (vehicle, shift): (usize, usize)) -> String {
        format!("{}'s shift {}", self.agent(vehicle).name, self.posed.shift(vehicle, shift) + 1)
    }

    fn item(&self, job: usize) -> String {
        let name = &self.question.items[job].name;
        if name.is_empty() { format!("item {}", job + 1) } else { format!("`{name}`") }
    }
}

/// A moment as date and time of day; seconds where there are any.
pub(super) fn moment(seconds: i64) -> String {
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hours, minutes, seconds) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let rest = if seconds == 0 { String::new() } else { format!(":{seconds:02}") };
    format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}{rest}")
}

/// The date of a day since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013, `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        assert_eq!(moment(0), "1970-01-01 00:00");
        assert_eq!(moment(-1), "1969-12-31 23:59:59");
        assert_eq!(moment(951_782_400), "2000-02-29 00:00");
        assert_eq!(moment(1_903_972_800), "2030-05-02 17:20");
    }
}
