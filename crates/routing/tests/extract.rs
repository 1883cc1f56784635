//! Every profile on a real extract, the demo's: the hierarchy and the guided search against the plain search.

#![expect(clippy::unwrap_used, reason = "a question that fails is a test that fails")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use geometry::Coordinate;
use routing::{
    Avoid, Classes, Fitted, Kind, LocalTime, PrepareError, Profile, Router, Scratch, Share, Snap, Terms, Vehicle,
    prepare,
};

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

/// The names and bytes of what an import keeps of some shares, made by some threads.
fn files(network: &network::Network, shares: &[Share], threads: usize) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let (told, total) = (AtomicUsize::new(0), AtomicUsize::new(0));
    prepare(network, folder.path(), shares, threads, &|done, of| {
        told.fetch_max(done, Ordering::Relaxed);
        total.store(of, Ordering::Relaxed);
        ControlFlow::Continue(())
    })
    .unwrap();
    let entries = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut files: Vec<_> = entries.map(|entry| (name(&entry), std::fs::read(entry.path()).unwrap())).collect();
    files.sort_unstable();
    assert_eq!((told.into_inner(), total.into_inner()), (files.len(), files.len()), "each file is told");
    files
}

#[test]
fn who_does_not_go_on_is_not_asked_long() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/seattle-udistrict.osm.pbf");
    let network = testkit::import_file(&file);
    for last in [0, 1, 5, 20] {
        let (folder, asked) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
        let prepared = prepare(&network, folder.path(), &Share::ALL, 2, &|_, _| {
            let goes_on = asked.fetch_add(1, Ordering::Relaxed) < last;
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert!(matches!(prepared, Err(PrepareError::Interrupted)));
        // The other thread may be asking at the same moment.
        assert!((last + 1..last + 3).contains(&asked.into_inner()), "{last}");
    }
}

#[test]
fn any_number_of_threads_prepares_the_same_files_together_or_by_share() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/seattle-udistrict.osm.pbf");
    let network = testkit::import_file(&file);
    let alone = files(&network, &Share::ALL, 1);
    assert_eq!(alone.len(), 1 + 3 + 2 * Profile::ALL.len());
    let by_share = || {
        let mut all: Vec<_> = Share::ALL.iter().flat_map(|share| files(&network, &[*share], 1)).collect();
        all.sort_unstable();
        all
    };
    for (how, made) in [
        ("2 threads", files(&network, &Share::ALL, 2)),
        ("5 threads", files(&network, &Share::ALL, 5)),
        ("shares", by_share()),
    ] {
        assert_eq!(made.len(), alone.len(), "{how}");
        for ((name, bytes), (other, same)) in alone.iter().zip(&made) {
            assert!(name == other && bytes == same, "{name} differs with {how}");
        }
    }
}

/// A whole matrix, every way of it with its line, and what is near, by a router.
fn all_answers(router: &Router, places: &[Snap]) -> (Vec<Vec<routing::Reach>>, Vec<Option<routing::Path>>, usize) {
    let scratch = &mut Scratch::default();
    let (mut rows, targets) = (Vec::new(), router.targets(places));
    router
        .rows(scratch, places, &targets, &|| false, &mut |_, row: &[routing::Reach]| rows.push(row.to_vec()))
        .unwrap();
    let pairs = places.iter().flat_map(|from| places.iter().map(move |to| (from, to)));
    let paths = pairs.map(|(from, to)| router.route(scratch, from, to, &|| false).unwrap()).collect();
    let near = places.iter().map(|from| router.within(scratch, from, 120_000, &|| false).unwrap().len());
    (rows, paths, near.sum())
}

#[test]
fn what_every_machine_can_do_gives_the_same_answers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/seattle-udistrict.osm.pbf");
    let network = Arc::new(testkit::import_file(&file));
    let mut random = Rng::with_seed(11);
    for profile in [Profile::Car, Profile::Pedestrian] {
        let router = Router::new(Arc::clone(&network), profile);
        let mut places = places(&mut random, &router);
        places.extend(self::places(&mut random, &router));
        // So many that all is customized anew.
        let speeds: Vec<_> = network.edges().step_by(7).map(|edge| (edge, random.u32(3..40))).collect();
        let common = router.with_common_instructions();
        assert_eq!(all_answers(&router, &places), all_answers(&common, &places), "{profile:?}");
        let changed = all_answers(&router.with_speeds(&speeds, 1), &places);
        assert_ne!(changed, all_answers(&router, &places));
        for threads in [1, 3] {
            assert_eq!(all_answers(&common.with_speeds(&speeds, threads), &places), changed, "{profile:?}");
        }
    }
}
