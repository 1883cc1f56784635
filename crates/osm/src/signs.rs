//! What drivers read on the way: destinations, exits, arrows and the number of lanes.
//!
//! The texts are kept as the map states them (";" between several destinations, "|" between lanes); guidance reads them
//! later. A key without a direction speaks of the direction in which the way is drawn, or of the only one that is open.
//! Names in other languages than the default one are not read.

use network::{Mode, Sign};

use crate::access::{Heading, is_open};
use crate::tags::Tags;

/// More lanes than any road has.
const MOST_LANES: u8 = 32;

const WAY_KEYS: [(&str, Sign); 5] = [
    ("destination", Sign::Destination),
    ("destination:ref", Sign::DestinationReference),
    ("destination:street", Sign::DestinationStreet),
    ("junction:ref", Sign::ExitReference),
    ("turn:lanes", Sign::TurnLanes),
];

const EXIT_KEYS: [(&str, Sign); 3] =
    [("ref", Sign::ExitReference), ("name", Sign::ExitName), ("exit_to", Sign::Destination)];

/// The signs of a way for those who travel in a direction.
pub(crate) fn way_signs<'a>(tags: &Tags<'a>, heading: Heading) -> Vec<(Sign, &'a str)> {
    if !tags.any_key(|key| WAY_KEYS.iter().any(|(known, _)| key.starts_with(known))) {
        return Vec::new();
    }
    let of_key = |key: &str| stated(tags, key, heading).filter(|text| !text.is_empty());
    WAY_KEYS.iter().filter_map(|&(key, sign)| Some((sign, of_key(key)?))).collect()
}

/// The signs at a node where one leaves a motorway, or at a junction that has a name.
pub(crate) fn exit_signs<'a>(tags: &Tags<'a>) -> Vec<(Sign, &'a str)> {
    if !tags.is("highway", "motorway_junction") && !tags.is("junction", "yes") {
        return Vec::new();
    }
    EXIT_KEYS.iter().filter_map(|&(key, sign)| Some((sign, tags.get(key)?))).collect()
}

/// How many lanes lead in a direction: as stated, as many as there are arrows, or a fair share of all.
pub(crate) fn lanes(tags: &Tags<'_>, heading: Heading) -> Option<u8> {
    let of_key = |value: &str| value.split(';').filter_map(|word| word.trim().parse().ok()).min();
    let own = tags.get_joined("lanes", heading.suffix()).and_then(of_key);
    let arrows = || stated(tags, "turn:lanes", heading).map(|text| text.split('|').count().try_into().unwrap_or(0));
    let share = || {
        let all: u8 = tags.get("lanes").and_then(of_key).filter(|&all| all > 0)?;
        if !is_open(Mode::Car, tags, heading.opposite()) {
            return Some(all);
        }
        let opposite: Option<u8> = tags.get_joined("lanes", heading.opposite().suffix()).and_then(of_key);
        Some(opposite.map_or(all / 2, |opposite| all.saturating_sub(opposite)).max(1))
    };
    let is_mine = || is_open(Mode::Car, tags, heading);
    own.or_else(arrows).or_else(|| share().filter(|_| is_mine())).filter(|lanes| (1..=MOST_LANES).contains(lanes))
}

/// The value of a key for a direction.
fn stated<'a>(tags: &Tags<'a>, key: &str, heading: Heading) -> Option<&'a str> {
    let runs_backward = || is_open(Mode::Car, tags, Heading::Backward) && !is_open(Mode::Car, tags, Heading::Forward);
    let plain_is_mine = || runs_backward() == (heading == Heading::Backward);
    tags.get_joined(key, heading.suffix()).or_else(|| tags.get(key).filter(|_| plain_is_mine()))
}
