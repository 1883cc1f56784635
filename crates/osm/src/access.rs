//! Who may travel a road, and in which direction: from tags to [`ModeAccess`].
//!
//! First comes what the class of the road means by itself, then what the access keys say, the most specific last
//! (`crate::modes`). The words of a value:
//!
//! | says | words |
//! |---|---|
//! | yes | yes, permissive, designated, official, public, discouraged … |
//! | only at the ends | private, destination, delivery, customers, permit, residents … |
//! | no | no, agricultural, forestry, emergency, military … |
//!
//! Of several words ("agricultural;destination") the friendliest counts. A word that is not known says nothing. Tracks:
//! grade 1 is a road, grades 4 and 5 are not; in between, and without a grade, one may reach what lies at the track but
//! not use it as a short cut. Conditions by time or weight are not read here.

use network::{Access, Mode, ModeAccess, RoadClass};

use crate::modes::{MOTOR, access_keys};
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
}

/// Who may travel a way of a class in a direction.
pub(crate) fn way_access(class: RoadClass, tags: &Tags<'_>, heading: Heading) -> ModeAccess {
    let mut access = ModeAccess::default();
    for mode in Mode::ALL {
        if is_open(mode, tags, heading) {
            let tagged = tagged_access(access_keys(mode), tags, heading.suffix());
            access = access.with(mode, tagged.unwrap_or_else(|| class_access(class, mode, tags)));
        }
    }
    if tags.is("smoothness", "impassable") || tags.is("impassable", "yes") {
        access = MOTOR.into_iter().fold(access, |access, mode| access.with(mode, Access::No));
    }
    access
}

/// What the most specific of `keys` (general ones first) with a known word says. A key that speaks of one direction
/// alone overrules the same key without.
pub(crate) fn tagged_access(keys: &[&str], tags: &Tags<'_>, suffix: &str) -> Option<Access> {
    let of_key = |key: &str| tags.get_joined(key, suffix).and_then(word_access);
    keys.iter().rev().find_map(|key| of_key(key).or_else(|| tags.get(key).and_then(word_access)))
}

/// What a value says; the friendliest of several words.
fn word_access(value: &str) -> Option<Access> {
    value.split([';', ',']).filter_map(|word| one_word(word.trim())).max()
}

fn one_word(word: &str) -> Option<Access> {
    match word {
        "yes" | "permissive" | "designated" | "official" | "public" | "allowed" | "discouraged" | "true" | "1"
        | "optional_sidepath" => Some(Access::Yes),
        "private" | "destination" | "delivery" | "deliveries" | "customers" | "customer" | "permit" | "residents"
        | "resident" | "visitors" | "employees" | "staff" | "students" | "guests" | "members" | "dismount" => {
            Some(Access::Ends)
        }
        "no" | "agricultural" | "agriculture" | "forestry" | "emergency" | "military" | "restricted" | "false"
        | "use_sidepath" | "prohibited" => Some(Access::No),
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
        _ if tags.is("motorroad", "yes") => Access::No,
        _ => Access::Yes,
    }
}

fn cycling(class: RoadClass, tags: &Tags<'_>) -> Access {
    match class {
        RoadClass::Footway | RoadClass::Steps | RoadClass::Bridleway => Access::No,
        RoadClass::Pedestrian => Access::Ends,
        _ => walking(class, tags),
    }
}

/// Whether `oneway` and its relatives leave a direction open to a mode. Reversible lanes are closed: nobody can know
/// which way they run when the route is travelled.
fn is_open(mode: Mode, tags: &Tags<'_>, heading: Heading) -> bool {
    if mode == Mode::Pedestrian {
        return tags.get("oneway:foot").and_then(one_way).is_none_or(|only| only.allows(heading));
    }
    let of_mode =
        access_keys(mode).iter().skip(1).rev().find_map(|key| tags.get_joined("oneway:", key).and_then(one_way));
    let for_all = || tags.get("oneway").and_then(one_way).or_else(|| implied_one_way(tags));
    let only = of_mode.or_else(|| exempted(mode, tags).then_some(OneWay::No)).or_else(for_all);
    only.is_none_or(|only| only.allows(heading))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OneWay {
    No,
    Forward,
    Backward,
    Neither,
}

impl OneWay {
    fn allows(self, heading: Heading) -> bool {
        match self {
            OneWay::No => true,
            OneWay::Forward => heading == Heading::Forward,
            OneWay::Backward => heading == Heading::Backward,
            OneWay::Neither => false,
        }
    }
}

fn one_way(value: &str) -> Option<OneWay> {
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

/// Lanes against a one-way street for bicycles or buses.
fn exempted(mode: Mode, tags: &Tags<'_>) -> bool {
    let opposite = |key: &str| tags.get(key).is_some_and(|value| value.starts_with("opposite"));
    match mode {
        Mode::Bicycle => ["cycleway", "cycleway:left", "cycleway:right", "cycleway:both"].into_iter().any(opposite),
        Mode::Bus => ["busway", "busway:left", "busway:right", "busway:both"].into_iter().any(opposite),
        _ => false,
    }
}
