//! Every profile on a real extract, the demo's: the hierarchy and the guided search against the plain search.

#![expect(clippy::unwrap_used, reason = "a question that fails is a test that fails")]

use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use geometry::Coordinate;
use routing::{Avoid, Classes, Fitted, Kind, LocalTime, Profile, Router, Scratch, Snap, Terms, Vehicle};

/// Some positions all over the map.
fn places(random: &mut Rng, router: &Router) -> Vec<Snap> {
    let bounds = router.network().bounding_box().unwrap();
    let somewhere = std::iter::repeat_with(|| Coordinate {
        lat_e7: random.i32(bounds.min.lat_e7..=bounds.max.lat_e7),
        lon_e7: random.i32(bounds.min.lon_e7..=bounds.max.lon_e7),
    });
    somewhere.take(60).filter_map(|at| router.snap(at, 500.0).ok()).take(12).collect()
}

/// A vehicle for which something is closed, and roads that are avoided.
fn terms() -> Terms {
    let vehicle =
        Vehicle { height_cm: Some(380), weight_kg: Some(18_000), max_speed_kmh: Some(60), ..Vehicle::default() };
    let kinds = [Kind::Motorway, Kind::Tunnel].into_iter().collect();
    // A Monday morning.
    let time = LocalTime::from_minutes(19_723 * 1440 + 480);
    Terms { vehicle, avoid: Avoid { kinds, ..Avoid::default() }, time }
}

#[test]
fn every_profile_agrees_with_the_plain_search_on_real_streets() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/seattle-udistrict.osm.pbf");
    let network = Arc::new(testkit::import_file(&file));
    let (scratch, mut random, mut ways) = (&mut Scratch::default(), Rng::with_seed(7), 0);
    for profile in Profile::ALL {
        let router = Router::new(Arc::clone(&network), profile);
        let places = places(&mut random, &router);
        assert!(places.len() > 8, "{profile:?}");
        for from in &places {
            let row = router.one_to_many(scratch, from, &places, &|| false).unwrap();
            assert_eq!(router.one_to_many_plain(scratch, from, &places, &|| false).unwrap(), row, "{profile:?}");
            for (to, cell) in places.iter().zip(row) {
                let path = router.route(scratch, from, to, &|| false).unwrap();
                assert_eq!(path.map(|path| path.travel), cell, "{profile:?}: {from:?} {to:?}");
                ways += usize::from(cell.is_some());
            }
        }
        let terms = terms();
        let fitted = Fitted::new(&router, &Classes::new(&router).canonical(&terms));
        for to in &places[1..] {
            let guided = router.route_under(scratch, &places[0], to, &terms, &|| false).unwrap();
            let plain = router.route_under_plain(scratch, &places[0], to, &terms, &|| false).unwrap();
            let found = fitted.route(scratch, &places[0], to, &|| false).unwrap();
            let travel = plain.map(|path| path.travel);
            assert_eq!(guided.map(|path| path.travel), travel, "{profile:?}: {to:?}");
            assert_eq!(found.map(|path| path.travel), travel, "{profile:?}: {to:?}");
        }
    }
    assert!(ways > 700, "{ways} ways");
}

/// A small limit finds what a large one finds within it: what is left out lies beyond.
#[test]
fn a_small_limit_leaves_out_nothing_within_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/seattle-udistrict.osm.pbf");
    let network = Arc::new(testkit::import_file(&file));
    let (scratch, mut random) = (&mut Scratch::default(), Rng::with_seed(9));
    let router = Router::new(network, Profile::Car);
    for from in places(&mut random, &router) {
        let mut within = |limit_ms: u64| {
            let found = router.within(scratch, &from, limit_ms, &|| false).unwrap();
            let mut found: Vec<_> = found.iter().map(|part| (part.edge, part.along_cm, part.way.travel())).collect();
            found.sort_unstable();
            found
        };
        let all = within(u64::MAX);
        for limit_ms in [0, 1_000, 60_000, 180_000, 400_000] {
            let is_near = |way: Option<routing::Travel>| way.is_some_and(|way| way.duration_ms <= limit_ms);
            let near: Vec<_> = all.iter().copied().filter(|&(_, _, way)| is_near(way)).collect();
            assert_eq!(within(limit_ms), near, "{limit_ms} ms from {from:?}");
        }
    }
}
