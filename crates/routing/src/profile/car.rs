//! The car's table: the one place to change how fast a car goes and what a turn costs it. Vans, taxis, motorcycles, buses
//! and trucks begin with it and say in their own files where they differ.
//!
//! The figures are our own. Their order follows what OpenStreetMap's `Key:highway` and `Key:maxspeed` pages (wiki, read
//! 2026) say each class is built for, and the habit of the open routers to drive somewhat below a limit, to charge turns by
//! their angle and to give the turn across the oncoming traffic a surcharge.

use network::{Mode, RoadClass};

use super::{Grades, Speeds, Table, TurnStep};

pub(super) const TABLE: Table = Table {
    mode: Mode::Car,
    speeds,
    limit_percent: 90,
    //            unknown paved rough compacted loose soft
    surface_kmh: [130, 130, 45, 45, 30, 15],
    unpaved_kmh: 30,
    minor_service_kmh: 12,
    pushing_kmh: 5,
    heeds_truck_speeds: false,
    grades: Grades::INDIFFERENT,
    turns: &[
        TurnStep { up_to_degrees: 25, near_ms: 0, far_ms: 0 },
        TurnStep { up_to_degrees: 60, near_ms: 1_000, far_ms: 1_500 },
        TurnStep { up_to_degrees: 120, near_ms: 2_500, far_ms: 5_000 },
        TurnStep { up_to_degrees: 180, near_ms: 5_000, far_ms: 8_000 },
    ],
    u_turn_ms: 20_000,
    signals_ms: 4_000,
    roundabout_entry_ms: 2_000,
    toll_booth_ms: 15_000,
    border_ms: 60_000,
};

/// By class: the usual averages without a known limit, and the most that is driven under any limit.
pub(super) fn speeds(class: RoadClass) -> Speeds {
    let (usual_kmh, open_kmh, most_kmh) = match class {
        RoadClass::Motorway => (105, 105, 130),
        RoadClass::MotorwayLink => (55, 55, 90),
        RoadClass::Trunk => (85, 88, 115),
        RoadClass::TrunkLink => (45, 45, 80),
        RoadClass::Primary => (60, 72, 95),
        RoadClass::PrimaryLink => (40, 40, 60),
        RoadClass::Secondary => (50, 62, 90),
        RoadClass::SecondaryLink => (35, 35, 55),
        RoadClass::Tertiary => (40, 52, 80),
        RoadClass::TertiaryLink => (30, 30, 45),
        RoadClass::Unclassified => (35, 40, 70),
        RoadClass::Road => (30, 30, 50),
        RoadClass::Residential => (28, 28, 40),
        RoadClass::LivingStreet => (10, 10, 15),
        RoadClass::Service => (18, 18, 30),
        RoadClass::Track => (15, 15, 25),
        // Seldom open to cars; where they are, cars are guests.
        RoadClass::Busway => (25, 25, 50),
        RoadClass::Pedestrian => (8, 8, 10),
        RoadClass::Bridleway | RoadClass::Path | RoadClass::Cycleway | RoadClass::Footway | RoadClass::Steps => {
            (6, 6, 10)
        }
        // Where no duration is known: the sailing speed of a small car ferry, with its berthing.
        RoadClass::Ferry => (15, 15, 60),
    };
    Speeds { usual_kmh, open_kmh, most_kmh }
}
