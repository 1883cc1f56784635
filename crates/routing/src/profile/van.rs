//! The van's table: a car that is loaded, so a little slower on large roads and around corners.

use network::{Mode, RoadClass};

use super::{Speeds, Table, TurnStep, car};

pub(super) const TABLE: Table = Table {
    mode: Mode::Van,
    speeds,
    surface_kmh: [120, 120, 40, 40, 25, 12],
    unpaved_kmh: 25,
    turns: &[
        TurnStep { up_to_degrees: 25, near_ms: 0, far_ms: 0 },
        TurnStep { up_to_degrees: 60, near_ms: 1_000, far_ms: 2_000 },
        TurnStep { up_to_degrees: 120, near_ms: 3_000, far_ms: 6_000 },
        TurnStep { up_to_degrees: 180, near_ms: 6_000, far_ms: 10_000 },
    ],
    u_turn_ms: 25_000,
    ..car::TABLE
};

/// As cars, but no more than 120 km/h.
fn speeds(class: RoadClass) -> Speeds {
    let Speeds { usual_kmh, open_kmh, most_kmh } = car::speeds(class);
    Speeds { usual_kmh: usual_kmh.min(100), open_kmh: open_kmh.min(100), most_kmh: most_kmh.min(120) }
}
