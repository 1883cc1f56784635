//! The pedestrian's table: 5 km/h wherever one may walk, slower on steps and in mud.
//!
//! Hills after W. R. Tobler, "Three Presentations on Geographical Analysis and Modeling" (1993): the speed falls with
//! exp(−3.5 · |slope + 0.05|), fastest at a gentle descent. Nobody who walks pays for a turn.

use network::{Mode, RoadClass};

use super::{Grades, Speeds, Table, TurnStep};

pub(super) const TABLE: Table = Table {
    mode: Mode::Pedestrian,
    speeds,
    limit_percent: 100,
    surface_kmh: [5, 5, 5, 5, 5, 4],
    unpaved_kmh: 5,
    minor_service_kmh: 5,
    pushing_kmh: 5,
    heeds_truck_speeds: false,
    grades: TOBLER,
    turns: &[TurnStep { up_to_degrees: 180, near_ms: 0, far_ms: 0 }],
    u_turn_ms: 0,
    signals_ms: 10_000,
    roundabout_entry_ms: 0,
    toll_booth_ms: 0,
    border_ms: 30_000,
};

/// In hundredths of the speed on the flat.
const TOBLER: Grades = Grades {
    //  0  1    2    3   4   5   6   7   8   9   10  11  12 in a hundred
    up: [100, 97, 93, 90, 87, 84, 81, 78, 76, 73, 70, 68, 66],
    down: [100, 104, 107, 111, 115, 119, 115, 111, 107, 104, 100, 97, 93],
};

fn speeds(class: RoadClass) -> Speeds {
    let kmh = match class {
        RoadClass::Steps => 3,
        // Where no duration is known.
        RoadClass::Ferry => 12,
        _ => 5,
    };
    Speeds { usual_kmh: kmh, open_kmh: kmh, most_kmh: kmh }
}
