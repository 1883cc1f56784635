//! The truck's table: a laden articulated truck of the European kind, whose limiter stops at 90 km/h.
//!
//! Speed limits that speak to trucks (`maxspeed:hgv`) hold. Its size and weight are no matter of the table but of the
//! question (`crate::vehicle`): by itself it fits everywhere where a truck may be.

use network::{Mode, RoadClass};

use super::{Grades, Speeds, Table, TurnStep, car};

pub(super) const TABLE: Table = Table {
    mode: Mode::Truck,
    speeds,
    surface_kmh: [90, 90, 30, 30, 20, 6],
    unpaved_kmh: 20,
    minor_service_kmh: 8,
    heeds_truck_speeds: true,
    grades: GRADES,
    turns: &[
        TurnStep { up_to_degrees: 25, near_ms: 0, far_ms: 0 },
        TurnStep { up_to_degrees: 60, near_ms: 3_000, far_ms: 3_500 },
        TurnStep { up_to_degrees: 120, near_ms: 8_000, far_ms: 10_000 },
        TurnStep { up_to_degrees: 180, near_ms: 20_000, far_ms: 25_000 },
    ],
    u_turn_ms: 90_000,
    signals_ms: 7_000,
    roundabout_entry_ms: 4_000,
    toll_booth_ms: 20_000,
    border_ms: 300_000,
    ..car::TABLE
};

/// Forty tonnes crawl uphill, and brake downhill.
const GRADES: Grades = Grades {
    //  0  1    2    3   4   5   6   7   8   9   10  11  12 in a hundred
    up: [100, 96, 90, 80, 68, 58, 50, 44, 39, 35, 32, 29, 26],
    down: [100, 100, 100, 97, 92, 85, 76, 68, 60, 52, 46, 41, 37],
};

fn speeds(class: RoadClass) -> Speeds {
    let (usual_kmh, open_kmh, most_kmh) = match class {
        RoadClass::Motorway => (80, 80, 87),
        RoadClass::MotorwayLink => (45, 45, 70),
        RoadClass::Trunk => (72, 75, 85),
        RoadClass::TrunkLink => (38, 38, 65),
        RoadClass::Primary => (52, 62, 78),
        RoadClass::PrimaryLink => (33, 33, 50),
        RoadClass::Secondary => (43, 54, 72),
        RoadClass::SecondaryLink => (28, 28, 45),
        RoadClass::Tertiary => (34, 44, 62),
        RoadClass::TertiaryLink => (24, 24, 38),
        RoadClass::Unclassified => (27, 32, 50),
        RoadClass::Road => (24, 24, 40),
        RoadClass::Residential => (20, 20, 30),
        RoadClass::LivingStreet => (7, 7, 10),
        RoadClass::Service => (12, 12, 22),
        RoadClass::Track => (8, 8, 15),
        other => {
            let Speeds { usual_kmh, open_kmh, most_kmh } = car::speeds(other);
            (usual_kmh, open_kmh, most_kmh)
        }
    };
    Speeds { usual_kmh, open_kmh, most_kmh }
}
