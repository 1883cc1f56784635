//! Random road networks with every kind of rule in them, and the search against the oracle on each.

use std::sync::Arc;

use fastrand::Rng;
use geometry::{BoundingBox, Coordinate, EARTH_RADIUS_M, haversine_m};
use network::{
    Access, Climb, Conditional, Details, DetailsId, Direction, EdgeFlags, EdgeId, Effect, Limit, Limits, Mode,
    ModeAccess, ModeSet, Network, NetworkBuilder, Node, NodeId, Road, RoadClass, RoadId, Surface,
};

use super::oracle::Oracle;
use crate::classes::Classes;
use crate::conditions::{Clock, LocalTime, is_met};
use crate::fitted::Fitted;
use crate::path::Path;
use crate::profile::Profile;
use crate::router::Router;
use crate::scratch::Scratch;
use crate::snap::Snap;
use crate::targets::Reach;
use crate::terms::{Area, Avoid, Kind, Kinds, Terms, Vehicle};
use crate::weight::{Travel, Weight};
use crate::zones::{PUBLIC, Zones};

/// Nodes to a side of the grids that the oracle is asked about; their pitch is about 100 m.
const SIDE: usize = 5;
const PITCH_E7: i32 = 10_000;
const ORIGIN_E7: (i32, i32) = (476_600_000, 0);

/// Which roads meet at a node, and whether each ends there in the direction of its line.
type Meeting = Vec<Vec<(RoadId, bool, NodeId)>>;

fn place(random: &mut Rng, line: usize, column: usize) -> Coordinate {
    let mut jitter = || random.i32(-3000..3000);
    Coordinate {
        lat_e7: ORIGIN_E7.0 + line as i32 * PITCH_E7 + jitter(),
        lon_e7: ORIGIN_E7.1 + column as i32 * PITCH_E7 + jitter(),
    }
}

fn anywhere(random: &mut Rng, side: usize) -> Coordinate {
    let (line, column) = (random.usize(0..side), random.usize(0..side));
    place(random, line, column)
}

fn some_access(random: &mut Rng) -> Access {
    match random.u8(0..20) {
        0..3 => Access::No,
        3..6 => Access::Ends,
        _ => Access::Yes,
    }
}

fn direction(random: &mut Rng, access: Access) -> Direction {
    // Always open to buses, so that closed directions exist as edges too.
    let access = ModeAccess::all(access).with(Mode::Bus, Access::Yes);
    // Goods are kept out of some.
    let access = if random.u8(0..10) == 0 { access.with(Mode::Van, Access::No) } else { access };
    Direction { access, max_speed_kmh: (random.u8(0..3) == 0).then(|| random.u16(10..120)) }
}

/// Limits on some roads and nodes, and conditions that heavy vehicles meet.
fn some_details(random: &mut Rng, builder: &mut NetworkBuilder) -> DetailsId {
    let limit = match random.u8(0..14) {
        0 => (Limit::Height, random.u32(200..420)),
        1 => (Limit::Weight, random.u32(3_000..40_000)),
        2 => (Limit::TruckSpeed, random.u32(10..80)),
        3 => {
            let conditions = vec![at_times(random, builder), at_times(random, builder)];
            return builder.details(&Details { conditions, ..Details::default() });
        }
        _ => return DetailsId::default(),
    };
    builder.details(&Details { limits: Limits::default().with(limit.0, limit.1), ..Details::default() })
}

/// When something holds: for vehicles above some weight, at some hours, or both.
fn some_when(random: &mut Rng) -> String {
    let (tonnes, hour) = (random.u32(3..40), random.u32(0..18));
    match random.u8(0..3) {
        0 => format!("weight>{tonnes}"),
        1 => format!("{hour:02}:00-{:02}:30", hour + 6),
        _ => format!("Mo-Fr {hour:02}:00-{:02}:00 AND weight>{tonnes}", hour + 6),
    }
}

/// What opens a barrier under some condition, unless another one closes it again.
fn opening(random: &mut Rng, builder: &mut NetworkBuilder) -> DetailsId {
    let when = builder.text(&some_when(random));
    let opens = Conditional { modes: Mode::ALL.into_iter().collect(), effect: Effect::Access(Access::Yes), when };
    let conditions = vec![opens, at_times(random, builder)];
    builder.details(&Details { conditions, ..Details::default() })
}

/// What holds under some condition.
fn at_times(random: &mut Rng, builder: &mut NetworkBuilder) -> Conditional {
    let when = builder.text(&some_when(random));
    let effect = match random.u8(0..3) {
        0 => Effect::Access(some_access(random)),
        1 => Effect::MaxSpeed(if random.bool() { 20 } else { 130 }),
        _ => Effect::Limit(Limit::Height, random.bool().then(|| random.u32(200..420))),
    };
    Conditional { modes: Mode::ALL.into_iter().collect(), effect, when }
}

fn road(random: &mut Rng, builder: &mut NetworkBuilder, side: usize, from: NodeId, to: NodeId) -> RoadId {
    let flags = [
        EdgeFlags::ROUNDABOUT,
        EdgeFlags::UNPAVED,
        EdgeFlags::FERRY,
        EdgeFlags::TOLL,
        EdgeFlags::DISMOUNT,
        EdgeFlags::CARPOOL,
        EdgeFlags::LEFT_HAND,
        EdgeFlags::TUNNEL,
    ];
    let flag = flags.get(random.usize(0..40)).copied().unwrap_or(EdgeFlags::NONE);
    let details = [some_details(random, builder), some_details(random, builder)];
    let access = some_access(random);
    let back = if random.u8(0..4) == 0 { some_access(random) } else { access };
    let road = Road {
        flags: flag,
        ferry_duration_ms: (flag == EdgeFlags::FERRY).then_some(60_000),
        forward: direction(random, access),
        backward: direction(random, back),
        surface: Surface::ALL[random.usize(0..30) % Surface::ALL.len()],
        details,
        ..Road::between(from, to, RoadClass::ALL[random.usize(0..RoadClass::ALL.len() - 1)])
    };
    let inner: Vec<Coordinate> = (0..random.usize(0..3)).map(|_| anywhere(random, side)).collect();
    builder.add_road(&road, &inner)
}

/// Bans some random walks of two to five roads.
fn forbid(random: &mut Rng, builder: &mut NetworkBuilder, meeting: &Meeting, roads: &[(RoadId, NodeId)]) {
    let modes = Mode::ALL.into_iter().collect::<ModeSet>().without(Mode::Bus);
    for _ in 0..random.usize(0..roads.len()) {
        let (first, mut node) = roads[random.usize(0..roads.len())];
        let mut walk = vec![(first, false)];
        for _ in 0..random.usize(1..5) {
            let (next, backward, end) = meeting[node.0 as usize][random.usize(0..meeting[node.0 as usize].len())];
            walk.push((next, backward));
            node = end;
        }
        if random.u8(0..3) == 0 {
            let when = builder.text(&some_when(random));
            builder.forbid_when(&walk, modes, when);
            continue;
        }
        builder.forbid(&walk, if random.u8(0..10) == 0 { ModeSet::EMPTY.with(Mode::Bus) } else { modes });
    }
}

pub(crate) fn random_network(random: &mut Rng) -> Network {
    random_grid(random, SIDE)
}

pub(crate) fn random_grid(random: &mut Rng, side: usize) -> Network {
    let mut builder = NetworkBuilder::new();
    let mut nodes = Vec::new();
    for line in 0..side {
        for column in 0..side {
            let barrier = if random.u8(0..8) == 0 { some_access(random) } else { Access::Yes };
            let details = match barrier {
                Access::No if random.u8(0..4) > 0 => opening(random, &mut builder),
                _ if random.u8(0..4) == 0 => some_details(random, &mut builder),
                _ => DetailsId::default(),
            };
            nodes.push(builder.add_node(Node {
                barrier: ModeAccess::all(barrier),
                signals: random.u8(0..8) == 0,
                details,
                ..Node::at(place(random, line, column))
            }));
        }
    }
    let mut meeting: Meeting = vec![Vec::new(); nodes.len()];
    let mut roads = Vec::new();
    let mut add = |random: &mut Rng, builder: &mut NetworkBuilder, from: usize, to: usize| {
        let id = road(random, builder, side, nodes[from], nodes[to]);
        meeting[from].push((id, false, nodes[to]));
        meeting[to].push((id, true, nodes[from]));
        roads.push((id, nodes[to]));
    };
    for node in 0..nodes.len() {
        let (line, column) = (node / side, node % side);
        if column + 1 < side && random.u8(0..5) > 0 {
            add(random, &mut builder, node, node + 1);
        }
        if line + 1 < side && random.u8(0..5) > 0 {
            add(random, &mut builder, node, node + side);
        }
    }
    // Loops, parallels and bridges across the grid.
    for _ in 0..random.usize(1..4) {
        let (from, to) = (random.usize(0..nodes.len()), random.usize(0..nodes.len()));
        add(random, &mut builder, from, to);
    }
    forbid(random, &mut builder, &meeting, &roads);
    if random.bool() {
        let mut climb = || random.u16(0..60);
        builder.survey(|_| Some(100), |_, _| Climb { up_dm: climb(), down_dm: climb() });
    }
    builder.build().unwrap()
}

/// One after the other, all of them.
fn profile_of(seed: u64) -> Profile {
    Profile::ALL[seed as usize % Profile::ALL.len()]
}

/// Some positions, within roads and at nodes.
fn positions(random: &mut Rng, router: &Router, side: usize) -> Vec<Snap> {
    let network = router.network();
    let somewhere = (0..9).map(|_| anywhere(random, side)).collect::<Vec<_>>();
    let at_nodes = (0..4).map(|_| network.coordinate(NodeId(random.u32(0..network.node_count() as u32))));
    somewhere.into_iter().chain(at_nodes.collect::<Vec<_>>()).filter_map(|at| router.snap(at, 2000.0).ok()).collect()
}

/// The path is legal as far as single turns and bans go, weighs what its edges and turns do, and its line is as long as it
/// says.
fn check_path(router: &Router, path: &Path, from: &Snap, to: &Snap) {
    let network = router.network();
    assert!(path.edges.windows(2).all(|pair| network.head(pair[0]) == network.tail(pair[1])));
    assert_eq!((path.geometry.first(), path.geometry.last()), (Some(&from.at), Some(&to.at)));
    if from.is_same_place(to) {
        assert_eq!((path.travel, path.geometry.len()), (Travel::default(), 2));
        return;
    }
    check_edges(router, path, from, to);
    let pairs = || path.geometry.windows(2);
    assert!(path.geometry.len() == 2 || pairs().all(|pair| pair[0] != pair[1]), "a point twice in a row");
    let length_m: f64 = pairs().map(|pair| haversine_m(pair[0], pair[1], EARTH_RADIUS_M)).sum();
    let distance_m = path.travel.distance_cm as f64 / 100.0;
    // A centimetre at each end for the position, half of one for each edge's own rounding.
    let slack_m = 0.05 + 0.01 * path.edges.len() as f64;
    assert!((length_m - distance_m).abs() < slack_m, "{length_m} {distance_m}");
}

fn check_edges(router: &Router, path: &Path, from: &Snap, to: &Snap) {
    let network = router.network();
    let bans = network.forbidden().filter(|ban| ban.modes.contains(router.mode()));
    for ban in bans {
        assert!(!path.edges.windows(ban.edges.len()).any(|edges| edges == ban.edges), "{ban:?} is driven");
    }
    let whole = |edge: EdgeId| router.metric.weights[edge.0 as usize];
    let turns = path.edges.windows(2).map(|pair| {
        let turn = router.layout.turns.from(pair[0].0).iter().find(|turn| router.layout.turns.edge(turn.to) == pair[1]);
        turn.expect("each edge follows the one before").weight()
    });
    let (first, last) = (path.edges[0], path.edges[path.edges.len() - 1]);
    let begins = from.departures.iter().filter(|at| at.edge == first).map(|at| whole(first).beginning(at.along_cm));
    let ends = || to.arrivals.iter().filter(|at| at.edge == last).map(|at| whole(last).beginning(at.along_cm));
    let driven = path.edges[..path.edges.len() - 1].iter().map(|&edge| whole(edge));
    let middle = driven.chain(turns).fold(Weight::ZERO, Weight::plus);
    let mut sums = begins.flat_map(|begin| ends().map(move |end| middle.plus(end).without(begin)));
    assert!(sums.any(|sum| Travel::from(sum) == path.travel), "no sum is {:?}", path.travel);
}

/// Asks for a pair in every way there is, all of which must agree; the path of the hierarchy.
fn ask(router: &Router, scratch: &mut Scratch, from: &Snap, to: &Snap) -> Option<Path> {
    let path = router.route(scratch, from, to, &|| false).unwrap();
    let plain = router.route_plain(scratch, from, to, &|| false).unwrap();
    let travel = path.as_ref().map(|path| path.travel);
    assert_eq!(travel, plain.as_ref().map(|path| path.travel), "from {from:?} to {to:?}");
    assert_eq!(travel, router.travel(scratch, from, to, &|| false).unwrap());
    for path in path.iter().chain(&plain) {
        check_path(router, path, from, to);
    }
    path
}

#[test]
fn the_hierarchy_agrees_with_the_plain_search_on_larger_networks() {
    let mut scratch = Scratch::default();
    let (mut ways, mut dead_ends) = (0, 0);
    for seed in 100..116 {
        let mut random = Rng::with_seed(seed);
        let side = random.usize(8..30);
        let router = Router::new(Arc::new(random_grid(&mut random, side)), profile_of(seed));
        let positions = positions(&mut random, &router, side);
        let targets = router.targets(&positions);
        let mut rows = Vec::new();
        let mut keep = |_, row: &[Reach]| rows.push(row.iter().map(|reach| reach.travel()).collect::<Vec<_>>());
        router.rows(&mut scratch, &positions, &targets, &|| false, &mut keep).unwrap();
        for (from, row) in positions.iter().zip(rows) {
            assert_eq!(
                router.one_to_many_plain(&mut scratch, from, &positions, &|| false).unwrap(),
                row,
                "seed {seed}"
            );
            for (to, cell) in positions.iter().zip(row) {
                let path = ask(&router, &mut scratch, from, to);
                assert_eq!(path.as_ref().map(|path| path.travel), cell, "seed {seed}");
                *if path.is_some() { &mut ways } else { &mut dead_ends } += 1;
            }
        }
    }
    assert!(ways > 1_000 && dead_ends > 200, "{ways} ways, {dead_ends} without");
}

/// What is reached from `from` is what routes say: each position is the end of the best part of an edge that is reached.
fn check_within(router: &Router, scratch: &mut Scratch, from: &Snap, positions: &[Snap]) -> usize {
    let exact: Vec<_> = router.one_to_many_plain(scratch, from, positions, &|| false).unwrap();
    let limit_ms = exact.iter().flatten().map(|travel| travel.duration_ms).max().unwrap_or(0);
    let reached = router.within(scratch, from, limit_ms, &|| false).unwrap();
    let way = |edge: EdgeId, along_cm: u32| {
        let whole = router.metric.weights[edge.0 as usize];
        let parts = reached.iter().filter(|part| part.edge == edge && part.along_cm <= along_cm);
        let end = |part: &crate::Reached| {
            let way = part.way.travel().unwrap();
            let begun = Weight::new(way.duration_ms, way.distance_cm as u32);
            begun.plus(whole.beginning(along_cm).without(whole.beginning(part.along_cm)))
        };
        parts.map(end).min()
    };
    let mut found = 0;
    for (to, exact) in positions.iter().zip(exact) {
        let zone = |edge: EdgeId| router.layout.zones.of(edge);
        // A place beside the start's private land can be reached through it, which a place elsewhere beside such land cannot.
        if to
            .arrivals
            .iter()
            .any(|at| from.start_zones.contains(&zone(at.edge)) && !to.end_zones.contains(&zone(at.edge)))
        {
            continue;
        }
        let lands = |edge: EdgeId| zone(edge) == PUBLIC || to.end_zones.contains(&zone(edge));
        let ways = to.arrivals.iter().filter(|at| lands(at.edge)).filter_map(|at| way(at.edge, at.along_cm));
        let best = if from.is_same_place(to) { Some(Weight::ZERO) } else { ways.min() };
        // A place at a node can be beyond the last edge that begins in time: then it is not reached.
        if let (Some(best), Some(exact)) = (best, exact) {
            assert_eq!(Travel::from(best), exact, "from {from:?} to {to:?}");
            found += 1;
        } else {
            assert!(best.is_none() || exact.is_some(), "reached without a way from {from:?} to {to:?}");
            assert!(exact.is_none_or(|exact| exact.duration_ms > limit_ms), "missed from {from:?} to {to:?}");
        }
    }
    found
}

#[test]
fn what_is_within_reach_is_what_routes_say() {
    let (mut scratch, mut found) = (Scratch::default(), 0);
    for seed in 300..340 {
        let mut random = Rng::with_seed(seed);
        let side = random.usize(5..12);
        let router = Router::new(Arc::new(random_grid(&mut random, side)), profile_of(seed));
        let positions = positions(&mut random, &router, side);
        for from in &positions {
            found += check_within(&router, &mut scratch, from, &positions);
        }
    }
    assert!(found > 2_000, "{found}");
}

/// Other speeds, some roads closed: exact as before, and the old router still answers as it did.
#[test]
fn changed_speeds_are_in_force_and_exact() {
    let mut scratch = Scratch::default();
    let mut changed = 0;
    for seed in 400..420 {
        let mut random = Rng::with_seed(seed);
        let side = random.usize(5..15);
        let usual = Router::new(Arc::new(random_grid(&mut random, side)), profile_of(seed));
        let edges = usual.network().edge_count() as u32;
        let speeds: Vec<_> =
            (0..random.u32(1..edges)).map(|_| (EdgeId(random.u32(0..edges)), random.u32(0..5) * 10)).collect();
        let router = usual.with_speeds(&speeds, 1 + seed as usize % 2);
        let positions = positions(&mut random, &router, side);
        for from in &positions {
            for to in &positions {
                let before = usual.travel(&mut scratch, from, to, &|| false).unwrap();
                ask(&router, &mut scratch, from, to);
                changed += u32::from(router.travel(&mut scratch, from, to, &|| false).unwrap() != before);
                assert_eq!(usual.travel(&mut scratch, from, to, &|| false).unwrap(), before);
            }
        }
    }
    assert!(changed > 500, "{changed}");
}

#[test]
fn the_search_agrees_with_the_oracle_on_random_networks() {
    let mut scratch = Scratch::default();
    let (mut ways, mut dead_ends) = (0, 0);
    for seed in 0..60 {
        let mut random = Rng::with_seed(seed);
        let router = Router::new(Arc::new(random_network(&mut random)), profile_of(seed));
        let zones = Zones::new(router.network(), router.mode());
        let oracle = Oracle::new(&router, &zones);
        let positions = positions(&mut random, &router, SIDE);
        for (a, from) in positions.iter().enumerate() {
            let row = router.one_to_many(&mut scratch, from, &positions, &|| false).unwrap();
            for (b, to) in positions.iter().enumerate() {
                let path = ask(&router, &mut scratch, from, to);
                let travel = path.as_ref().map(|path| path.travel);
                assert_eq!(travel, oracle.fastest(from, to), "seed {seed}, from {a} to {b}: {from:?} {to:?}");
                assert_eq!(travel, row[b], "seed {seed}: the cell differs from the route, from {a} to {b}");
                *if path.is_some() { &mut ways } else { &mut dead_ends } += 1;
            }
        }
    }
    // Both kinds of answer must be common, or the networks test little.
    assert!(ways > 4_000 && dead_ends > 500, "{ways} ways, {dead_ends} without");
}

/// A vehicle of some size, and something to avoid.
fn some_terms(random: &mut Rng) -> Terms {
    let mut some = |range: std::ops::Range<u32>| random.bool().then(|| random.u32(range));
    let vehicle = Vehicle {
        height_cm: some(200..420),
        weight_kg: some(3_000..40_000),
        max_speed_kmh: some(20..90),
        commercial: random.bool(),
        ..Vehicle::default()
    };
    let kinds = [Kind::Toll, Kind::Unpaved, Kind::Carpool, Kind::Tunnel, Kind::Motorway];
    let mut pick = || kinds.into_iter().filter(|_| random.u8(0..4) == 0).collect::<Kinds>();
    let (kinds, minimize) = (pick(), pick());
    let corners = [anywhere(random, SIDE), anywhere(random, SIDE)];
    let area = BoundingBox::around(corners).map(Area::from).filter(|_| random.u8(0..3) == 0);
    // Some hour of a Monday or a Saturday.
    let day = if random.bool() { 19_723 } else { 19_728 };
    let time = random.bool().then(|| LocalTime::from_minutes(1440 * day + random.i64(0..1440)).unwrap());
    Terms { vehicle, avoid: Avoid { kinds, minimize, areas: area.into_iter().collect() }, time }
}

/// No edge is closed by what holds under these terms, and no sequence is forbidden.
fn check_conditions(router: &Router, terms: &Terms, edges: &[EdgeId]) {
    let (network, mode, clock) = (router.network(), router.mode(), Clock::at(terms.time));
    for &edge in edges {
        assert!(terms.vehicle.may_use(network, edge, mode, &clock));
    }
    for (ban, when) in network.forbidden_at_times().filter(|(ban, _)| ban.modes.contains(mode)) {
        let is_driven = edges.windows(ban.edges.len()).any(|driven| driven == ban.edges);
        assert!(!(is_driven && is_met(when, &terms.vehicle, &clock)), "{ban:?} is driven, {when}");
    }
}

#[test]
fn a_guided_search_agrees_with_the_plain_one_under_any_terms() {
    let mut scratch = Scratch::default();
    let (mut ways, mut detours) = (0, 0);
    for seed in 200..264 {
        let mut random = Rng::with_seed(seed);
        let router = Router::new(Arc::new(random_network(&mut random)), profile_of(seed));
        let terms = if seed % 8 == 0 { Terms::default() } else { some_terms(&mut random) };
        let positions = positions(&mut random, &router, SIDE);
        for from in &positions {
            let row = router.one_to_many_under(&mut scratch, from, &positions, &terms, &|| false).unwrap();
            for (to, cell) in positions.iter().zip(row) {
                let guided = router.route_under(&mut scratch, from, to, &terms, &|| false).unwrap();
                let plain = router.route_under_plain(&mut scratch, from, to, &terms, &|| false).unwrap();
                let travel = |path: &Option<Path>| path.as_ref().map(|path| path.travel);
                assert_eq!(travel(&guided), cell, "seed {seed}: from {from:?} to {to:?}");
                assert_eq!(travel(&guided), travel(&plain), "seed {seed}: from {from:?} to {to:?}");
                let usual = router.route(&mut scratch, from, to, &|| false).unwrap();
                if terms.is_empty() {
                    assert_eq!(travel(&guided), travel(&usual));
                }
                for path in guided.iter().chain(&plain) {
                    check_conditions(&router, &terms, &path.edges);
                }
                ways += u32::from(guided.is_some());
                detours += u32::from(travel(&guided) != travel(&usual));
            }
        }
    }
    assert!(ways > 3_000 && detours > 1_000, "{ways} ways, {detours} of them others than usual");
}

/// The cells of a matrix so large that it is swept for are those of a small one, which are routes.
fn check_large_matrix(scratch: &mut Scratch, fitted: &Fitted, positions: &[Snap], small: &[Vec<Option<Travel>>]) {
    let many: Vec<Snap> = positions.iter().cycle().take(37).cloned().collect();
    let mut keep = |row: usize, cells: &[Reach]| {
        for (column, cell) in cells.iter().enumerate() {
            assert_eq!(cell.travel(), small[row % positions.len()][column % positions.len()], "{row}, {column}");
        }
    };
    fitted.rows(scratch, &many, &many, &|| false, &mut keep).unwrap();
}

/// A router made for a vehicle answers as the searches do, in routes and in matrices; and so do the terms that stand for all of
/// the same effect.
#[test]
fn a_fitted_router_agrees_with_the_searches() {
    let mut scratch = Scratch::default();
    let (mut ways, mut detours, mut shut) = (0, 0, 0);
    for seed in 500..580 {
        let mut random = Rng::with_seed(seed);
        let router = Router::new(Arc::new(random_network(&mut random)), profile_of(seed));
        let terms = Terms {
            avoid: if random.bool() { Avoid::default() } else { some_terms(&mut random).avoid },
            ..some_terms(&mut random)
        };
        let canonical = Classes::new(&router).canonical(&terms);
        assert_eq!(Classes::new(&router).canonical(&canonical), canonical, "seed {seed}");
        let fitted = Fitted::new(&router, &canonical);
        shut += u32::from(fitted.shuts_turns());
        let positions = positions(&mut random, &router, SIDE);
        let mut rows = Vec::new();
        let mut keep = |_, row: &[Reach]| rows.push(row.iter().map(|reach| reach.travel()).collect::<Vec<_>>());
        fitted.rows(&mut scratch, &positions, &positions, &|| false, &mut keep).unwrap();
        check_large_matrix(&mut scratch, &fitted, &positions, &rows);
        for (from, row) in positions.iter().zip(rows) {
            for (to, cell) in positions.iter().zip(row) {
                let travel = |path: Option<Path>| path.map(|path| path.travel);
                let found = travel(fitted.route(&mut scratch, from, to, &|| false).unwrap());
                let guided = travel(router.route_under(&mut scratch, from, to, &terms, &|| false).unwrap());
                let plain = travel(router.route_under_plain(&mut scratch, from, to, &terms, &|| false).unwrap());
                assert_eq!([found, cell], [plain; 2], "seed {seed}: from {from:?} to {to:?}, {terms:?}");
                assert_eq!(guided, plain, "seed {seed}: from {from:?} to {to:?}, {terms:?}");
                ways += u32::from(found.is_some());
                detours += u32::from(found != router.travel(&mut scratch, from, to, &|| false).unwrap());
            }
        }
    }
    assert!(
        ways > 3_000 && detours > 1_000 && shut > 8,
        "{ways} ways, {detours} others than usual, {shut} with shut turns"
    );
}

/// How the gates of a grid are drawn.
#[derive(Clone, Copy, PartialEq)]
enum At {
    /// As such.
    Gates,
    /// As walls.
    Walls,
    /// As walls, or not at all where they are open at a time.
    Then(LocalTime),
}

/// Streets of two directions or one with gates on them, each of which opens for some hours; and how many are drawn open.
fn gated_grid(random: &mut Rng, at: At) -> (Network, usize) {
    const LONG: usize = 9;
    let mut builder = NetworkBuilder::new();
    let everybody = || Mode::ALL.into_iter().collect();
    let (mut nodes, mut open) = (Vec::new(), 0);
    for line in 0..LONG {
        for column in 0..LONG {
            let mut node = Node::at(place(random, line, column));
            let hour = random.u32(0..18);
            let when = format!("{hour:02}:00-{:02}:30", hour + 6);
            if random.u8(0..4) == 0 {
                let time = if let At::Then(time) = at { Some(time) } else { None };
                let is_open = is_met(&when, &Vehicle::default(), &Clock::at(time));
                open += usize::from(is_open);
                node.barrier = ModeAccess::all(if is_open { Access::Yes } else { Access::No });
                if at == At::Gates {
                    let effect = Effect::Access(Access::Yes);
                    let conditions = vec![Conditional { modes: everybody(), effect, when: builder.text(&when) }];
                    node.details = builder.details(&Details { conditions, ..Details::default() });
                }
            }
            nodes.push(builder.add_node(node));
        }
    }
    let mut walks = Vec::new();
    for node in 0..nodes.len() {
        for next in [(node % LONG + 1 < LONG).then_some(node + 1), Some(node + LONG)] {
            if let Some(next) = next.filter(|&next| next < nodes.len()) {
                let back = if random.u8(0..4) == 0 { Access::No } else { Access::Yes };
                let (forward, backward) = (direction(random, Access::Yes), direction(random, back));
                let class = RoadClass::ALL[random.usize(0..RoadClass::ALL.len() - 1)];
                let road = Road { forward, backward, ..Road::between(nodes[node], nodes[next], class) };
                walks.push((builder.add_road(&road, &[]), node, next));
            }
        }
    }
    for _ in 0..20 {
        let (first, _, node) = walks[random.usize(0..walks.len())];
        let following: Vec<_> = walks.iter().filter(|(_, from, _)| *from == node).collect();
        if !following.is_empty() {
            builder.forbid(&[(first, false), (following[random.usize(0..following.len())].0, false)], everybody());
        }
    }
    (builder.build().unwrap(), open)
}

/// At any time gates are as if they were never shut, or always; and without a time they are walls.
#[test]
fn a_gate_is_no_gate_in_its_hours_and_a_wall_outside_of_them() {
    let mut scratch = Scratch::default();
    let (mut opened, mut gates) = (0, 0);
    for seed in 700..740 {
        let monday = 1440 * 19_723;
        let time = LocalTime::from_minutes(monday + Rng::with_seed(seed).i64(0..1440)).unwrap();
        let terms = Terms { time: Some(time), ..Terms::default() };
        let grid = |at| gated_grid(&mut Rng::with_seed(seed), at);
        let router = |network| Router::new(Arc::new(network), profile_of(seed));
        let usual = router(grid(At::Gates).0);
        let (then, open) = grid(At::Then(time));
        let (walled, then) = (router(grid(At::Walls).0), router(then));
        gates += open;
        let fitted = Fitted::new(&usual, &Classes::new(&usual).canonical(&terms));
        let nodes: Vec<Coordinate> = usual.network().nodes().map(|node| usual.network().coordinate(node)).collect();
        let mut random = Rng::with_seed(seed);
        for _ in 0..60 {
            let ends = [0; 2].map(|_| nodes[random.usize(0..nodes.len())]);
            let snaps = |router: &Router| ends.map(|at| router.snap(at, 2000.0).unwrap());
            let ([from, to], [from_then, to_then], [from_walled, to_walled]) =
                (snaps(&usual), snaps(&then), snaps(&walled));
            let travel = |path: Option<Path>| path.map(|path| path.travel);
            let before = travel(ask(&usual, &mut scratch, &from, &to));
            assert_eq!(before, travel(ask(&walled, &mut scratch, &from_walled, &to_walled)), "seed {seed}");
            if (from_then.at, to_then.at) != (from.at, to.at) {
                continue; // What hangs together then does not do so usually.
            }
            let expected = travel(ask(&then, &mut scratch, &from_then, &to_then));
            let guided = travel(usual.route_under(&mut scratch, &from, &to, &terms, &|| false).unwrap());
            let plain = travel(usual.route_under_plain(&mut scratch, &from, &to, &terms, &|| false).unwrap());
            let by_itself = travel(fitted.route(&mut scratch, &from, &to, &|| false).unwrap());
            assert_eq!([guided, plain, by_itself], [expected; 3], "seed {seed}, from {from:?} to {to:?}");
            opened += u32::from(expected != before);
        }
    }
    assert!(opened > 200 && gates > 200, "{opened} ways by {gates} open gates");
}
