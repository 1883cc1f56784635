//! Who travels: the table of each profile, and how weights follow from a table.
//!
//! A profile is data, a [`Table`]: speeds by road class, what limits them, and what a turn costs. The arithmetic that
//! applies a table to a network is here, once, in integers; nothing in it depends on who travels. Who may pass where is not
//! a matter of a profile but of the network, which stores the access of every [`Mode`].
//!
//! The speed on an edge is the share of the limit that one drives; without a sign, what is usual on the class in town or
//! outside, but no more than the share of the limit of the country's law. Then no more than class, surface and kind of service road allow; then a percentage for the grade, where heights are known.

mod bicycle;
mod bus;
mod car;
mod motorcycle;
mod pedestrian;
mod taxi;
mod truck;
mod van;

use network::{EdgeId, Limit, Mode, Network, RoadClass};

use crate::weight::Weight;

/// Who travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// A passenger car.
    Car,
    /// A truck of whatever size; see [`Vehicle`](crate::Vehicle) for its measures.
    Truck,
    /// A taxi: a car that may use what is reserved for public transport.
    Taxi,
    /// A bus or coach.
    Bus,
    /// A van.
    Van,
    /// A motorcycle.
    Motorcycle,
    /// A bicycle, pushed where riding is not allowed.
    Bicycle,
    /// Somebody on foot.
    Pedestrian,
}

/// Those who share one topology of the hierarchy, since they travel much the same roads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// With an engine.
    Motor,
    /// By bicycle.
    Bicycle,
    /// On foot.
    Foot,
}

impl Family {
    /// All families.
    pub const ALL: [Family; 3] = [Family::Motor, Family::Bicycle, Family::Foot];

    /// Its name: `motor`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Motor => "motor",
            Family::Bicycle => "bicycle",
            Family::Foot => "foot",
        }
    }
}

impl Profile {
    /// All profiles.
    pub const ALL: [Profile; 8] = [
        Profile::Car,
        Profile::Truck,
        Profile::Taxi,
        Profile::Bus,
        Profile::Van,
        Profile::Motorcycle,
        Profile::Bicycle,
        Profile::Pedestrian,
    ];

    /// Its name, as the command line and the interfaces have it: `car`.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Car => "car",
            Profile::Truck => "truck",
            Profile::Taxi => "taxi",
            Profile::Bus => "bus",
            Profile::Van => "van",
            Profile::Motorcycle => "motorcycle",
            Profile::Bicycle => "bicycle",
            Profile::Pedestrian => "pedestrian",
        }
    }

    /// The profile of a name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name().eq_ignore_ascii_case(name))
    }

    /// Whose topology of the hierarchy it shares.
    pub fn family(self) -> Family {
        match self {
            Profile::Bicycle => Family::Bicycle,
            Profile::Pedestrian => Family::Foot,
            _ => Family::Motor,
        }
    }

    /// Whose access and restrictions in the network hold.
    pub fn mode(self) -> Mode {
        self.table().mode
    }

    pub(crate) fn table(self) -> &'static Table {
        match self {
            Profile::Car => &car::TABLE,
            Profile::Truck => &truck::TABLE,
            Profile::Taxi => &taxi::TABLE,
            Profile::Bus => &bus::TABLE,
            Profile::Van => &van::TABLE,
            Profile::Motorcycle => &motorcycle::TABLE,
            Profile::Bicycle => &bicycle::TABLE,
            Profile::Pedestrian => &pedestrian::TABLE,
        }
    }
}

/// The speeds on one class of road.
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(crate) struct Speeds {
    /// Where no limit is known, in town and wherever it is not known which.
    pub(crate) usual_kmh: u16,
    /// The same outside of towns and villages.
    pub(crate) open_kmh: u16,
    /// However high the limit.
    pub(crate) most_kmh: u16,
}

/// What a turn costs up to an angle.
pub(crate) struct TurnStep {
    /// The change of direction, 0 (straight on) to 180 degrees, up to which this step holds.
    pub(crate) up_to_degrees: u16,
    /// To the side on which traffic keeps.
    pub(crate) near_ms: u32,
    /// To the other side, across those who come towards one.
    pub(crate) far_ms: u32,
}

/// What share of its speed on the flat, in percent, remains at 0, 1, 2 … 12 and more in a hundred.
pub(crate) struct Grades {
    pub(crate) up: [u32; 13],
    pub(crate) down: [u32; 13],
}

impl Grades {
    /// Hills do not matter.
    pub(crate) const INDIFFERENT: Grades = Grades { up: [100; 13], down: [100; 13] };
}

/// All that distinguishes one profile from another.
pub(crate) struct Table {
    pub(crate) mode: Mode,
    pub(crate) speeds: fn(RoadClass) -> Speeds,
    /// Which share of a known limit is driven on average.
    pub(crate) limit_percent: u32,
    /// By [`network::Surface`]: no more than this.
    pub(crate) surface_kmh: [u32; 6],
    /// Unpaved roads allow no more, whatever exactly covers them.
    pub(crate) unpaved_kmh: u32,
    /// Driveways, parking aisles and alleys allow no more.
    pub(crate) minor_service_kmh: u32,
    /// Where one has to get off and push.
    pub(crate) pushing_kmh: u32,
    /// Whether limits that speak to trucks hold.
    pub(crate) heeds_truck_speeds: bool,
    pub(crate) grades: Grades,
    /// By ascending angle, the last at 180; charged where there is a choice of ways.
    pub(crate) turns: &'static [TurnStep],
    /// Turning back at a dead end.
    pub(crate) u_turn_ms: u32,
    /// Passing traffic signals.
    pub(crate) signals_ms: u32,
    /// Giving way to those in a roundabout.
    pub(crate) roundabout_entry_ms: u32,
    /// Paying at a toll booth.
    pub(crate) toll_booth_ms: u32,
    /// Passing a border control.
    pub(crate) border_ms: u32,
}

impl Table {
    /// The weight of a whole edge.
    pub(crate) fn edge(&self, network: &Network, edge: EdgeId) -> Weight {
        self.edge_with_limit(network, edge, network.max_speed_kmh(edge).map(u32::from))
    }

    /// The same where another speed limit holds than the usual one.
    pub(crate) fn edge_with_limit(&self, network: &Network, edge: EdgeId, limit_kmh: Option<u32>) -> Weight {
        let length_cm = network.length_cm(edge);
        let driven_ms = || self.driven_ms(network, edge, self.speed_kmh(network, edge, limit_kmh));
        Weight::new(network.ferry_duration_ms(edge).map_or_else(driven_ms, u64::from), length_cm)
    }

    /// How long an edge takes at a speed on the flat: the climbing part and the descending part apart.
    fn driven_ms(&self, network: &Network, edge: EdgeId, kmh: u32) -> u64 {
        let (length_cm, kmh) = (u64::from(network.length_cm(edge)), u64::from(kmh));
        // 1 km/h is 1/36 cm/ms.
        let flat_ms = |length_cm: u64, percent: u64| (length_cm * 3600 + kmh * percent / 2) / (kmh * percent);
        let Some((up_dm, down_dm)) = network.climb_dm(edge).filter(|climb| climb.0 + climb.1 > 0) else {
            return flat_ms(length_cm, 100);
        };
        let (up_dm, all_dm) = (u64::from(up_dm), u64::from(up_dm + down_dm));
        // Decimetres over centimetres, in a hundred, to the nearest; the mean slope where the road is not flat.
        let grade = ((all_dm * 1000 + length_cm / 2) / length_cm).min(12) as usize;
        let up_cm = length_cm * up_dm / all_dm;
        let part_ms = |length_cm: u64, percent: u32| flat_ms(length_cm, u64::from(percent));
        part_ms(up_cm, self.grades.up[grade]) + part_ms(length_cm - up_cm, self.grades.down[grade])
    }

    /// The average speed on an edge under a limit, without what its junctions cost; at least 1.
    fn speed_kmh(&self, network: &Network, edge: EdgeId, limit_kmh: Option<u32>) -> u32 {
        let speeds = (self.speeds)(network.class(edge));
        let flags = network.flags(edge);
        let of_trucks = || network.limits(edge).get(Limit::TruckSpeed).filter(|_| self.heeds_truck_speeds);
        let limit_kmh = [limit_kmh, of_trucks()].into_iter().flatten().min();
        let usual_kmh = u32::from(if flags.open_country() { speeds.open_kmh } else { speeds.usual_kmh });
        let share = |limit_kmh: u32| limit_kmh * self.limit_percent / 100;
        let lawful_kmh = network.lawful_kmh(edge).map_or(u32::MAX, |limit| share(limit.into()));
        let driven = limit_kmh.map_or(usual_kmh.min(lawful_kmh), share);
        let mut kmh = driven.min(u32::from(speeds.most_kmh)).min(self.surface_kmh[network.surface(edge) as usize]);
        if flags.unpaved() {
            kmh = kmh.min(self.unpaved_kmh);
        }
        if flags.minor_service() {
            kmh = kmh.min(self.minor_service_kmh);
        }
        if flags.dismount() && self.mode == Mode::Bicycle {
            kmh = kmh.min(self.pushing_kmh);
        }
        kmh.max(1)
    }

    /// What changing direction by `degrees` costs where traffic keeps to the right: negative is to the left, within
    /// −180..=180. Where it keeps to the left the caller changes the sign.
    pub(crate) fn turn_ms(&self, degrees: i32) -> u32 {
        let angle = degrees.unsigned_abs() as u16;
        let step = self.turns.iter().find(|step| angle <= step.up_to_degrees);
        step.map_or(0, |step| if degrees < 0 { step.far_ms } else { step.near_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use network::Surface;

    #[test]
    fn turns_cost_more_the_sharper_they_are_and_more_across_the_traffic() {
        for table in Profile::ALL.map(Profile::table) {
            assert_eq!((table.turn_ms(0), table.turn_ms(5), table.turn_ms(-5)), (0, 0, 0));
            for degrees in 1..=180 {
                assert!(table.turn_ms(degrees) >= table.turn_ms(degrees - 1));
                assert!(table.turn_ms(-degrees) >= table.turn_ms(degrees));
            }
            assert_eq!(table.turns[table.turns.len() - 1].up_to_degrees, 180);
        }
        assert!(Profile::Car.table().turn_ms(180) > 0);
    }

    #[test]
    fn every_class_has_speeds() {
        for profile in Profile::ALL {
            for class in RoadClass::ALL {
                let speeds = (profile.table().speeds)(class);
                assert!(
                    0 < speeds.usual_kmh && speeds.usual_kmh <= speeds.open_kmh && speeds.open_kmh <= speeds.most_kmh,
                    "{class:?}"
                );
            }
        }
    }

    #[test]
    fn worse_surfaces_and_steeper_hills_are_not_faster() {
        assert_eq!(Surface::ALL.len(), Profile::Car.table().surface_kmh.len());
        for table in Profile::ALL.map(Profile::table) {
            assert!(table.grades.up.is_sorted_by(|a, b| a >= b) && table.grades.up[0] == 100);
            assert!(table.surface_kmh[Surface::Paved as usize..].first() >= table.surface_kmh.last());
            assert!(table.surface_kmh.iter().chain(&table.grades.up).chain(&table.grades.down).all(|&value| value > 0));
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        for profile in Profile::ALL {
            assert_eq!(Profile::named(&profile.name().to_uppercase()), Some(profile));
        }
        assert_eq!(Profile::named("horse"), None);
        assert_eq!(Profile::ALL.map(Profile::mode), Mode::ALL);
    }
}
