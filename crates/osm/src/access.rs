//! Who may travel a road, and in which direction: from tags to [`ModeAccess`].
//!
//! First comes what the class of the road means by itself, then what the access keys say, the most specific last
//! (`crate::modes`). The words of a value:
//!
//! | says | words |
//! |---|---|
//! | yes | yes, permissive, designated, official, public, discouraged … |
//! | only at the ends | private, destination, delivery, customers, permit, residents, local … |
//! | no | no, agricultural, forestry, emergency, military … |
//! | for whom | psv, bus, taxi, hgv, foot … : yes for those who are named, no for others |
//!
//! Of several words ("agricultural;destination") the friendliest counts. A word that is not known says nothing. A plain
//! `access` tells who has the right to be on a way, not what fits: it closes a footway to walkers, but it opens none to
//! cars; only a key that speaks of vehicles does. Bicycles are pushed along what is for walkers alone. Tracks: grade 1 is a road, grades 4 and 5 are not; in between, and
//! without a grade, one may reach what lies at the track but not use it as a short cut. What holds at times only is in
//! `crate::conditional`.

use network::{Access, Mode, ModeAccess, RoadClass};

use crate::modes::{MOTOR, access_keys, modes_named};
use crate::tags::Tags;

/// The two directions of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heading {
    Forward,
    Backward,
}

impl Heading {
    /// What a key ends in when it speaks of this direction alone.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Heading::Forward => ":forward",
            Heading::Backward => ":backward",
        }
    }

    /// The other direction.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Heading::Forward => Heading::Backward,
            Heading::Backward => Heading::Forward,
        }
    }
}

/// Who may travel a way of a class in a direction.
pub(crate) fn way_access(class: RoadClass, tags: &Tags<'_>, heading: Heading) -> ModeAccess {
    let mut access = ModeAccess::default();
    for mode in Mode::ALL {
        if is_open(mode, tags, heading) {
            access = access.with(mode, open_access(class, mode, tags, heading));
        }
    }
    if tags.is("smoothness", "impassable") || tags.is("impassable", "yes") {
        access = MOTOR.into_iter().fold(access, |access, mode| access.with(mode, Access::No));
    }
    access
}

/// What holds for a mode, one-way streets apart.
pub(crate) fn open_access(class: RoadClass, mode: Mode, tags: &Tags<'_>, heading: Heading) -> Access {
    let tagged = tagged_access(opening_keys(class, mode, tags), tags, mode, heading.suffix());
    tagged.unwrap_or_else(|| class_access(class, mode, tags))
}

/// The access keys that a mode listens to on a way: where it does not fit, a plain `access` says nothing to it.
pub(crate) fn opening_keys(class: RoadClass, mode: Mode, tags: &Tags<'_>) -> &'static [&'static str] {
    let keys = access_keys(mode);
    if class_access(class, mode, tags) == Access::No && !is_plain_road(class) { &keys[1..] } else { keys }
}

/// A road that anybody fits on: where a mode is kept out by default, a plain `access=yes` lets it in.
fn is_plain_road(class: RoadClass) -> bool {
    matches!(class, RoadClass::Track | RoadClass::Service)
}

/// What the most specific of `keys` (general ones first) with a known word says. A key that speaks of one direction
/// alone overrules the same key without.
pub(crate) fn tagged_access(keys: &[&str], tags: &Tags<'_>, mode: Mode, suffix: &str) -> Option<Access> {
    let words = |value| word_access(value, mode);
    let of_key = |key: &str| tags.get_joined(key, suffix).and_then(words);
    keys.iter().rev().find_map(|key| of_key(key).or_else(|| tags.get(key).and_then(words)))
}

/// What a value says to a mode; the friendliest of several words.
pub(crate) fn word_access(value: &str, mode: Mode) -> Option<Access> {
    value.split([';', ',']).filter_map(|word| one_word(word.trim(), mode)).max()
}

fn one_word(word: &str, mode: Mode) -> Option<Access> {
    match word {
        "yes" | "permissive" | "designated" | "official" | "public" | "allowed" | "discouraged" | "true" | "1"
        | "optional_sidepath" | "avoid" | "opposite" | "dismount" => Some(Access::Yes),
        "private" | "destination" | "delivery" | "deliveries" | "customers" | "customer" | "permit" | "residents"
        | "resident" | "residential" | "visitors" | "employees" | "staff" | "students" | "guests" | "members"
        | "local" | "unsuitable" => Some(Access::Ends),
        "no" | "agricultural" | "agriculture" | "forestry" | "emergency" | "military" | "restricted" | "false"
        | "use_sidepath" | "prohibited" => Some(Access::No),
        "psv" | "bus" | "taxi" | "hgv" | "goods" | "motorcar" | "motorcycle" | "bicycle" | "foot" => {
            Some(if modes_named(word).contains(mode) { Access::Yes } else { Access::No })
        }
        _ => None,
    }
}

/// What the class of a road means where no access key speaks.
fn class_access(class: RoadClass, mode: Mode, tags: &Tags<'_>) -> Access {
    match mode {
        Mode::Pedestrian => walking(class, tags),
        Mode::Bicycle => cycling(class, tags),
        _ => driving(class, mode, tags),
    }
}

fn driving(class: RoadClass, mode: Mode, tags: &Tags<'_>) -> Access {
    match class {
        RoadClass::Service if tags.is("service", "emergency_access") => Access::No,
        RoadClass::Track => track(tags),
        RoadClass::Busway if mode == Mode::Bus => Access::Yes,
        RoadClass::Ferry => ferry(tags),
        RoadClass::Busway
        | RoadClass::Bridleway
        | RoadClass::Path
        | RoadClass::Cycleway
        | RoadClass::Footway
        | RoadClass::Pedestrian
        | RoadClass::Steps => Access::No,
        _ => Access::Yes,
    }
}

fn track(tags: &Tags<'_>) -> Access {
    match tags.get("tracktype") {
        Some("grade1") => Access::Yes,
        Some("grade4" | "grade5") => Access::No,
        _ => Access::Ends,
    }
}

/// A ferry takes vehicles unless its tags speak of walkers or cyclists and of no vehicle at all.
fn ferry(tags: &Tags<'_>) -> Access {
    let for_walkers = tags.get("foot").is_some() || tags.get("bicycle").is_some();
    let for_vehicles = ["motor_vehicle", "motorcar", "hgv", "vehicle"].iter().any(|key| tags.get(key).is_some());
    if for_walkers && !for_vehicles { Access::No } else { Access::Yes }
}

fn walking(class: RoadClass, tags: &Tags<'_>) -> Access {
    match class {
        RoadClass::Motorway | RoadClass::MotorwayLink | RoadClass::Busway => Access::No,
        _ if tags.is("motorroad", "yes") || tags.is("route", "shuttle_train") => Access::No,
        _ => Access::Yes,
    }
}

fn cycling(class: RoadClass, tags: &Tags<'_>) -> Access {
    match class {
        // A ramp beside the steps, to push the bicycle along.
        RoadClass::Steps if !tags.is("ramp:bicycle", "yes") => Access::No,
        RoadClass::Bridleway => Access::No,
        // Where one may not ride one gets off and walks, if one may walk.
        RoadClass::Footway | RoadClass::Pedestrian | RoadClass::Steps => {
            tagged_access(&["foot"], tags, Mode::Pedestrian, "").unwrap_or(Access::Yes)
        }
        _ => walking(class, tags),
    }
}

/// Whether a cyclist gets off and pushes: where it is asked for, and where only those on foot are at home.
pub(crate) fn is_pushed(class: RoadClass, tags: &Tags<'_>) -> bool {
    let ridden = |key: &str| tags.get(key).is_some_and(|value| word_access(value, Mode::Bicycle) == Some(Access::Yes));
    let walked = matches!(class, RoadClass::Footway | RoadClass::Pedestrian | RoadClass::Steps);
    tags.is("bicycle", "dismount") || (walked && !ridden("bicycle") && !ridden("vehicle"))
}

/// Whether `oneway` and its relatives leave a direction open to a mode. Reversible lanes are closed: nobody can know
/// which way they run when the route is travelled.
pub(crate) fn is_open(mode: Mode, tags: &Tags<'_>, heading: Heading) -> bool {
    if mode == Mode::Pedestrian {
        let only = tags.get("oneway:foot").and_then(one_way).or_else(|| tags.get("conveying").and_then(conveyed));
        return only.is_none_or(|only| only.allows(heading));
    }
    let of_mode =
        access_keys(mode).iter().skip(1).rev().find_map(|key| tags.get_joined("oneway:", key).and_then(one_way));
    let for_all = || tags.get("oneway").and_then(one_way).or_else(|| implied_one_way(tags));
    let only = of_mode.or_else(|| exempted(mode, tags).then_some(OneWay::No)).or_else(for_all);
    only.is_none_or(|only| only.allows(heading))
}

/// Which way one may travel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OneWay {
    No,
    Forward,
    Backward,
    Neither,
}

impl OneWay {
    pub(crate) fn allows(self, heading: Heading) -> bool {
        match self {
            OneWay::No => true,
            OneWay::Forward => heading == Heading::Forward,
            OneWay::Backward => heading == Heading::Backward,
            OneWay::Neither => false,
        }
    }
}

/// Where an escalator or a moving walkway leads.
fn conveyed(value: &str) -> Option<OneWay> {
    match value {
        "forward" => Some(OneWay::Forward),
        "backward" => Some(OneWay::Backward),
        _ => None,
    }
}

pub(crate) fn one_way(value: &str) -> Option<OneWay> {
    match value {
        "yes" | "true" | "1" => Some(OneWay::Forward),
        "-1" | "reverse" => Some(OneWay::Backward),
        "no" | "false" | "0" | "alternating" => Some(OneWay::No),
        "reversible" => Some(OneWay::Neither),
        _ => None,
    }
}

fn implied_one_way(tags: &Tags<'_>) -> Option<OneWay> {
    let implied = is_roundabout(tags) || tags.is("highway", "motorway");
    implied.then_some(OneWay::Forward)
}

/// Whether the way is part of a circular junction.
pub(crate) fn is_roundabout(tags: &Tags<'_>) -> bool {
    tags.is_any("junction", &["roundabout", "circular"])
}

/// Lanes and tracks against a one-way street.
fn exempted(mode: Mode, tags: &Tags<'_>) -> bool {
    let opposite = |key: &str| tags.get(key).is_some_and(|value| value.starts_with("opposite"));
    let both_ways = |key: &str| tags.is_any(key, &["no", "-1"]);
    let against = |key: &str| tags.get(key).is_some_and(|value| !matches!(value, "" | "0" | "no"));
    match mode {
        Mode::Bicycle => {
            ["cycleway", "cycleway:left", "cycleway:right", "cycleway:both", "bicycle"].into_iter().any(opposite)
                || ["cycleway:left:oneway", "cycleway:right:oneway"].into_iter().any(both_ways)
        }
        Mode::Bus => {
            ["busway", "busway:left", "busway:right", "busway:both", "bus", "psv"].into_iter().any(opposite)
                || ["lanes:bus:backward", "lanes:psv:backward"].into_iter().any(against)
        }
        Mode::Taxi => opposite("psv") || against("lanes:psv:backward") || against("lanes:taxi:backward"),
        _ => false,
    }
}
