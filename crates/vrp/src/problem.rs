//! The question: vehicles with shifts, jobs with windows, and what to make small.
//!
//! **Why.** The one neutral form in which a fleet question reaches the solver: indices and integers. **How.** Plain data that
//! the caller fills; [`Problem::check`] says once whether it is sound, and everything below relies on that. **What never
//! happens:** a meaning of units. Times, distances and quantities are integers in whatever unit the caller counts in; only
//! prices assume metres and seconds.

use thiserror::Error;

use crate::Matrix;

/// The most ways in which the breaks of one shift may be partly taken: eight breaks whose windows all overlap make 256.
pub const MAX_BREAK_STATES: usize = 256;

/// The longest shift. It keeps every sum of times far from overflow, and a leg without a way longer than any shift.
pub const MAX_SHIFT_LENGTH: i64 = 1 << 30;

/// The largest absolute value of a moment, a quantity or a capacity.
const MAX_ABSOLUTE: i64 = 1 << 50;

/// A whole question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Who drives.
    pub vehicles: Vec<Vehicle>,
    /// What is to be visited.
    pub jobs: Vec<Job>,
    /// The ways between places.
    pub matrix: Matrix,
    /// What to make small once the sum of priorities is as large as it gets.
    pub objective: Objective,
    /// What concerns several jobs or vehicles at once.
    pub terms: Terms,
}

/// Agreements between jobs and vehicles beyond their own data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Groups of jobs: those of a group that are visited are visited by one vehicle.
    pub together: Vec<Vec<usize>>,
    /// Groups of jobs: no vehicle visits two of a group.
    pub apart: Vec<Vec<usize>>,
    /// A plan that is already in force.
    pub given: Option<Given>,
    /// Spreads the work evenly.
    pub balance: Option<Balance>,
}

/// A plan in force: what is done stays, the rest is where the search begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// At most one per shift.
    pub tours: Vec<GivenTour>,
    /// What it costs, in units of the objective (prices: millionths), when a job of these tours is visited by another vehicle.
    pub move_cost: i64,
}

impl Given {
    /// Whether a vehicle has tours of this plan.
    pub(crate) fn names(&self, vehicle: usize) -> bool {
        self.tours.iter().any(|tour| tour.vehicle == vehicle)
    }
}

/// One tour of a plan in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GivenTour {
    /// Index of the vehicle.
    pub vehicle: usize,
    /// Index of the shift in its vehicle.
    pub shift: usize,
    /// The visits in their order.
    pub jobs: Vec<usize>,
    /// So many of them come first in the tour, in this order, whatever it costs.
    pub fixed: usize,
}

/// Even work: each vehicle adds the square of its number of visits, times a weight, to the cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// In units of the objective (prices: millionths).
    pub weight: i64,
}

/// One vehicle with its driver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vehicle {
    /// When and from where to where it may drive: in time order, not overlapping. Each is a tour of its own.
    pub shifts: Vec<Shift>,
    /// The highest load per dimension; a missing dimension has no bound.
    pub capacity: Vec<i64>,
    /// What it costs under [`Objective::Price`]; without a price it costs nothing.
    pub price: Option<Price>,
    /// What it can do, by the caller's numbers: it takes only jobs all of whose [`Job::skills`] are among these.
    pub skills: Vec<u32>,
}

/// Prices in millionths of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// Once, if the vehicle works in any shift.
    pub fixed_micro: i64,
    /// Per 1000 units of distance.
    pub per_km_micro: i64,
    /// Per 3600 units of time between leaving and arriving, waiting and breaks included.
    pub per_hour_micro: i64,
}

/// One tour's frame. The vehicle leaves at `window.open`, or when the last thing that it brings along is released, or with a
/// longest duration at any later moment too; it must have arrived by `window.close`, or by the end of the overtime.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shift {
    /// From leaving the start place to arriving at the end place.
    pub window: TimeWindow,
    /// Place to leave from.
    pub start_place: usize,
    /// Place to arrive at.
    pub end_place: usize,
    /// All of them are taken when the shift is worked, none when it is only driven.
    pub breaks: Vec<Break>,
    /// The longest time from leaving to arriving. It goes with single windows only, and without breaks or a price per hour.
    pub max_duration: Option<i64>,
    /// What a worked shift must not exceed.
    pub limits: Limits,
    /// How long after its end it may go on, and at what price.
    pub overtime: Option<Overtime>,
}

impl Shift {
    /// The last moment to arrive at the end place.
    pub fn last_arrival(&self) -> i64 {
        self.window.close + self.overtime.map_or(0, |overtime| overtime.most)
    }
}

/// Limits of one shift; none where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// The most driving time.
    pub driving: Option<i64>,
    /// The longest way.
    pub distance: Option<i64>,
    /// The most time from leaving to arriving.
    pub duration: Option<i64>,
}

/// Work after the end of a shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overtime {
    /// The longest.
    pub most: i64,
    /// Its price per 3600 units of time, beside all others.
    pub per_hour_micro: i64,
}

/// A pause without a place: taken where the vehicle stands after a visit or before its first leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Break {
    /// The whole break lies inside.
    pub window: TimeWindow,
    /// How long it takes.
    pub duration: i64,
}

/// A span of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeWindow {
    /// The first moment.
    pub open: i64,
    /// The last moment.
    pub close: i64,
}

/// One visit to make, or to leave out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Job {
    /// Where.
    pub place: usize,
    /// When: the whole visit lies inside one of them. Empty means at any time.
    pub windows: Vec<TimeWindow>,
    /// How long the visit takes.
    pub dwell: i64,
    /// What the load changes by, per dimension: positive picks up, negative drops off. Missing numbers are 0.
    pub quantity: Vec<i64>,
    /// What the visit is worth, before all costs.
    pub priority: u32,
    /// What leaving it out adds to the cost, in the cost's own unit (under [`Objective::Vehicles`] to the distance). A job with
    /// a priority is never left out for the sake of cost; one without is, when visiting it would cost more than this.
    pub prize: i64,
    /// What its vehicle must be able to do.
    pub skills: Vec<u32>,
    /// Jobs that the same vehicle must have visited before, in this or an earlier shift.
    pub drop_off_from: Vec<usize>,
    /// Whether any vehicle may visit it any number of times, to load its quantity or, without one, what the drop-offs that name
    /// it need until its next visit. Its priority counts once.
    pub depot: bool,
    /// Time before the dwell, saved when the visit before it was at the same place.
    pub setup: i64,
    /// When what it drops off is there to be taken along: its vehicle does not leave for the shift before. Where it names depots,
    /// and nothing but depots, the last visit of one before it lies in the same shift and does not begin before.
    pub release: Option<i64>,
}

impl Job {
    /// Whether it names a depot.
    pub(crate) fn needs_depot(&self, problem: &Problem) -> bool {
        self.drop_off_from.iter().any(|&named| problem.jobs[named].depot)
    }
}

impl Problem {
    /// How many dimensions any quantity has.
    pub(crate) fn dimensions(&self) -> usize {
        self.jobs.iter().map(|job| job.quantity.len()).max().unwrap_or(0)
    }
}

/// What to make small after the sum of priorities was made large. Equal costs are decided by the driving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The sum of all driving times; waiting, visits and breaks are free.
    TravelTime,
    /// The sum of all distances.
    Distance,
    /// The sum of the prices of the vehicles that work.
    Price,
    /// The number of vehicles that work, and among equals the sum of all distances.
    Vehicles,
}

/// Why a problem cannot be taken up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProblemError {
    /// A table does not hold one cell per pair of places.
    #[error("matrix {table} has {found} cells for {places} places; pass exactly {expected}")]
    MatrixSize {
        /// Which of the two tables.
        table: &'static str,
        /// Cells passed.
        found: usize,
        /// Places named.
        places: usize,
        /// Cells needed.
        expected: usize,
    },
    /// The number of cells is beyond the machine.
    #[error("a matrix of {places} places has more cells than this machine can count; split the problem")]
    MatrixTooLarge {
        /// Places named.
        places: usize,
    },
    /// The slices of a matrix by departure do not go together.
    #[error(
        "slice {slice} of the matrix is missing, begins no later than the one before, or has other places or other pairs without \
         a way; pass at least one, in order, all of the same places"
    )]
    Slices {
        /// Which one.
        slice: usize,
    },
    /// A leg is negative.
    #[error("matrix {table} from place {from} to place {to} is {value}; legs are 0 or more, and i32::MAX means no way")]
    NegativeLeg {
        /// Which of the two tables.
        table: &'static str,
        /// Row.
        from: usize,
        /// Column.
        to: usize,
        /// What was found.
        value: i32,
    },
    /// A place index leads out of the matrix.
    #[error("{owner} names place {place}, but the matrix has {places} places; name one from 0 to {places} (excluded)")]
    Place {
        /// Who names it.
        owner: String,
        /// The index.
        place: usize,
        /// How many there are.
        places: usize,
    },
    /// A window ends before it begins.
    #[error("{owner} has a window from {open} to {close}; it must not close before it opens")]
    Window {
        /// Whose window.
        owner: String,
        /// First moment.
        open: i64,
        /// Last moment.
        close: i64,
    },
    /// A number is outside of what the arithmetic can bear.
    #[error("{owner}: {field} is {value}; it must lie between {least} and {most}")]
    Range {
        /// Whose number.
        owner: String,
        /// Which number.
        field: &'static str,
        /// The value.
        value: i64,
        /// Smallest allowed.
        least: i64,
        /// Largest allowed.
        most: i64,
    },
    /// Two shifts of one vehicle overlap or stand in the wrong order.
    #[error("vehicle {vehicle}: shift {shift} begins before shift {} ends; sort the shifts and let none overlap", shift - 1)]
    ShiftOrder {
        /// Index of the vehicle.
        vehicle: usize,
        /// The later shift.
        shift: usize,
    },
    /// Too many breaks with overlapping windows.
    #[error(
        "vehicle {vehicle}, shift {shift}: its breaks can be taken in too many orders (limit {MAX_BREAK_STATES} partial \
         orders); let fewer of their windows overlap"
    )]
    Breaks {
        /// Index of the vehicle.
        vehicle: usize,
        /// Index of the shift.
        shift: usize,
    },
    /// A longest duration stands beside what it does not go with.
    #[error(
        "vehicle {vehicle}, shift {shift} has a longest duration and {beside}; leave one of them out, or let the shift close \
         earlier instead"
    )]
    Duration {
        /// Index of the vehicle.
        vehicle: usize,
        /// Index of the shift.
        shift: usize,
        /// What does not go with it.
        beside: &'static str,
    },
    /// `drop_off_from` names a job that does not exist.
    #[error(
        "job {job}: drop_off_from names job {named}, but there are {jobs} jobs; name one from 0 to {jobs} (excluded)"
    )]
    DropOffFrom {
        /// The job.
        job: usize,
        /// What it names.
        named: usize,
        /// How many jobs there are.
        jobs: usize,
    },
    /// `drop_off_from` leads back to its own job.
    #[error("job {job}: drop_off_from leads back to the job itself; remove one link of the circle")]
    Cycle {
        /// A job on the circle.
        job: usize,
    },
    /// A job that is released drops off from others than depots.
    #[error(
        "job {job} has a release and drop_off_from a job that is no depot; only what is loaded at the start of a shift or at a \
         depot can be released: give the job it drops off from an opening instead"
    )]
    Release {
        /// The job.
        job: usize,
    },
    /// A term names a job, vehicle or shift that does not exist, or one twice.
    #[error("{term} names {what} {index}, which does not exist or was named before; name each once")]
    Term {
        /// Which term.
        term: &'static str,
        /// What kind of thing.
        what: &'static str,
        /// Its index.
        index: usize,
    },
    /// The dearest plan could cost more than the arithmetic can bear.
    #[error(
        "prices, distances and prizes may add up to more than {limit} (prices in micro-units); lower them or count in a larger \
         unit"
    )]
    Price {
        /// The limit.
        limit: i64,
    },
}

mod validation;
