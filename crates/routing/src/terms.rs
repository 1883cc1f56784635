//! What a question asks beyond its profile: a vehicle that has a size, roads that one would rather not take, and a time.
//!
//! Terms only close or slow roads, they never open or speed up any. That is what makes them cheap: the hierarchy of the
//! profile stays a lower bound of whatever they ask (see `crate::under`).
//!
//! A vehicle meets two kinds of rules. Limits of size and weight are compared with what was said of it; what was not said
//! does not count. Dangerous goods are compared with the signs for them; a load whose tunnel code is not given is taken for
//! the strictest, since the map cannot know better. To *avoid* a kind of road or an area means to count its time
//! [`AVOIDED`]-fold while searching: one goes a long way round, but one who lives at the end of an unpaved road still gets
//! home. (Where so much of it is unavoidable that no weight could hold it, nothing is avoided.) What an answer says of time and
//! distance is the true one.

use geometry::{BoundingBox, Coordinate};
use network::{Access, EdgeId, Limit, Limits, Mode, Network, NodeId, RoadClass, TunnelCategory};

use crate::conditions::{self, Clock, LocalTime, Met};
use crate::profile::Profile;

/// How many times its time an avoided road counts.
pub(crate) const AVOIDED: u64 = 64;
/// How many times its time a road counts whose kind is kept to a minimum.
pub(crate) const MINIMIZED: u64 = 3;

/// What a question asks beyond its profile; the default asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Who travels, exactly.
    pub vehicle: Vehicle,
    /// What is avoided.
    pub avoid: Avoid,
    /// When the journey begins, by the clock on the spot: what signs forbid at that time is forbidden all along it.
    pub time: Option<LocalTime>,
}

impl Terms {
    /// Whether they ask nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A vehicle; what is unset does not count.
///
/// ```
/// use routing::Vehicle;
/// let tall = Vehicle { height_cm: Some(400), weight_kg: Some(40_000), ..Vehicle::default() };
/// assert_ne!(tall, Vehicle::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Vehicle {
    /// Its height.
    pub height_cm: Option<u32>,
    /// Its width.
    pub width_cm: Option<u32>,
    /// Its length with any trailer.
    pub length_cm: Option<u32>,
    /// Its weight with load.
    pub weight_kg: Option<u32>,
    /// The weight on its heaviest axle.
    pub axle_load_kg: Option<u32>,
    /// It goes no faster.
    pub max_speed_kmh: Option<u32>,
    /// What dangerous goods it carries.
    pub load: Load,
    /// It travels for business: where vehicles that carry goods may not be, it may not either.
    pub commercial: bool,
}

/// Dangerous goods on board; the default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Load {
    /// Dangerous goods of any kind.
    pub goods: bool,
    /// Goods that harm water.
    pub harmful_to_water: bool,
    /// The tunnel restriction code of the ADR: it may not pass tunnels of this category or a stricter one. Unset on a load of
    /// dangerous goods: the strictest code, B.
    pub tunnel_code: Option<TunnelCategory>,
}

impl Load {
    fn is_any(self) -> bool {
        self.goods || self.harmful_to_water || self.tunnel_code.is_some()
    }

    /// The code that holds for it.
    pub(crate) fn code(self) -> Option<TunnelCategory> {
        self.tunnel_code.or(self.goods.then_some(TunnelCategory::B))
    }
}

impl Vehicle {
    /// Whether it may be on an edge: its limits, and the conditions that a vehicle of this size meets at this time. Where it may only be at
    /// the ends of a way, it may not: such a place is reached on foot from the next road that it may use.
    pub(crate) fn may_use(&self, network: &Network, edge: EdgeId, mode: Mode, clock: &Clock) -> bool {
        let met = conditions::met(network.conditions(edge), network.limits(edge), mode, (self, clock));
        let keeps_out = |carrier: Mode| network.access(edge, carrier) == Access::No;
        !self.carrier(mode).is_some_and(keeps_out) && self.meets(met)
    }

    /// Whether it may be where these conditions are met.
    fn meets(&self, met: Met) -> bool {
        self.fits(met.limits) && met.access.is_none_or(|access| access == Access::Yes)
    }

    /// Whether it may pass a node: a barrier that stops all of its mode only while that is open to it.
    pub(crate) fn may_pass(&self, network: &Network, node: NodeId, mode: Mode, clock: &Clock) -> bool {
        let met = conditions::met(network.conditions_at(node), network.limits_at(node), mode, (self, clock));
        let keeps_out = |carrier: Mode| network.barrier(node, carrier) == Access::No;
        let is_open = !keeps_out(mode) || met.access == Some(Access::Yes);
        is_open && !self.carrier(mode).is_some_and(keeps_out) && self.meets(met)
    }

    /// The mode whose rules it must keep besides its own: those of vans, which signs mean when they speak of goods. Trucks, buses and
    /// taxis have signs of their own; who cycles or walks is no vehicle to them.
    pub(crate) fn carrier(&self, mode: Mode) -> Option<Mode> {
        (self.commercial && matches!(mode, Mode::Car | Mode::Motorcycle)).then_some(Mode::Van)
    }

    /// Whether it may pass where these limits hold.
    pub(crate) fn fits(&self, limits: Limits) -> bool {
        let within = |limit: Limit, measure: Option<u32>| match (limits.get(limit), measure) {
            (Some(most), Some(measure)) => measure <= most,
            _ => true,
        };
        within(Limit::Height, self.height_cm)
            && within(Limit::Width, self.width_cm)
            && within(Limit::Length, self.length_cm)
            && within(Limit::Weight, self.weight_kg)
            && within(Limit::RatedWeight, self.weight_kg)
            && within(Limit::AxleLoad, self.axle_load_kg)
            && self.may_carry_past(limits)
    }

    fn may_carry_past(&self, limits: Limits) -> bool {
        if !self.load.is_any() {
            return true;
        }
        let hazmat = limits.hazmat();
        let goods = !self.load.goods || hazmat.goods != Access::No;
        let water = !self.load.harmful_to_water || hazmat.water != Access::No;
        let tunnel = match (self.load.code(), hazmat.tunnel) {
            (Some(code), Some(category)) => category < code || category == TunnelCategory::A,
            _ => true,
        };
        goods && water && tunnel
    }
}

/// Kinds of roads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// That cost a toll.
    Toll,
    /// Motorways and other roads with limited access.
    Motorway,
    /// Ferries and trains for vehicles.
    Ferry,
    /// Without asphalt, concrete or paving.
    Unpaved,
    /// Across a border.
    Border,
    /// For vehicles with several people in them.
    Carpool,
    /// In tunnels.
    Tunnel,
    /// In zones for clean vehicles.
    LowEmissionZone,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Toll,
        Kind::Motorway,
        Kind::Ferry,
        Kind::Unpaved,
        Kind::Border,
        Kind::Carpool,
        Kind::Tunnel,
        Kind::LowEmissionZone,
    ];
}

/// Some kinds of roads; the default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kinds(u8);

impl Kinds {
    /// Whether `kind` is among them.
    pub fn contains(self, kind: Kind) -> bool {
        self.0 >> kind as u8 & 1 == 1
    }

    /// These and `kind`.
    #[must_use]
    pub fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u8)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub(crate) fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |&kind| self.contains(kind))
    }

    /// Whether an edge is of any of them, to a profile.
    pub(crate) fn include(self, network: &Network, profile: Profile, edge: EdgeId) -> bool {
        if self.is_empty() {
            return false;
        }
        let flags = network.flags(edge);
        let toll = || if profile == Profile::Truck { flags.truck_toll() } else { flags.toll() };
        let booth = || network.has_toll_booth(network.head(edge));
        let motorway = || matches!(network.class(edge), RoadClass::Motorway | RoadClass::MotorwayLink);
        (self.contains(Kind::Toll) && (toll() || booth()))
            || (self.contains(Kind::Motorway) && (flags.motorroad() || motorway()))
            || (self.contains(Kind::Ferry) && flags.ferry())
            || (self.contains(Kind::Unpaved) && flags.unpaved())
            || (self.contains(Kind::Border) && network.is_border(network.head(edge)))
            || (self.contains(Kind::Carpool) && flags.carpool())
            || (self.contains(Kind::Tunnel) && flags.tunnel())
            || (self.contains(Kind::LowEmissionZone) && flags.low_emission_zone())
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::default(), Self::with)
    }
}

/// What one would rather not travel; the default is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Avoid {
    /// Kinds to go a long way round for.
    pub kinds: Kinds,
    /// Kinds to keep short.
    pub minimize: Kinds,
    /// Areas to go a long way round.
    pub areas: Vec<Area>,
}

impl Avoid {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.minimize.is_empty() && self.areas.is_empty()
    }

    /// How many times its time an edge counts.
    pub(crate) fn factor(&self, network: &Network, profile: Profile, edge: EdgeId) -> u64 {
        if self.kinds.include(network, profile, edge) || self.areas.iter().any(|area| area.touches(network, edge)) {
            AVOIDED
        } else if self.minimize.include(network, profile, edge) {
            MINIMIZED
        } else {
            1
        }
    }
}

/// A rectangle along the meridians and parallels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area {
    /// South-west corner: latitude and longitude in 1e-7 degrees.
    min: (i32, i32),
    max: (i32, i32),
}

impl From<BoundingBox> for Area {
    fn from(bounds: BoundingBox) -> Self {
        let corner = |at: Coordinate| (at.lat_e7, at.lon_e7);
        Self { min: corner(bounds.min), max: corner(bounds.max) }
    }
}

impl Area {
    /// Whether any part of an edge's line lies in it.
    fn touches(&self, network: &Network, edge: EdgeId) -> bool {
        let line = network.shape(edge);
        line.clone().zip(line.skip(1)).any(|(a, b)| self.meets((a.lat_e7, a.lon_e7), (b.lat_e7, b.lon_e7)))
    }

    /// Whether a straight line has a point in common with it: no side separates them, nor does the line itself.
    fn meets(&self, a: (i32, i32), b: (i32, i32)) -> bool {
        let beside = (a.0 < self.min.0 && b.0 < self.min.0)
            || (a.0 > self.max.0 && b.0 > self.max.0)
            || (a.1 < self.min.1 && b.1 < self.min.1)
            || (a.1 > self.max.1 && b.1 > self.max.1);
        if beside {
            return false;
        }
        let wide = |value: i32| i128::from(value);
        let side = |corner: (i32, i32)| {
            let along = (wide(b.0) - wide(a.0), wide(b.1) - wide(a.1));
            (along.0 * (wide(corner.1) - wide(a.1)) - along.1 * (wide(corner.0) - wide(a.0))).signum()
        };
        let corners = [self.min, (self.min.0, self.max.1), self.max, (self.max.0, self.min.1)];
        let sides = corners.map(side);
        !(sides.iter().all(|&side| side > 0) || sides.iter().all(|&side| side < 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use network::Hazmat;

    #[test]
    fn a_vehicle_fits_up_to_the_limit() {
        let limits = Limits::default().with(Limit::Height, 400).with(Limit::RatedWeight, 7_500);
        let fits = |vehicle: Vehicle| vehicle.fits(limits);
        assert!(fits(Vehicle::default()), "what is not said does not count");
        assert!(fits(Vehicle { height_cm: Some(400), ..Vehicle::default() }));
        assert!(!fits(Vehicle { height_cm: Some(401), ..Vehicle::default() }));
        assert!(fits(Vehicle { width_cm: Some(900), ..Vehicle::default() }));
        assert!(!fits(Vehicle { weight_kg: Some(7_510), ..Vehicle::default() }));
    }

    #[test]
    fn a_load_is_kept_out_of_tunnels_of_its_code_and_stricter() {
        use TunnelCategory::{A, B, C, D, E};
        let load = |tunnel_code| Vehicle {
            load: Load { goods: true, harmful_to_water: false, tunnel_code },
            ..Vehicle::default()
        };
        let tunnel = |category| Limits::default().with_hazmat(Hazmat { tunnel: Some(category), ..Hazmat::FREE });
        for (code, open) in [(None, 1), (Some(B), 1), (Some(C), 2), (Some(D), 3), (Some(E), 4)] {
            let fits = [A, B, C, D, E].into_iter().filter(|&category| load(code).fits(tunnel(category))).count();
            assert_eq!(fits, open, "{code:?}");
        }
        assert!(Vehicle::default().fits(tunnel(E)));
        let signs = Limits::default().with_hazmat(Hazmat { goods: Access::No, ..Hazmat::FREE });
        assert!(!load(Some(E)).fits(signs));
    }

    #[test]
    fn an_area_meets_lines_that_enter_or_cross_it() {
        let area = Area { min: (0, 0), max: (100, 100) };
        for (a, b, meets) in [
            ((50, 50), (50, 60), true),
            ((-50, 50), (150, 50), true),
            ((-10, 90), (20, 120), true),
            ((-10, 120), (120, 250), false),
            ((-50, 60), (60, -50), true),
            ((-80, 20), (20, -90), false),
            ((101, 0), (200, 0), false),
            ((100, 100), (200, 200), true),
        ] {
            assert_eq!((area.meets(a, b), area.meets(b, a)), (meets, meets), "{a:?} {b:?}");
        }
    }
}
