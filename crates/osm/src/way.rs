//! What a way is: from its tags to the attributes of a road, or to nothing.
//!
//! A way becomes a road if it has a class and somebody may travel it. Left out are areas, and roads that are planned,
//! being built or gone. What is said of who may travel is in `crate::access`, of how fast in `crate::speed`.

use network::{Access, Direction, EdgeFlags, Effect, Limits, RoadClass, Sign, Surface};

use crate::access::{Heading, is_pushed, is_roundabout};
use crate::conditional::{TaggedCondition, way_conditions};
use crate::duration::duration_ms;
use crate::known_access::KnownAccess;
use crate::limits::limits;
use crate::side::tagged_left_hand;
use crate::signs::{lanes, way_signs};
use crate::speed::max_speed_kmh;
use crate::surface::{is_unpaved, surface};
use crate::tags::Tags;

/// The attributes of a road, as its way states them.
#[derive(Clone, Debug)]
pub(crate) struct WayRoad<'a> {
    pub(crate) class: RoadClass,
    pub(crate) flags: EdgeFlags,
    pub(crate) name: &'a str,
    pub(crate) reference: &'a str,
    pub(crate) ferry_duration_ms: Option<u32>,
    pub(crate) surface: Surface,
    /// Whether traffic keeps to the left, if the way says.
    pub(crate) left_hand: Option<bool>,
    pub(crate) forward: Direction,
    pub(crate) backward: Direction,
    /// Forward and backward.
    pub(crate) lanes: [Option<u8>; 2],
    /// Forward and backward.
    pub(crate) details: [WayDetails<'a>; 2],
}

/// What few ways have, for one direction.
#[derive(Clone, Debug)]
pub(crate) struct WayDetails<'a> {
    pub(crate) limits: Limits,
    pub(crate) signs: Vec<(Sign, &'a str)>,
    pub(crate) conditions: Vec<TaggedCondition<'a>>,
}

impl<'a> WayDetails<'a> {
    fn read(class: RoadClass, tags: &Tags<'a>, heading: Heading) -> Self {
        Self {
            limits: limits(tags, heading.suffix()),
            signs: way_signs(tags, heading),
            conditions: way_conditions(class, tags, heading),
        }
    }

    fn open_at_times(&self) -> bool {
        let opens = |effect| matches!(effect, Effect::Access(access) if access != Access::No);
        self.conditions.iter().any(|condition| opens(condition.effect))
    }
}

/// The road that a way is; `None` if nobody can travel it.
pub(crate) fn way_road<'a>(tags: &Tags<'a>, known: &mut KnownAccess) -> Option<WayRoad<'a>> {
    let class = class(tags)?;
    if tags.is("area", "yes") {
        return None;
    }
    let direction = |access, heading| Direction { access, max_speed_kmh: max_speed_kmh(tags, heading) };
    let [forward, backward] = known.access(class, tags);
    let (forward, backward) = (direction(forward, Heading::Forward), direction(backward, Heading::Backward));
    let headings = [Heading::Forward, Heading::Backward];
    let details = headings.map(|heading| WayDetails::read(class, tags, heading));
    let closed = forward.access.is_nobody() && backward.access.is_nobody();
    if closed && !details.iter().any(WayDetails::open_at_times) {
        return None;
    }
    Some(WayRoad {
        class,
        flags: flags(class, tags),
        name: tags.get("name").unwrap_or(""),
        reference: tags.get("ref").unwrap_or(""),
        ferry_duration_ms: tags.get("duration").filter(|_| class == RoadClass::Ferry).and_then(duration_ms),
        surface: surface(tags),
        left_hand: tagged_left_hand(tags),
        forward,
        backward,
        lanes: headings.map(|heading| lanes(tags, heading)),
        details,
    })
}

fn class(tags: &Tags<'_>) -> Option<RoadClass> {
    match tags.get("highway") {
        Some(highway) => highway_class(highway),
        None => tags.is_any("route", &["ferry", "shuttle_train"]).then_some(RoadClass::Ferry),
    }
}

fn highway_class(highway: &str) -> Option<RoadClass> {
    Some(match highway {
        "motorway" => RoadClass::Motorway,
        "motorway_link" => RoadClass::MotorwayLink,
        "trunk" => RoadClass::Trunk,
        "trunk_link" => RoadClass::TrunkLink,
        "primary" => RoadClass::Primary,
        "primary_link" => RoadClass::PrimaryLink,
        "secondary" => RoadClass::Secondary,
        "secondary_link" => RoadClass::SecondaryLink,
        "tertiary" => RoadClass::Tertiary,
        "tertiary_link" => RoadClass::TertiaryLink,
        "unclassified" => RoadClass::Unclassified,
        "residential" | "residential_link" => RoadClass::Residential,
        "living_street" => RoadClass::LivingStreet,
        "service" => RoadClass::Service,
        "road" => RoadClass::Road,
        "track" => RoadClass::Track,
        "busway" | "bus_guideway" => RoadClass::Busway,
        "bridleway" => RoadClass::Bridleway,
        "path" => RoadClass::Path,
        "cycleway" => RoadClass::Cycleway,
        "footway" | "corridor" => RoadClass::Footway,
        "pedestrian" => RoadClass::Pedestrian,
        "steps" => RoadClass::Steps,
        // Planned, being built, gone, or not for travelling: proposed, construction, abandoned, raceway, platform …
        _ => return None,
    })
}

fn flags(class: RoadClass, tags: &Tags<'_>) -> EdgeFlags {
    let stated = |key: &str| tags.get(key).is_some_and(|value| value != "no");
    let flag = |condition: bool, flag: EdgeFlags| if condition { flag } else { EdgeFlags::NONE };
    let minor = tags.is_any("service", &["driveway", "parking_aisle", "alley", "drive-through", "drive_through"]);
    flag(is_roundabout(tags), EdgeFlags::ROUNDABOUT)
        | flag(tags.is("junction", "circular"), EdgeFlags::CIRCULAR)
        | flag(has_toll(tags), EdgeFlags::TOLL)
        | flag(has_truck_toll(tags), EdgeFlags::TRUCK_TOLL)
        | flag(stated("tunnel"), EdgeFlags::TUNNEL)
        | flag(stated("bridge"), EdgeFlags::BRIDGE)
        | flag(class == RoadClass::Ferry, EdgeFlags::FERRY)
        | flag(is_unpaved(class, tags), EdgeFlags::UNPAVED)
        | flag(tags.is("motorroad", "yes"), EdgeFlags::MOTORROAD)
        | flag(class == RoadClass::Service && minor, EdgeFlags::MINOR_SERVICE)
        | flag(tags.is_any("hov", &["designated", "only"]), EdgeFlags::CARPOOL)
        | flag(stated("low_emission_zone"), EdgeFlags::LOW_EMISSION_ZONE)
        | flag(tags.is("hgv", "designated"), EdgeFlags::TRUCK_ROUTE)
        | flag(is_pushed(class, tags), EdgeFlags::DISMOUNT)
}

fn has_toll(tags: &Tags<'_>) -> bool {
    ["toll", "toll:motorcar", "toll:motor_vehicle"].iter().any(|key| tags.is(key, "yes"))
}

/// A key that speaks of trucks (`N2` and `N3` are the classes of their type approval) overrules `toll`.
fn has_truck_toll(tags: &Tags<'_>) -> bool {
    let of_trucks = ["toll:hgv", "toll:N3", "toll:N2"].iter().find_map(|key| tags.get(key));
    let of_all = || ["toll", "toll:motor_vehicle"].iter().any(|key| tags.is(key, "yes"));
    of_trucks.map_or_else(of_all, |value| value == "yes")
}
