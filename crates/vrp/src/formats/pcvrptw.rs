//! Prize collecting with time windows: visit a customer, or pay for not doing so.
//!
//! **Why.** Here nothing comes before cost: a visit is worth its prize, no more (Gehring and Homberger's places with prizes, as
//! `PyVRP`'s set carries them). **How.** VRPLIB text with a `PRIZE_SECTION`; distances are cut to tenths and prizes counted in
//! tenths too. Jobs have a prize and no priority, so the solver weighs one against the other. **What never happens:** a prize
//! as a priority.

use super::plane::{self, Rounding, Rule};
use super::tsplib::File;
use super::{FormatError, Instance, fleet_size};
use crate::{Job, Objective, Problem, Shift, TimeWindow, Vehicle};

/// Tenths, cut.
const RULE: Rule = Rule::new(10, Rounding::Cut);

/// Reads a file.
pub fn read(text: &str) -> Result<Instance, FormatError> {
    let mut file = File::split(text)?;
    let (line, kind) = file.needed("TYPE")?;
    if kind != "PCVRPTW" {
        return Err(line.wrong(kind, "type of this format; it reads PCVRPTW (--format vrplib knows others)"));
    }
    let points = file.points()?;
    let places = points.len();
    let (line, vehicles) = file.needed("VEHICLES")?;
    let vehicles = fleet_size(line.count(vehicles)? as usize)?;
    let (line, capacity) = file.needed("CAPACITY")?;
    let capacity = line.decimal(capacity, 1)?;
    let service = file.by_place("SERVICE_TIME", places, 1, RULE.scale)?.unwrap_or_else(|| vec![0; places]);
    let missing = |wanted| FormatError::Ends { wanted };
    let demands = file.by_place("DEMAND", places, 1, 1)?.ok_or(missing("DEMAND_SECTION"))?;
    let windows = file.windows(places, RULE)?.ok_or(missing("TIME_WINDOW_SECTION"))?;
    let prizes = file.by_place("PRIZE", places, 1, RULE.scale)?.ok_or(missing("PRIZE_SECTION"))?;
    if file.depots(places)? != 1 {
        return Err(FormatError::Count { line: line.number, what: "depots", found: 2, expected: 1 });
    }
    let name = file.name();
    file.finish()?;
    let (open, close) = *windows.first().ok_or(FormatError::NoDepot)?;
    let shift = Shift { window: TimeWindow { open, close }, ..Shift::default() };
    let job = |place: usize| Job {
        place,
        windows: vec![TimeWindow { open: windows[place].0, close: windows[place].1 + service[place] }],
        dwell: service[place],
        quantity: vec![demands[place]],
        prize: prizes[place],
        ..Job::default()
    };
    let problem = Problem {
        vehicles: vec![Vehicle { shifts: vec![shift], capacity: vec![capacity], ..Vehicle::default() }; vehicles],
        jobs: (1..places).map(job).collect(),
        matrix: plane::matrix(&points, RULE)?,
        objective: Objective::Distance,
        terms: crate::Terms::default(),
    };
    Instance::plain(name, problem, (2..=places as u32).collect(), RULE.scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = "NAME : tiny\nTYPE : PCVRPTW\nDIMENSION : 3\nVEHICLES : 2\nCAPACITY : 20\nSERVICE_TIME : 9\n\
        EDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 1 1\n3 30 40\nDEMAND_SECTION\n1 0\n2 5\n3 6\n\
        TIME_WINDOW_SECTION\n1 0 200\n2 10 20\n3 0 90\nPRIZE_SECTION\n1 0\n2 7\n3 12\nDEPOT_SECTION\n1\n-1\nEOF\n";

    #[test]
    fn prizes_are_costs_in_tenths() {
        let problem = read(TINY).unwrap().problem;
        assert_eq!((problem.vehicles.len(), problem.jobs.len()), (2, 2));
        let job = &problem.jobs[0];
        assert_eq!((job.prize, job.priority, job.dwell), (70, 0, 90));
        assert_eq!(job.windows, [TimeWindow { open: 100, close: 200 + 90 }]);
        assert_eq!(problem.matrix.distance(0, 1), 14);
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = |section: &str| read(&TINY.replace(section, "OTHER_SECTION"));
        assert_eq!(without("PRIZE_SECTION"), Err(FormatError::Ends { wanted: "PRIZE_SECTION" }));
        assert_eq!(without("TIME_WINDOW_SECTION"), Err(FormatError::Ends { wanted: "TIME_WINDOW_SECTION" }));
        assert!(matches!(
            read(&TINY.replace("VEHICLES : 2", "VEHICLES : -2")),
            Err(FormatError::Number { line: 4, .. })
        ));
    }
}
