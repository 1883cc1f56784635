//! The taxi's table: it drives as a car does. What sets it apart is where it may: bus lanes and busways that the map opens
//! to it, and turn restrictions that except it.

use network::Mode;

use super::{Table, car};

pub(super) const TABLE: Table = Table { mode: Mode::Taxi, ..car::TABLE };
