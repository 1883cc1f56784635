//! The bicycle's table: a commuter who rides 18 km/h on the flat, and walks where riding is not allowed.
//!
//! Speed limits hardly matter; hills and surfaces do. The figures are our own; the ratio of a hill's speed to that on the
//! flat is what a rider of 150 watts and 90 kilograms with the bicycle does, cut where one gets off and pushes.

use network::{Mode, RoadClass};

use super::{Grades, Speeds, Table, TurnStep};

pub(super) const TABLE: Table = Table {
    mode: Mode::Bicycle,
    speeds,
    limit_percent: 100,
    surface_kmh: [30, 30, 12, 14, 9, 6],
    unpaved_kmh: 11,
    minor_service_kmh: 14,
    pushing_kmh: 5,
    heeds_truck_speeds: false,
    grades: GRADES,
    turns: &[
        TurnStep { up_to_degrees: 40, near_ms: 0, far_ms: 0 },
        TurnStep { up_to_degrees: 120, near_ms: 1_000, far_ms: 3_000 },
        TurnStep { up_to_degrees: 180, near_ms: 2_000, far_ms: 5_000 },
    ],
    u_turn_ms: 5_000,
    signals_ms: 8_000,
    roundabout_entry_ms: 2_000,
    toll_booth_ms: 0,
    border_ms: 30_000,
};

const GRADES: Grades = Grades {
    //  0  1    2    3   4   5   6   7   8   9   10  11  12 in a hundred
    up: [100, 86, 73, 62, 53, 46, 41, 37, 33, 31, 29, 28, 27],
    down: [100, 110, 120, 128, 134, 138, 140, 138, 134, 128, 120, 112, 100],
};

fn speeds(class: RoadClass) -> Speeds {
    let kmh = match class {
        RoadClass::Cycleway => 19,
        RoadClass::Tertiary | RoadClass::TertiaryLink | RoadClass::Unclassified => 18,
        RoadClass::Residential | RoadClass::Secondary | RoadClass::SecondaryLink => 17,
        // Every junction of a large road takes a cyclist time.
        RoadClass::Primary | RoadClass::PrimaryLink | RoadClass::Trunk | RoadClass::TrunkLink => 15,
        RoadClass::Motorway | RoadClass::MotorwayLink | RoadClass::Road | RoadClass::Busway => 16,
        RoadClass::Service | RoadClass::Track => 14,
        // Shared with those on foot.
        RoadClass::Path | RoadClass::Bridleway | RoadClass::LivingStreet => 11,
        RoadClass::Pedestrian | RoadClass::Footway => 8,
        // Carried.
        RoadClass::Steps => 2,
        RoadClass::Ferry => 12,
    };
    Speeds { usual_kmh: kmh, open_kmh: kmh, most_kmh: kmh }
}
