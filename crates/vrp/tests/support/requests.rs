//! Random requests such as people wait for: a town, a handful of items, up to five shifts; metres, seconds, priorities from 1 to
//! 100. With windows, breaks, capacities, pick-ups and drop-offs, orders and prices, each in some of them.

use fastrand::Rng;
use vrp::{Break, Job, Matrix, Objective, Price, Problem, Shift, Terms, TimeWindow, Vehicle};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

/// Half the side of the town, in metres.
const TOWN: i64 = 8_000;

/// The sizes of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) items: usize,
    /// Shifts of all agents together, at least and at most.
    pub(crate) shifts: [usize; 2],
    /// How many half hours a shift may last, at least and at most.
    pub(crate) half_hours: [i64; 2],
}

/// The requests of the table: 8 to 12 items in up to five shifts.
pub(crate) fn dozen(seed: u64) -> Problem {
    request(Size { items: 8 + (seed % 5) as usize, shifts: [1, 5], half_hours: [5, 17] }, seed)
}

/// The largest that are answered at once: twenty items in five shifts.
pub(crate) fn twenty(seed: u64) -> Problem {
    request(Size { items: 20, shifts: [5, 5], half_hours: [5, 9] }, seed)
}

/// A random request of a size; the same seed gives the same request.
fn request(size: Size, seed: u64) -> Problem {
    let items = size.items;
    let rng = &mut Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let ends = rng.usize(1..=3);
    let vehicles = fleet(size, ends, rng);
    let (loads, orders) = (rng.u8(..5) < 3, rng.u8(..5) < 2);
    let jobs = (0..items).map(|index| job(index, index + ends, loads, orders, rng)).collect();
    let objective = [Objective::TravelTime, Objective::Distance, Objective::Price][rng.usize(..3)];
    Problem { vehicles, jobs, matrix: town(items + ends, rng), objective, terms: Terms::default() }
}

/// Streets at right angles, driven at 36 km/h with up to half as much again for the town; no detour is a short cut.
fn town(places: usize, rng: &mut Rng) -> Matrix {
    let points: Vec<(i64, i64)> = (0..places).map(|_| (rng.i64(-TOWN..=TOWN), rng.i64(-TOWN..=TOWN))).collect();
    let pace = rng.i64(10..=15);
    let (mut durations, mut distances) = (Vec::new(), Vec::new());
    for a in &points {
        for b in &points {
            let metres = (a.0 - b.0).abs() + (a.1 - b.1).abs();
            distances.push(metres as i32);
            durations.push((metres * pace / 100) as i32 + i32::from(metres > 0));
        }
    }
    Matrix::new(places, durations, distances).expect("the tables are square")
}

/// One to five shifts: of one agent on as many days, of as many agents on one day, or anything between.
fn fleet(size: Size, ends: usize, rng: &mut Rng) -> Vec<Vehicle> {
    let mut left = rng.usize(size.shifts[0]..=size.shifts[1]);
    let mut vehicles = Vec::new();
    while left > 0 {
        let shifts = rng.usize(1..=left);
        left -= shifts;
        vehicles.push(vehicle(size, shifts, ends, rng));
    }
    vehicles
}

fn vehicle(size: Size, shifts: usize, ends: usize, rng: &mut Rng) -> Vehicle {
    let price = Price {
        fixed_micro: rng.i64(0..4) * 20_000_000,
        per_km_micro: rng.i64(0..4) * 500_000,
        per_hour_micro: rng.i64(0..4) * 10_000_000,
    };
    let capacity = (0..[0, 1, 1, 2][rng.usize(..4)]).map(|_| rng.i64(6..=16)).collect();
    let shifts = (0..shifts as i64).map(|day| shift(size, 24 * HOUR * day, ends, rng)).collect();
    Vehicle { shifts, capacity, price: (rng.u8(..4) > 0).then_some(price), skills: Vec::new() }
}

fn shift(size: Size, midnight: i64, ends: usize, rng: &mut Rng) -> Shift {
    let open = midnight + rng.i64(7..=10) * HOUR;
    let window = TimeWindow { open, close: open + rng.i64(size.half_hours[0]..=size.half_hours[1]) * 30 * MINUTE };
    let breaks = (0..[0, 0, 1, 1, 2][rng.usize(..5)]).map(|number| {
        let open = window.open + (1 + 2 * number) * HOUR + rng.i64(0..4) * 15 * MINUTE;
        let duration = rng.i64(1..=3) * 15 * MINUTE;
        Break { window: TimeWindow { open, close: open + duration + rng.i64(0..=4) * 15 * MINUTE }, duration }
    });
    let breaks = breaks.filter(|rest| rest.window.close <= window.close).collect();
    Shift { window, start_place: rng.usize(..ends), end_place: rng.usize(..ends), breaks, ..Shift::default() }
}

fn job(index: usize, place: usize, loads: bool, orders: bool, rng: &mut Rng) -> Job {
    let dwell = rng.i64(1..=9) * 5 * MINUTE;
    let day = 24 * HOUR * [0, 0, 0, 1, 2][rng.usize(..5)];
    let windows = (0..[0, 1, 1, 1, 2][rng.usize(..5)]).map(|number| {
        let open = day + (7 + 5 * number) * HOUR + rng.i64(0..10) * 30 * MINUTE;
        TimeWindow { open, close: open + dwell + rng.i64(0..=10) * 30 * MINUTE }
    });
    let amount = |rng: &mut Rng| if rng.u8(..3) > 0 { rng.i64(-5..=6) } else { 0 };
    Job {
        windows: windows.collect(),
        place,
        dwell,
        quantity: if loads { (0..rng.usize(0..=2)).map(|_| amount(rng)).collect() } else { Vec::new() },
        priority: if rng.bool() { rng.u32(1..=100) } else { 1 },
        drop_off_from: if orders && index > 0 && rng.u8(..3) == 0 {
            (0..rng.usize(1..=2)).map(|_| rng.usize(..index)).collect()
        } else {
            Vec::new()
        },
        ..Job::default()
    }
}
