//! The mini-language of a GET request: `itineraryAgents` and `itineraryItems` (`bing.md`, 3.2).
//!
//! **Why.** The documents' signature line puts `;` between the shifts of an agent, their samples `_`; clients do either. **How.**
//! A `;` separates segments; a date and time with a `|` after it begins a shift, wherever it stands, and a segment that begins so
//! belongs to the agent before it. Names may contain `_`, blanks included, since they end only where a shift begins.
//! **What never happens:** a panic on any text; a fault without the number of its segment.

use engine::{
    Agent, AgentExtension, Item, ItemExtension, PlanExtension, PlanQuestion, Reason, Shift, ShiftExtension, Urgency,
};

use super::body::default_name;
use super::names::Names;
use super::place::Decimals;
use super::scalars::{self, Scalars};
use super::{Asked, Reading};
use crate::fault::Faults;
use crate::json::Node;
use crate::value::{Wrong, moment, quoted, timespan};

const AGENTS: &str = "itineraryAgents";
const ITEMS: &str = "itineraryItems";

/// Reads the parameters of a query.
pub(super) fn read(parameters: &[(String, String)], urgency: Urgency) -> Reading {
    let (mut decimals, mut faults) = (Decimals::default(), Faults::default());
    let agents_text = required(parameters, AGENTS, "itinAgt", &mut faults);
    let items_text = required(parameters, ITEMS, "itinItm", &mut faults);
    let (agents, agent_segments) = agents(agents_text, &mut decimals, &mut faults);
    let (items, item_segments) = items(items_text, &mut decimals, &mut faults);
    let query = scalars::of_query(parameters);
    let Scalars { network, cost, search, ignored } = Scalars::read(None, &Node::root(&query), urgency, &mut faults);
    let plan = PlanQuestion { agents, items, network, cost, search, extension: PlanExtension::default() };
    let names = Names::Query { agent_segments, item_segments };
    Reading { asked: Asked { plan, decimals, ignored }, names, faults }
}

fn required<'a>(parameters: &'a [(String, String)], name: &str, alias: &str, faults: &mut Faults) -> &'a str {
    let given = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name) || key.eq_ignore_ascii_case(alias));
    let text = given.map_or("", |(_, value)| value.as_str());
    if text.trim().is_empty() {
        faults.add(name, Wrong::new(Reason::Missing, format!("{name} is required"), "add it"));
    }
    text
}

/// The segments of a list with their numbers from 1; a `;` at the end begins none.
fn segments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.trim_end();
    let text = text.strip_suffix(';').unwrap_or(text);
    let is_empty = text.trim().is_empty();
    text.split(';').enumerate().map(|(at, segment)| (at + 1, segment)).filter(move |_| !is_empty)
}

/// The agents, and the segment in which each begins.
fn agents(text: &str, decimals: &mut Decimals, faults: &mut Faults) -> (Vec<Agent>, Vec<usize>) {
    let (mut agents, mut numbers) = (Vec::<Agent>::new(), Vec::new());
    for (number, segment) in segments(text) {
        match agent(segment, agents.len(), decimals) {
            Ok((None, shifts)) => {
                if let Some(agent) = agents.last_mut() {
                    agent.shifts.extend(shifts);
                } else {
                    let wrong = Wrong::unreadable("it begins with a shift", "write the agent's name and _ before it");
                    faults.add(AGENTS, wrong.in_segment(number));
                }
            }
            Ok((Some(name), shifts)) => {
                agents.push(Agent {
                    name,
                    capacity: Vec::new(),
                    price: None,
                    shifts,
                    extension: AgentExtension::default(),
                });
                numbers.push(number);
            }
            Err(wrong) => faults.add(AGENTS, wrong.in_segment(number)),
        }
    }
    (agents, numbers)
}

/// The name, unless the segment goes on with the agent before, and the shifts of a segment.
fn agent(segment: &str, at: usize, decimals: &mut Decimals) -> Result<(Option<String>, Vec<Shift>), Wrong> {
    let (name, mut rest) = if shift_begins(segment) {
        (None, segment)
    } else {
        let form = "name_time|lat,lon|time|lat,lon";
        let wrong = || misshapen(segment, form);
        let (name, rest) = next_shift(segment).ok_or_else(wrong)?;
        (Some(agent_name(name, at)), rest)
    };
    let mut shifts = Vec::new();
    loop {
        let (this, next) = next_shift(rest).map_or((rest, None), |(this, next)| (this, Some(next)));
        shifts.push(shift(this, decimals)?);
        match next {
            Some(next) => rest = next,
            None => return Ok((name, shifts)),
        }
    }
}

/// Blanks belong to a name; a line break before it, with what surrounds it, is layout.
fn agent_name(text: &str, at: usize) -> String {
    let layout = text.len() - text.trim_start().len();
    let name = if text[..layout].contains(['\n', '\r']) { text.trim_start() } else { text };
    let name = name.trim_matches(['\n', '\r']);
    if name.is_empty() { default_name(at) } else { name.to_owned() }
}

/// What stands before and after the first `_` that a shift follows.
fn next_shift(text: &str) -> Option<(&str, &str)> {
    let mut underscores = text.match_indices('_').map(|(at, _)| at);
    let at = underscores.find(|&at| shift_begins(&text[at + 1..]))?;
    Some((&text[..at], &text[at + 1..]))
}

/// Whether a date and time with a `|` after it come first.
fn shift_begins(text: &str) -> bool {
    let text = text.trim_start();
    moment::prefix(text).is_some_and(|end| text[end..].trim_start().starts_with('|'))
}

fn shift(text: &str, decimals: &mut Decimals) -> Result<Shift, Wrong> {
    let fields: Vec<&str> = text.split('|').collect();
    let [start, start_place, end, end_place] = fields[..] else {
        return Err(misshapen(text, "time|lat,lon|time|lat,lon"));
    };
    Ok(Shift {
        start: moment::parse(start)?,
        end: moment::parse(end)?,
        start_place: decimals.parse(start_place)?,
        end_place: decimals.parse(end_place)?,
        breaks: Vec::new(),
        extension: ShiftExtension::default(),
    })
}

/// A text that has not the form of its place in the language.
fn misshapen(text: &str, form: &str) -> Wrong {
    Wrong::unreadable(format!("{} is not {form}", quoted(text.trim())), "write it in this form")
}

/// The items, and the segment of each.
fn items(text: &str, decimals: &mut Decimals, faults: &mut Faults) -> (Vec<Item>, Vec<usize>) {
    let (mut items, mut numbers) = (Vec::new(), Vec::new());
    for (number, segment) in segments(text) {
        match item(segment, decimals) {
            Ok(item) => {
                items.push(item);
                numbers.push(number);
            }
            Err(wrong) => faults.add(ITEMS, wrong.in_segment(number)),
        }
    }
    (items, numbers)
}

fn item(segment: &str, decimals: &mut Decimals) -> Result<Item, Wrong> {
    let (name, rest) = item_name(segment);
    let fields: Vec<&str> = rest.split('_').collect();
    let (opening, closing, dwell, place, priority) = match fields[..] {
        [opening, closing, dwell, place] => (opening, closing, dwell, place, "1"),
        [opening, closing, dwell, place, priority] => (opening, closing, dwell, place, priority),
        _ => return Err(misshapen(segment, "time_time_duration_lat,lon_priority")),
    };
    Ok(Item {
        name: name.to_owned(),
        place: decimals.parse(place)?,
        windows: vec![(moment::parse(opening)?, moment::parse(closing)?)],
        dwell_s: timespan::parse(dwell)?,
        priority: whole(priority)?,
        quantity: Vec::new(),
        depot: false,
        drop_off_from: Vec::new(),
        extension: ItemExtension::default(),
    })
}

/// Our extension: what stands before the first `_` that a date and time follow, unless they come first.
fn item_name(segment: &str) -> (&str, &str) {
    let mut underscores = segment.match_indices('_').map(|(at, _)| at);
    let begins = |text: &str| {
        let text = text.trim_start();
        moment::prefix(text).is_some_and(|end| text[end..].starts_with('_'))
    };
    match underscores.find(|&at| begins(&segment[at + 1..])) {
        Some(at) if !begins(segment) => (segment[..at].trim(), &segment[at + 1..]),
        _ => ("", segment),
    }
}

fn whole(text: &str) -> Result<u32, Wrong> {
    let wrong = |_| Wrong::unreadable(format!("{} is not a whole number", quoted(text.trim())), "write 1 to 100");
    text.trim().parse().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::BadRequest;

    const SHIFT: &str = "2030-05-02T08:00:00|47.60,-122.33|2030-05-02T12:00:00|47.61,-122.30";
    const ITEM: &str = "2030-05-02T09:00:00_2030-05-02T18:00:00_00:20:00_47.62,-122.35_40";

    fn ask(agents: &str, items: &str) -> Result<Asked, BadRequest> {
        let pairs = [(AGENTS, agents), ("ITINITM", items)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        read(&pairs, Urgency::Interactive).end(&engine::Limits::default())
    }

    /// Name and number of shifts of each agent.
    fn shifts(agents: &str) -> Vec<(String, usize)> {
        let asked = ask(agents, ITEM).unwrap_or_else(|bad| panic!("{agents}: {bad}"));
        asked.plan.agents.into_iter().map(|agent| (agent.name, agent.shifts.len())).collect()
    }

    fn reason(agents: &str, items: &str) -> String {
        ask(agents, items).err().expect("it should be refused").to_string()
    }

    #[test]
    fn shifts_and_agents_are_told_apart() {
        let later = SHIFT.replace("05-02", "05-03");
        for (agents, expected) in [
            (format!("North_{SHIFT}"), vec![("North", 1)]),
            (format!("North_{SHIFT};"), vec![("North", 1)]),
            (format!(" agentName_{SHIFT}_{later}"), vec![(" agentName", 2)]),
            (format!("a_b_{SHIFT};{later};c_{SHIFT}"), vec![("a_b", 2), ("c", 1)]),
            (format!("North_\n  {SHIFT}\n _{later};\n  South_{SHIFT} ;\n"), vec![("North", 2), ("South", 1)]),
            (format!("_{SHIFT};Ünit 7_{later}"), vec![("agent1", 1), ("Ünit 7", 1)]),
            (format!("2030-05-02T08:00:00_{SHIFT}"), vec![("2030-05-02T08:00:00", 1)]),
        ] {
            let expected: Vec<(String, usize)> = expected.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
            assert_eq!(shifts(&agents), expected, "{agents}");
        }
    }

    /// The contract's own example, layout included; its one address is refused until addresses exist.
    #[test]
    fn the_documented_example_is_read() {
        let agents = "North_2030-05-02T08:00:00|47.60,-122.33|2030-05-02T12:00:00|47.61,-122.30
      _2030-05-02T13:00:00|47.61,-122.30|2030-05-02T17:00:00|47.60,-122.33;
      South_2030-05-02T08:00:00|47.55,-122.30|2030-05-02T16:00:00|12 Main St, Renton, WA";
        let items = "2030-05-02T09:00:00_2030-05-02T18:00:00_00:20:00_47.62,-122.35_40;
      2030-05-02T09:00:00_2030-05-02T11:00:00_00:45:00_47.58,-122.31_1";
        assert!(
            reason(agents, items).starts_with("itineraryAgents: segment 2: \"12 Main St, Renton, WA\" is not a point")
        );
        let agents = agents.replace("12 Main St, Renton, WA", "47.48,-122.21");
        assert_eq!(shifts(&agents), [("North".to_owned(), 2), ("South".to_owned(), 1)]);
        let asked = ask(&agents, items).unwrap_or_else(|bad| panic!("{bad}"));
        let items: Vec<(i64, u32)> = asked.plan.items.iter().map(|item| (item.dwell_s, item.priority)).collect();
        assert_eq!(items, [(1200, 40), (2700, 1)]);
    }

    #[test]
    fn the_segments_of_agents_are_remembered() {
        let pairs = [(AGENTS, format!("a_{SHIFT};x;{SHIFT};b_{SHIFT}")), ("ITINITM", format!("{ITEM};y;{ITEM}"))];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value));
        let Names::Query { agent_segments, item_segments } = read(&pairs, Urgency::Interactive).names else { panic!() };
        assert_eq!((agent_segments, item_segments), (vec![1, 4], vec![1, 3]));
    }

    #[test]
    fn items_have_a_default_priority_and_perhaps_a_name() {
        let short = ITEM.trim_end_matches("_40");
        let asked = ask(&format!("a_{SHIFT}"), &format!("{ITEM};{short};Café_1_{ITEM}; roof _{short};")).unwrap();
        let items: Vec<(&str, u32)> = asked.plan.items.iter().map(|item| (item.name.as_str(), item.priority)).collect();
        assert_eq!(items, [("", 40), ("", 1), ("Café_1", 40), ("roof", 1)]);
        assert_eq!(asked.plan.items[0].dwell_s, 1200);
        assert_eq!(asked.plan.items[0].windows[0].1 - asked.plan.items[0].windows[0].0, 9 * 3600);
    }

    #[test]
    fn faults_name_parameter_and_segment() {
        let good = format!("a_{SHIFT}");
        for (agents, items, expected) in [
            (
                "",
                "",
                "itineraryAgents: itineraryAgents is required: add it; itineraryItems: itineraryItems is required: add it",
            ),
            (SHIFT, ITEM, "itineraryAgents: segment 1: it begins with a shift"),
            ("a_b", ITEM, "itineraryAgents: segment 1: \"a_b\" is not name_time|"),
            (
                "a_2030-05-02T08:00:00|47.6,-122.3",
                ITEM,
                "itineraryAgents: segment 1: \"2030-05-02T08:00:00|47.6,-122.3\" is not time|",
            ),
            (&good.replace("47.61,-122.30", "12 Main St, Renton, WA"), ITEM, "addresses are not supported yet"),
            (&good.replace("47.60", "91"), ITEM, "itineraryAgents: segment 1: latitude 91 is not between -90 and 90"),
            (&format!("{good};;b_{SHIFT}"), ITEM, "itineraryAgents: segment 2: \"\" is not name_time|"),
            (&good, "x", "itineraryItems: segment 1: \"x\" is not time_time_duration_lat,lon_priority"),
            (&good, &format!("{ITEM};{ITEM}.5"), "itineraryItems: segment 2: \"40.5\" is not a whole number"),
            (&good, &ITEM.replace("00:20", "25:20"), "itineraryItems: segment 1: \"25:20:00\" is not a duration"),
        ] {
            let reason = reason(agents, items);
            assert!(reason.contains(expected), "{reason}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(agents in "\\PC{0,60}", items in "\\PC{0,60}") {
            let _ = ask(&agents, &items);
        }

        /// Texts made of the language's own pieces come nearer to its edges than any text.
        #[test]
        fn no_arrangement_of_its_words_makes_it_panic(
            words in prop::collection::vec(prop::sample::select(vec![
                "2030-05-02T08:00:00", "|", "_", ";", "47.6,-122.3", " ", "\n", "é", "00:20:00", "name", "2030-05-02T08:00:00Z", "-", "40",
            ]), 0..24),
        ) {
            let text = words.concat();
            let _ = ask(&text, &text);
        }

        #[test]
        fn names_come_back_as_they_were(name in "[a-zA-Zé .,_-]{1,12}") {
            prop_assert_eq!(shifts(&format!("{name}_{SHIFT}")), vec![(name, 1)]);
        }
    }
}
