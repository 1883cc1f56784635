//! The motorcycle's table: a car that turns more easily and is less at ease off the asphalt.

use network::Mode;

use super::{Table, TurnStep, car};

pub(super) const TABLE: Table = Table {
    mode: Mode::Motorcycle,
    surface_kmh: [130, 130, 40, 35, 25, 10],
    unpaved_kmh: 25,
    turns: &[
        TurnStep { up_to_degrees: 25, near_ms: 0, far_ms: 0 },
        TurnStep { up_to_degrees: 60, near_ms: 1_000, far_ms: 1_000 },
        TurnStep { up_to_degrees: 120, near_ms: 2_000, far_ms: 4_000 },
        TurnStep { up_to_degrees: 180, near_ms: 4_000, far_ms: 6_000 },
    ],
    u_turn_ms: 12_000,
    signals_ms: 3_000,
    toll_booth_ms: 12_000,
    ..car::TABLE
};
