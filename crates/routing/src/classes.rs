//! Which terms have the same effect on a map: a truck of 3.90 m and one of 3.95 m, where no sign says anything in between.
//!
//! What a measure does changes only where some sign or condition of the map begins to speak, so the measures of a map fall into
//! few classes, and [`Classes::canonical`] takes the least of its class for each. What nothing on the map speaks of is left out; terms
//! of which nothing is left ask nothing. Equal canonical terms close and slow the same roads, hence have the same answers; that makes
//! them the key of what is kept for a vehicle. Never in here: answers.

use network::{Access, Condition, EdgeId, Limit, Limits, TunnelCategory};

use crate::conditions::{self, Measure};
use crate::router::Router;
use crate::terms::{Avoid, Kind, Kinds, Load, Terms, Vehicle};

/// What a map says that vehicles of one profile differ in.
#[derive(Debug, Default)]
pub struct Classes {
    /// By [`Measure`].
    scales: [Scale; Measure::ALL.len()],
    hazmat: HazmatSigns,
    /// Whether those who travel for business are kept out somewhere.
    commerce: bool,
    kinds: Kinds,
}

/// What is kept out somewhere.
#[derive(Debug, Default)]
struct HazmatSigns {
    goods: bool,
    water: bool,
    /// Loads of some code, by tunnels.
    codes: bool,
}

/// The classes of one measure.
#[derive(Debug, Default)]
struct Scale {
    /// Where each class but the lowest begins, ascending.
    begins: Vec<u32>,
    /// Whether a measure in the lowest class says more than none.
    speaks_below: bool,
}

impl Classes {
    /// Reads a router's map once.
    pub fn new(router: &Router) -> Self {
        let mut classes = Self::default();
        let network = router.network();
        let carrier = Vehicle { commercial: true, ..Vehicle::default() }.carrier(router.mode());
        for edge in network.edges().filter(|&edge| router.is_usable(edge)) {
            classes.note(network.limits(edge), network.conditions(edge), router);
            classes.note_kinds(router, edge);
            classes.commerce |= carrier.is_some_and(|carrier| network.access(edge, carrier) == Access::No);
        }
        for node in network.nodes() {
            classes.note(network.limits_at(node), network.conditions_at(node), router);
            classes.commerce |= carrier.is_some_and(|carrier| network.barrier(node, carrier) == Access::No);
        }
        for scale in &mut classes.scales {
            scale.begins.sort_unstable();
            scale.begins.dedup();
        }
        classes
    }

    fn note<'a>(&mut self, limits: Limits, conditions: impl Iterator<Item = Condition<'a>>, router: &Router) {
        for (limit, measure) in [
            (Limit::Height, Measure::Height),
            (Limit::Width, Measure::Width),
            (Limit::Length, Measure::Length),
            (Limit::Weight, Measure::Weight),
            (Limit::RatedWeight, Measure::Weight),
            (Limit::AxleLoad, Measure::AxleLoad),
        ] {
            self.scales[measure as usize].begins.extend(limits.get(limit).map(|most| most + 1));
        }
        let hazmat = limits.hazmat();
        self.hazmat.goods |= hazmat.goods == Access::No;
        self.hazmat.water |= hazmat.water == Access::No;
        self.hazmat.codes |= hazmat.tunnel.is_some_and(|category| category != TunnelCategory::A);
        for condition in conditions.filter(|condition| condition.modes.contains(router.mode())) {
            for comparison in conditions::comparisons(condition.when) {
                let (points, holds_below) = comparison.turning_points();
                let scale = &mut self.scales[comparison.measure as usize];
                scale.begins.extend(points);
                scale.speaks_below |= holds_below;
            }
        }
    }

    fn note_kinds(&mut self, router: &Router, edge: EdgeId) {
        for kind in Kind::ALL {
            if !self.kinds.contains(kind)
                && Kinds::default().with(kind).include(router.network(), router.profile(), edge)
            {
                self.kinds = self.kinds.with(kind);
            }
        }
    }

    /// The terms that stand for all that have the effect of these.
    pub fn canonical(&self, terms: &Terms) -> Terms {
        let measure = |measure: Measure| self.scales[measure as usize].canonical(measure.of(&terms.vehicle));
        let Vehicle { max_speed_kmh, load, commercial, .. } = terms.vehicle;
        let Avoid { kinds, minimize, areas } = &terms.avoid;
        let mut areas = areas.clone();
        areas.sort_unstable();
        areas.dedup();
        Terms {
            vehicle: Vehicle {
                height_cm: measure(Measure::Height),
                width_cm: measure(Measure::Width),
                length_cm: measure(Measure::Length),
                weight_kg: measure(Measure::Weight),
                axle_load_kg: measure(Measure::AxleLoad),
                max_speed_kmh,
                load: self.canonical_load(load),
                commercial: commercial && self.commerce,
            },
            avoid: Avoid {
                kinds: kinds.iter().filter(|&kind| self.kinds.contains(kind)).collect(),
                minimize: minimize.iter().filter(|&kind| self.kinds.contains(kind) && !kinds.contains(kind)).collect(),
                areas,
            },
        }
    }

    /// A load of dangerous goods keeps a code, since without one it has the strictest.
    fn canonical_load(&self, load: Load) -> Load {
        Load {
            goods: load.goods && self.hazmat.goods,
            harmful_to_water: load.harmful_to_water && self.hazmat.water,
            tunnel_code: load.code().filter(|_| self.hazmat.codes),
        }
    }
}

impl Scale {
    fn canonical(&self, measure: Option<u32>) -> Option<u32> {
        let measure = measure?;
        match self.begins.partition_point(|&begin| begin <= measure) {
            0 => self.speaks_below.then_some(0),
            above => Some(self.begins[above - 1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_of_one_class_are_one() {
        let scale = Scale { begins: vec![381, 401], speaks_below: false };
        let canonical = |measure| scale.canonical(measure);
        assert_eq!([canonical(None), canonical(Some(380)), canonical(Some(0))], [None; 3]);
        assert_eq!([canonical(Some(381)), canonical(Some(400))], [Some(381); 2]);
        assert_eq!([canonical(Some(401)), canonical(Some(u32::MAX))], [Some(401); 2]);
        let below = Scale { begins: vec![3_500], speaks_below: true };
        assert_eq!([None, Some(3_499)].map(|measure| below.canonical(measure)), [None, Some(0)]);
    }
}
