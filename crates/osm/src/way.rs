//! What a way is: from its tags to the attributes of a road, or to nothing.
//!
//! A way becomes a road if it has a class and somebody may travel it. Left out are areas, and roads that are planned,
//! being built or gone. What is said of who may travel is in `crate::access`, of how fast in `crate::speed`.

use network::{Direction, EdgeFlags, RoadClass};

use crate::access::{Heading, is_roundabout, way_access};
use crate::duration::duration_ms;
use crate::speed::max_speed_kmh;
use crate::tags::Tags;

/// The attributes of a road, as its way states them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WayRoad<'a> {
    pub(crate) class: RoadClass,
    pub(crate) flags: EdgeFlags,
    pub(crate) name: &'a str,
    pub(crate) reference: &'a str,
    pub(crate) ferry_duration_ms: Option<u32>,
    pub(crate) forward: Direction,
    pub(crate) backward: Direction,
}

/// The road that a way is; `None` if nobody can travel it.
pub(crate) fn way_road<'a>(tags: &Tags<'a>) -> Option<WayRoad<'a>> {
    let class = class(tags)?;
    if tags.is("area", "yes") {
        return None;
    }
    let direction =
        |heading| Direction { access: way_access(class, tags, heading), max_speed_kmh: max_speed_kmh(tags, heading) };
    let (forward, backward) = (direction(Heading::Forward), direction(Heading::Backward));
    if forward.access.is_nobody() && backward.access.is_nobody() {
        return None;
    }
    Some(WayRoad {
        class,
        flags: flags(class, tags),
        name: tags.get("name").unwrap_or(""),
        reference: tags.get("ref").unwrap_or(""),
        ferry_duration_ms: tags.get("duration").filter(|_| class == RoadClass::Ferry).and_then(duration_ms),
        forward,
        backward,
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
    let toll = ["toll", "toll:motorcar", "toll:motor_vehicle"].iter().any(|key| tags.is(key, "yes"));
    let minor = tags.is_any("service", &["driveway", "parking_aisle", "alley", "drive-through", "drive_through"]);
    flag(is_roundabout(tags), EdgeFlags::ROUNDABOUT)
        | flag(toll, EdgeFlags::TOLL)
        | flag(stated("tunnel"), EdgeFlags::TUNNEL)
        | flag(stated("bridge"), EdgeFlags::BRIDGE)
        | flag(class == RoadClass::Ferry, EdgeFlags::FERRY)
        | flag(is_unpaved(class, tags), EdgeFlags::UNPAVED)
        | flag(tags.is("motorroad", "yes"), EdgeFlags::MOTORROAD)
        | flag(class == RoadClass::Service && minor, EdgeFlags::MINOR_SERVICE)
}

/// By its surface; where none is stated, tracks below grade 1 are unpaved.
fn is_unpaved(class: RoadClass, tags: &Tags<'_>) -> bool {
    const UNPAVED: [&str; 19] = [
        "unpaved",
        "compacted",
        "fine_gravel",
        "gravel",
        "pebblestone",
        "ground",
        "earth",
        "dirt",
        "grass",
        "mud",
        "sand",
        "rock",
        "woodchips",
        "snow",
        "ice",
        "salt",
        "clay",
        "dirt/sand",
        "shells",
    ];
    match tags.get("surface") {
        Some(surface) => surface.split(';').any(|word| UNPAVED.contains(&word.trim())),
        None => class == RoadClass::Track && !tags.is("tracktype", "grade1"),
    }
}
