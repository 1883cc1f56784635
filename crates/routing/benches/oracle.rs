//! The long oracle: the hierarchy against plain Dijkstra on real extracts, ten thousand pairs for each profile.
//!
//! `cargo bench -p routing --bench oracle` asks on the extracts that `ROUNDSMAN_SHARED` holds (`osm/*.osm.pbf`, as `make bench` names
//! them), or else on the demo's map. Places are anywhere on the map, in private land too; the restrictions are those of the
//! extract. Each pair is asked for as a distance, as a route and as a cell of a matrix, under the usual speeds and once more under a
//! hundred changed ones, and all must be what the plain search says; prints a row of counts for each, and fails on the
//! first difference. `ROUNDSMAN_ORACLE_SIDE` (100) is the square root of the number of pairs.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints what it finds, and fails where it cannot go on"
)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastrand::Rng;
use geometry::Coordinate;
use network::EdgeId;
use routing::{Profile, Router, Scratch, Share, Snap, Travel, prepare};

const EXTRACTS: [&str; 5] =
    ["seattle-udistrict", "monaco-2016", "porto", "portland-central-2015", "harrisburg-pa-2015"];

fn main() {
    let side = std::env::var("ROUNDSMAN_ORACLE_SIDE").map_or(100, |side| side.parse().unwrap());
    println!("| extract | profile | pairs | with a way | differences |\n|---|---|--:|--:|--:|");
    for file in files() {
        let network = Arc::new(testkit::import_file(&file));
        let folder = std::env::temp_dir().join(format!("roundsman-oracle-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        prepare(&network, &folder, &Share::ALL, 2, &|_, _| ControlFlow::Continue(())).unwrap();
        let atlas = routing::Atlas::open(&folder, &network).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().replace(".osm.pbf", "");
        for profile in Profile::ALL {
            let (mut random, mut scratch) = (Rng::with_seed(7), Scratch::default());
            let usual = atlas.router(profile);
            let places = places(&mut random, usual, side);
            judge(&name, usual, &mut scratch, &places);
            judge(
                &format!("{name}, 100 changed"),
                &changed(&mut random, usual),
                &mut scratch,
                &places[..side.div_ceil(3)],
            );
        }
        drop(atlas);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

fn files() -> Vec<PathBuf> {
    let Some(shared) = std::env::var_os("ROUNDSMAN_SHARED") else {
        return vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/seattle-udistrict.osm.pbf")];
    };
    EXTRACTS.map(|name| Path::new(&shared).join("osm").join(format!("{name}.osm.pbf"))).to_vec()
}

/// Positions all over the map.
fn places(random: &mut Rng, router: &Router, count: usize) -> Vec<Snap> {
    let bounds = router.network().bounding_box().unwrap();
    let mut somewhere = || Coordinate {
        lat_e7: random.i32(bounds.min.lat_e7..=bounds.max.lat_e7),
        lon_e7: random.i32(bounds.min.lon_e7..=bounds.max.lon_e7),
    };
    std::iter::repeat_with(|| router.snap(somewhere(), 500.0)).flatten().take(count).collect()
}

fn changed(random: &mut Rng, router: &Router) -> Router {
    let edges = router.network().edge_count() as u32;
    let speeds: Vec<_> = (0..100).map(|_| (EdgeId(random.u32(0..edges)), random.u32(0..8) * 10)).collect();
    router.with_speeds(&speeds, 2)
}

fn judge(name: &str, router: &Router, scratch: &mut Scratch, places: &[Snap]) {
    let targets = router.targets(places);
    let mut rows: Vec<Vec<Option<Travel>>> = Vec::new();
    let mut keep = |_, row: &[routing::Reach]| rows.push(row.iter().map(|reach| reach.travel()).collect());
    router.rows(scratch, places, &targets, &|| false, &mut keep).unwrap();
    let (mut ways, mut differences) = (0, 0);
    for (from, row) in places.iter().zip(&rows) {
        let plain = router.one_to_many_plain(scratch, from, places, &|| false).unwrap();
        for ((to, &cell), plain) in places.iter().zip(row).zip(plain) {
            let distance = router.travel(scratch, from, to, &|| false).unwrap();
            let route = router.route(scratch, from, to, &|| false).unwrap().map(|path| path.travel);
            ways += usize::from(plain.is_some());
            differences += usize::from([cell, distance, route] != [plain; 3]);
        }
    }
    println!("| {name} | {} | {} | {ways} | {differences} |", router.profile().name(), places.len() * places.len());
    assert_eq!(differences, 0, "{name}");
}
