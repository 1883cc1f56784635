//! Where the places of a large matrix are on the road, so that its tiles look for each of them once.
//!
//! A tile is computed by itself, often on another thread than its neighbours, and shares its rows with those beside it and its
//! columns with those above and below. Lists of places that were looked for last are kept with what was found, up to a bound; who
//! asks for the same list for the same vehicle gets the same answer. Speeds play no part in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use geometry::Coordinate;
use routing::{Avoid, Profile, Snap, Terms};

/// Places that are kept: some tens of megabytes.
const MOST: usize = 100_000;

/// The lists that were asked for last, the last one first.
#[derive(Default)]
pub(super) struct Places(Mutex<VecDeque<Found>>);

struct Found {
    profile: Profile,
    /// But for what is avoided, which is no matter of where a road is.
    terms: Terms,
    places: Vec<Coordinate>,
    snaps: Arc<[Option<Snap>]>,
}

impl Places {
    /// What was found for a list of places, or what `snap` finds. Two who ask at the same time may both look.
    pub(super) fn snapped(
        &self,
        (profile, terms): (Profile, &Terms),
        places: &[Coordinate],
        snap: impl FnOnce() -> Vec<Option<Snap>>,
    ) -> Arc<[Option<Snap>]> {
        let is_asked = |found: &Found| {
            let is_same = found.terms.vehicle == terms.vehicle && found.terms.time == terms.time;
            found.profile == profile && is_same && found.places == places
        };
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = {
            let mut lists = lock();
            lists.iter().position(is_asked).and_then(|place| lists.remove(place))
        };
        let found = known.unwrap_or_else(|| Found {
            profile,
            terms: Terms { avoid: Avoid::default(), ..terms.clone() },
            places: places.to_vec(),
            snaps: snap().into(),
        });
        let snaps = Arc::clone(&found.snaps);
        let mut lists = lock();
        lists.push_front(found);
        let mut kept = 0;
        lists.retain(|found| {
            kept += found.places.len();
            kept <= MOST
        });
        snaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use routing::Vehicle;

    fn at(lat_e7: i32) -> Coordinate {
        Coordinate { lat_e7, lon_e7: 0 }
    }

    #[test]
    fn a_list_is_looked_for_once() {
        let (places, usual) = (Places::default(), Terms::default());
        let vehicle = Vehicle { height_cm: Some(400), ..Vehicle::default() };
        let tall = Terms { vehicle, ..Terms::default() };
        let mut looks = 0;
        for (profile, terms, list) in [
            (Profile::Car, &usual, vec![at(1), at(2)]),
            (Profile::Car, &usual, vec![at(1), at(2)]),
            (Profile::Car, &tall, vec![at(1), at(2)]),
            (Profile::Truck, &usual, vec![at(1), at(2)]),
            (Profile::Car, &usual, vec![at(2)]),
            (Profile::Car, &usual, vec![at(1), at(2)]),
        ] {
            let found = places.snapped((profile, terms), &list, || {
                looks += 1;
                vec![None; list.len()]
            });
            assert_eq!(found.len(), list.len());
        }
        assert_eq!(looks, 4);
    }

    #[test]
    fn what_was_asked_for_longest_ago_is_forgotten() {
        let places = Places::default();
        let is_looked_for = |list: &[Coordinate]| {
            let mut looked = false;
            places.snapped((Profile::Car, &Terms::default()), list, || {
                looked = true;
                vec![None; list.len()]
            });
            looked
        };
        let many = vec![at(2); MOST - 1];
        assert!(is_looked_for(&[at(1)]) && is_looked_for(&many));
        assert!(!is_looked_for(&[at(1)]));
        assert!(is_looked_for(&[at(3)]));
        assert!(!is_looked_for(&[at(1)]));
        assert!(is_looked_for(&many));
    }
}
