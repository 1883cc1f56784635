//! Which terms have the same effect on a map: a truck of 3.90 m and one of 3.95 m, where no sign says anything in between.
//!
//! What a measure does changes only where some sign or condition of the map begins to speak, so the measures of a map fall into
//! few classes, and [`Classes::canonical`] takes the least of its class for each. What nothing on the map speaks of is left out; terms
//! of which nothing is left ask nothing. So do moments at which the same times on signs are met. Equal canonical terms close and slow the same roads, hence have the same answers; that makes
//! them the key of what is kept for a vehicle. Never in here: answers.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use network::{Access, Condition, EdgeId, Effect, Limit, Limits, TunnelCategory};

use crate::conditions::{self, Hours, LocalTime, Measure};
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
    times: Times,
}

/// The times that signs of the map name.
#[derive(Debug, Default)]
struct Times {
    hours: Vec<Hours>,
    /// Which moments are known to be like which.
    known: Mutex<Moments>,
}

#[derive(Debug, Default)]
struct Moments {
    /// The moment that stands for all at which the same times are met; none for those at which none is.
    canonical: HashMap<LocalTime, Option<LocalTime>>,
    /// By what is met, a bit for each of the hours.
    by_met: HashMap<Vec<u64>, LocalTime>,
}

/// Moments that are remembered; then it begins anew.
const MOST_MOMENTS: usize = 10_000;

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
        let mut named = BTreeMap::new();
        let network = router.network();
        let carrier = Vehicle { commercial: true, ..Vehicle::default() }.carrier(router.mode());
        for edge in network.edges().filter(|&edge| router.may_be_used(edge)) {
            classes.note(network.limits(edge), network.conditions(edge), router, &mut named);
            classes.note_kinds(router, edge);
            classes.commerce |= carrier.is_some_and(|carrier| network.access(edge, carrier) == Access::No);
        }
        for node in network.nodes() {
            classes.note(network.limits_at(node), network.conditions_at(node), router, &mut named);
            classes.commerce |= carrier.is_some_and(|carrier| network.barrier(node, carrier) == Access::No);
        }
        for (_, when) in router.timed_turns().iter() {
            classes.note_when(when, &mut named);
        }
        classes.times.hours = named.into_values().collect();
        for scale in &mut classes.scales {
            scale.begins.sort_unstable();
            scale.begins.dedup();
        }
        classes
    }

    fn note<'a>(
        &mut self,
        limits: Limits,
        conditions: impl Iterator<Item = Condition<'a>>,
        router: &Router,
        named: &mut BTreeMap<&'a str, Hours>,
    ) {
        for limit in Limit::ALL {
            limits.get(limit).into_iter().for_each(|most| self.note_limit(limit, most));
        }
        let hazmat = limits.hazmat();
        self.hazmat.goods |= hazmat.goods == Access::No;
        self.hazmat.water |= hazmat.water == Access::No;
        self.hazmat.codes |= hazmat.tunnel.is_some_and(|category| category != TunnelCategory::A);
        for condition in conditions.filter(|condition| condition.modes.contains(router.mode())) {
            self.note_when(condition.when, named);
            if let Effect::Limit(limit, Some(most)) = condition.effect {
                self.note_limit(limit, most);
            }
        }
    }

    fn note_when<'a>(&mut self, when: &'a str, named: &mut BTreeMap<&'a str, Hours>) {
        for comparison in conditions::comparisons(when) {
            let (points, holds_below) = comparison.turning_points();
            let scale = &mut self.scales[comparison.measure as usize];
            scale.begins.extend(points);
            scale.speaks_below |= holds_below;
        }
        named.extend(conditions::times(when));
    }

    fn note_limit(&mut self, limit: Limit, most: u32) {
        let measure = match limit {
            Limit::Height => Measure::Height,
            Limit::Width => Measure::Width,
            Limit::Length => Measure::Length,
            Limit::Weight | Limit::RatedWeight => Measure::Weight,
            Limit::AxleLoad => Measure::AxleLoad,
            Limit::TruckSpeed => return,
        };
        self.scales[measure as usize].begins.push(most + 1);
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
            time: terms.time.and_then(|time| self.times.canonical(time)),
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

impl Times {
    fn canonical(&self, time: LocalTime) -> Option<LocalTime> {
        if self.hours.is_empty() {
            return None;
        }
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = lock().canonical.get(&time) {
            return known;
        }
        let mut met = vec![0_u64; self.hours.len().div_ceil(64)];
        for (number, _) in self.hours.iter().enumerate().filter(|(_, hours)| hours.hold_at(time)) {
            met[number / 64] |= 1 << (number % 64);
        }
        let mut known = lock();
        if known.canonical.len() >= MOST_MOMENTS {
            *known = Moments::default();
        }
        let is_any = met.iter().any(|&bits| bits != 0);
        let canonical = is_any.then(|| *known.by_met.entry(met).or_insert(time));
        known.canonical.insert(time, canonical);
        canonical
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
