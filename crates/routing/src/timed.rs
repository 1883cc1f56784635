//! Turns that are forbidden while a condition is met: `no_left_turn @ (Mo-Fr 07:00-09:00)`, by way of any number of roads.
//!
//! The turn-expanded graph remembers how much of such a sequence has been driven as it does for those that hold always
//! (`crate::bans`), and leaves the last turn open. Which turn that is follows from driving the sequence from every state of its
//! first edge: all states that this leads to remember it, and no others do. Never in here: whether a condition is met.

use network::{Mode, Network};

use crate::layout::Layout;
use crate::turns::State;

/// Turns and when they are forbidden, for one profile.
#[derive(Debug, Default)]
pub(crate) struct TimedTurns {
    /// Ascending: the turn, and which of the conditions.
    turns: Vec<(u32, u32)>,
    when: Vec<String>,
}

impl TimedTurns {
    pub(crate) fn new(network: &Network, layout: &Layout, mode: Mode) -> Self {
        let mut timed = Self::default();
        for (forbidden, when) in network.forbidden_at_times().filter(|(forbidden, _)| forbidden.modes.contains(mode)) {
            let [first, middle @ .., last] = forbidden.edges else { continue };
            let turns = &layout.turns;
            let mut states: Vec<State> = layout.approach.states(*first).collect();
            for &edge in middle {
                let next = states.iter().flat_map(|&state| turns.from(state)).map(|turn| turn.to);
                states = next.filter(|&state| turns.edge(state) == edge).collect();
                states.sort_unstable();
                states.dedup();
            }
            let number = timed.number(when);
            let last_turns = states.into_iter().flat_map(|state| turns.range(state));
            let completing = last_turns.filter(|&turn| turns.edge(turns.list[turn].to) == *last);
            timed.turns.extend(completing.map(|turn| (turn as u32, number)));
        }
        timed.turns.sort_unstable();
        timed.turns.dedup();
        timed
    }

    fn number(&mut self, when: &str) -> u32 {
        let known = self.when.iter().position(|known| known == when);
        known.unwrap_or_else(|| {
            self.when.push(when.to_owned());
            self.when.len() - 1
        }) as u32
    }

    /// The conditions under which a turn, by its number, is forbidden.
    pub(crate) fn of(&self, turn: usize) -> impl Iterator<Item = &str> {
        let first = self.turns.partition_point(|timed| (timed.0 as usize) < turn);
        let of_turn = self.turns[first..].iter().take_while(move |timed| timed.0 as usize == turn);
        of_turn.map(|timed| self.when[timed.1 as usize].as_str())
    }

    /// All turns, each as often as it has conditions, and those.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.turns.iter().map(|&(turn, when)| (turn as usize, self.when[when as usize].as_str()))
    }
}
