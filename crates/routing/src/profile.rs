//! Who travels: the table of each profile, and how weights follow from a table.
//!
//! A profile is data, a [`Table`]: speeds by road class, what limits them, and what a turn costs. The arithmetic that
//! applies a table to a network is here, once, in integers; nothing in it depends on who travels. Who may pass where is not
//! a matter of a profile but of the network, which stores the access of every [`Mode`].

mod car;

use network::{EdgeId, Mode, Network, RoadClass};

use crate::weight::Weight;

/// Who travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A passenger car.
    Car,
}

impl Profile {
    /// Whose access and restrictions in the network hold.
    pub fn mode(self) -> Mode {
        self.table().mode
    }

    pub(crate) fn table(self) -> &'static Table {
        match self {
            Profile::Car => &car::TABLE,
        }
    }
}

/// The speeds on one class of road.
pub(crate) struct Speeds {
    /// Where no limit is known.
    pub(crate) usual_kmh: u16,
    /// However high the limit.
    pub(crate) most_kmh: u16,
}

/// What a turn costs up to an angle.
pub(crate) struct TurnStep {
    /// The change of direction, 0 (straight on) to 180 degrees, up to which this step holds.
    pub(crate) up_to_degrees: u16,
    pub(crate) right_ms: u32,
    pub(crate) left_ms: u32,
}

/// All that distinguishes one profile from another.
pub(crate) struct Table {
    pub(crate) mode: Mode,
    pub(crate) speeds: fn(RoadClass) -> Speeds,
    /// Which share of a known limit is driven on average.
    pub(crate) limit_percent: u32,
    /// Unpaved roads allow no more.
    pub(crate) unpaved_kmh: u32,
    /// Driveways, parking aisles and alleys allow no more.
    pub(crate) minor_service_kmh: u32,
    /// By ascending angle, the last at 180; charged where there is a choice of ways.
    pub(crate) turns: &'static [TurnStep],
    /// Turning back at a dead end.
    pub(crate) u_turn_ms: u32,
    /// Passing traffic signals.
    pub(crate) signals_ms: u32,
    /// Giving way to those in a roundabout.
    pub(crate) roundabout_entry_ms: u32,
}

impl Table {
    /// The weight of a whole edge.
    pub(crate) fn edge(&self, network: &Network, edge: EdgeId) -> Weight {
        let length_cm = network.length_cm(edge);
        let driven_ms = || {
            // 1 km/h is 1/36 cm/ms.
            let kmh = u64::from(self.speed_kmh(network, edge));
            (u64::from(length_cm) * 36 + kmh / 2) / kmh
        };
        Weight::new(network.ferry_duration_ms(edge).map_or_else(driven_ms, u64::from), length_cm)
    }

    /// The average speed on an edge, without what its junctions cost; at least 1.
    fn speed_kmh(&self, network: &Network, edge: EdgeId) -> u32 {
        let speeds = (self.speeds)(network.class(edge));
        let limited = network.max_speed_kmh(edge).map(|limit| u32::from(limit) * self.limit_percent / 100);
        let mut kmh = limited.unwrap_or(u32::from(speeds.usual_kmh)).min(u32::from(speeds.most_kmh));
        let flags = network.flags(edge);
        if flags.unpaved() {
            kmh = kmh.min(self.unpaved_kmh);
        }
        if flags.minor_service() {
            kmh = kmh.min(self.minor_service_kmh);
        }
        kmh.max(1)
    }

    /// What changing direction by `degrees` costs: negative is to the left, within −180..=180.
    pub(crate) fn turn_ms(&self, degrees: i32) -> u32 {
        let angle = degrees.unsigned_abs() as u16;
        let step = self.turns.iter().find(|step| angle <= step.up_to_degrees);
        step.map_or(0, |step| if degrees < 0 { step.left_ms } else { step.right_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_cost_more_the_sharper_they_are_and_more_to_the_left() {
        let table = Profile::Car.table();
        assert_eq!((table.turn_ms(0), table.turn_ms(5), table.turn_ms(-5)), (0, 0, 0));
        for degrees in 1..=180 {
            assert!(table.turn_ms(degrees) >= table.turn_ms(degrees - 1));
            assert!(table.turn_ms(-degrees) >= table.turn_ms(degrees));
        }
        assert!(table.turn_ms(180) > 0, "the steps end at 180 degrees");
    }

    #[test]
    fn every_class_has_speeds() {
        for profile in [Profile::Car] {
            for class in RoadClass::ALL {
                let speeds = (profile.table().speeds)(class);
                assert!(0 < speeds.usual_kmh && speeds.usual_kmh <= speeds.most_kmh, "{class:?}");
            }
        }
    }
}
