//! Random small problems with everything that the rules know: several shifts, breaks, loads of both signs, orders, prices,
//! several windows, places that nothing reaches.

use fastrand::Rng;
use vrp::{Break, Job, Matrix, Objective, Price, Problem, Shift, Terms, TimeWindow, UNREACHABLE, Vehicle};

/// What a random problem may contain.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a rule that a problem has or has not")]
pub(crate) struct Recipe {
    pub(crate) jobs: usize,
    pub(crate) vehicles: usize,
    pub(crate) shifts: usize,
    pub(crate) breaks: usize,
    pub(crate) loads: bool,
    pub(crate) orders: bool,
    pub(crate) skills: bool,
    pub(crate) prizes: bool,
    /// Bounded durations, and then one window a job at most.
    pub(crate) longest: bool,
    /// Breaks with hardly any room in their windows.
    pub(crate) tight: bool,
    pub(crate) objective: Objective,
}

/// A problem from a recipe; the same seed gives the same problem.
pub(crate) fn problem(recipe: Recipe, seed: u64) -> Problem {
    let rng = &mut Rng::with_seed(seed);
    let places = recipe.jobs + 3;
    Problem {
        matrix: matrix(places, rng),
        vehicles: (0..recipe.vehicles).map(|_| vehicle(recipe, rng)).collect(),
        jobs: (0..recipe.jobs).map(|index| job(recipe, index, rng)).collect(),
        objective: recipe.objective,
        terms: Terms::default(),
    }
}

/// Points in a square, distances rounded up so that no detour is a short cut; now and then a place that nothing reaches.
fn matrix(places: usize, rng: &mut Rng) -> Matrix {
    let points: Vec<(i64, i64)> = (0..places).map(|_| (rng.i64(0..40), rng.i64(0..40))).collect();
    let lost = if rng.u8(..10) == 0 { rng.usize(3..places) } else { places };
    let mut durations = Vec::new();
    let mut distances = Vec::new();
    for (from, a) in points.iter().enumerate() {
        for (to, b) in points.iter().enumerate() {
            let way = ((a.0 - b.0).pow(2) + (a.1 - b.1).pow(2)).isqrt() as i32 + i32::from(from != to);
            let open = from == to || (from != lost && to != lost);
            durations.push(if open { way } else { UNREACHABLE });
            distances.push(if open { (a.0 - b.0).abs() as i32 + (a.1 - b.1).abs() as i32 } else { UNREACHABLE });
        }
    }
    Matrix::new(places, durations, distances).expect("the tables are square")
}

fn vehicle(recipe: Recipe, rng: &mut Rng) -> Vehicle {
    let mut open = rng.i64(0..20);
    let mut shifts = Vec::new();
    for _ in 0..rng.usize(1..=recipe.shifts) {
        let close = open + rng.i64(60..200);
        shifts.push(shift(recipe, TimeWindow { open, close }, rng));
        open = close + rng.i64(0..30);
    }
    let price = Price {
        fixed_micro: rng.i64(0..3) * 50_000,
        per_km_micro: rng.i64(0..4) * 777_777,
        per_hour_micro: rng.i64(0..4) * 3_333_333,
    };
    Vehicle {
        shifts,
        capacity: if recipe.loads { (0..rng.usize(0..3)).map(|_| rng.i64(2..9)).collect() } else { vec![] },
        price: (rng.u8(..4) > 0).then_some(price),
        skills: if recipe.skills { (0..2).filter(|_| rng.bool()).collect() } else { vec![] },
    }
}

fn shift(recipe: Recipe, window: TimeWindow, rng: &mut Rng) -> Shift {
    let breaks = (0..rng.usize(0..=recipe.breaks)).map(|_| {
        let open = rng.i64(window.open..window.close);
        let duration = rng.i64(0..12);
        let slack = if recipe.tight { rng.i64(0..6) } else { rng.i64(10..50) };
        Break { window: TimeWindow { open, close: open + duration + slack }, duration }
    });
    let breaks: Vec<Break> = breaks.collect();
    let max_duration = recipe.longest.then(|| rng.i64(40..120));
    Shift { breaks, window, start_place: rng.usize(..3), end_place: rng.usize(..3), max_duration, ..Shift::default() }
}

fn job(recipe: Recipe, index: usize, rng: &mut Rng) -> Job {
    let prized = recipe.prizes && rng.u8(..3) > 0;
    let dwell = rng.i64(0..15);
    let most = if recipe.longest { 1 } else { 2 };
    let windows = (0..[0, 1, 1, 2][rng.usize(..4)].min(most)).map(|_| {
        let open = rng.i64(0..200);
        TimeWindow { open, close: open + dwell + rng.i64(0..80) }
    });
    let quantity = |rng: &mut Rng| if rng.bool() { rng.i64(-4..=4) } else { 0 };
    Job {
        windows: windows.collect(),
        place: if rng.u8(..6) == 0 { rng.usize(..3) } else { index + 3 },
        dwell,
        quantity: if recipe.loads { (0..rng.usize(0..3)).map(|_| quantity(rng)).collect() } else { vec![] },
        priority: if prized { 0 } else { [1, 1, 2, 5, 30][rng.usize(..5)] },
        prize: if prized { rng.i64(0..80) } else { 0 },
        drop_off_from: if recipe.orders && index > 0 && rng.bool() {
            (0..rng.usize(1..3)).map(|_| rng.usize(..index)).collect()
        } else {
            vec![]
        },
        skills: if recipe.skills && rng.bool() { vec![rng.u32(..2)] } else { vec![] },
        ..Job::default()
    }
}
