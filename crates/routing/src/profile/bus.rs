//! The bus's table: a coach between its stops. Stops are no part of it, since only a timetable knows them.

use network::{Mode, RoadClass};

use super::{Speeds, Table, TurnStep, car};

pub(super) const TABLE: Table = Table {
    mode: Mode::Bus,
    speeds,
    surface_kmh: [100, 100, 35, 30, 20, 8],
    unpaved_kmh: 20,
    minor_service_kmh: 10,
    turns: &[
        TurnStep { up_to_degrees: 25, near_ms: 0, far_ms: 0 },
        TurnStep { up_to_degrees: 60, near_ms: 2_000, far_ms: 3_000 },
        TurnStep { up_to_degrees: 120, near_ms: 5_000, far_ms: 8_000 },
        TurnStep { up_to_degrees: 180, near_ms: 12_000, far_ms: 16_000 },
    ],
    u_turn_ms: 60_000,
    signals_ms: 5_000,
    roundabout_entry_ms: 3_000,
    toll_booth_ms: 20_000,
    border_ms: 180_000,
    ..car::TABLE
};

/// As cars at nine tenths, no more than the 100 km/h that coaches may do in most countries; roads of its own are for speed.
fn speeds(class: RoadClass) -> Speeds {
    if class == RoadClass::Busway {
        return Speeds { usual_kmh: 35, open_kmh: 35, most_kmh: 60 };
    }
    let Speeds { usual_kmh, open_kmh, most_kmh } = car::speeds(class);
    let usual = |kmh: u16| (kmh * 9 / 10).min(90);
    Speeds { usual_kmh: usual(usual_kmh), open_kmh: usual(open_kmh), most_kmh: (most_kmh * 9 / 10).min(100) }
}
