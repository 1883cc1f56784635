//! Every format's way through: a small file of our own is read, solved in a few steps, and its plan judged.

use std::sync::atomic::AtomicBool;

use vrp::formats::{Instance, cvrp, li_lim, pcvrptw, solomon, toptw, vrplib};
use vrp::{Plan, Stop};

fn solve(instance: &Instance) -> Plan {
    let cancel = AtomicBool::new(false);
    let stop = Stop { deadline: None, steps: Some(2_000), cancel: &cancel, stagnation: None };
    let plan = vrp::solve(&instance.problem, &stop, 1, 1, &mut |_| {});
    assert_eq!(vrp::check(&instance.problem, &plan), []);
    assert_eq!(vrp::solve(&instance.problem, &stop, 1, 1, &mut |_| {}), plan, "the same steps give the same plan");
    plan
}

fn text(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<String>>().concat()
}

/// Places on a line east of the depot, ten units apart.
fn line(places: usize) -> String {
    text((0..places).map(|place| format!("{} {} 0\n", place + 1, 10 * place)))
}

fn column(places: usize, value: impl Fn(usize) -> i64) -> String {
    text((0..places).map(|place| format!("{} {}\n", place + 1, value(place))))
}

#[test]
fn solomon_visits_all_by_two_tours() {
    let rows = text((0..5).map(|n| format!("{n} {} 0 {} 0 500 {}\n", 10 * n, 4 * n.min(1), 10 * n.min(1))));
    let plan = solve(&solomon::read(&format!("LINE\n2 8\n{rows}")).unwrap());
    assert_eq!((plan.value.cost, plan.value.vehicles, plan.unassigned.len()), (400 + 800, 2, 0));
}

#[test]
fn toptw_takes_what_is_worth_most() {
    let rows = "0 0 0 0 0 0 0 0 100\n1 10 0 5 7 1 1 1 0 50\n2 20 0 5 9 1 1 1 40 60\n3 0 45 10 2 1 1 1 0 99\n";
    let plan = solve(&toptw::read(&format!("2 1 4 1\n0 100\n{rows}"), 1).unwrap());
    assert_eq!((plan.value.priority, plan.unassigned), (16, vec![2]));
}

#[test]
fn li_lim_gives_up_vehicles_first() {
    // Two pairs along one way: a single vehicle can do both, although two would drive as far.
    let rows = "0 0 0 0 0 1000 0 0 0\n1 10 0 5 0 500 1 0 2\n2 20 0 -5 0 500 1 1 0\n3 -10 0 5 0 500 1 0 4\n4 -20 0 -5 0 500 1 3 0\n";
    let plan = solve(&li_lim::read(&format!("4 10 1\n{rows}")).unwrap());
    assert_eq!((plan.value.vehicles, plan.value.cost, plan.value.fraction), (1, 1, 80_000));
}

#[test]
fn pcvrptw_leaves_out_what_does_not_pay() {
    let windows = text((1..=4).map(|place| format!("{place} 0 900\n")));
    let text = format!(
        "TYPE : PCVRPTW\nDIMENSION : 4\nVEHICLES : 3\nCAPACITY : 9\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n{}\
         DEMAND_SECTION\n{}TIME_WINDOW_SECTION\n{windows}PRIZE_SECTION\n{}DEPOT_SECTION\n1\n-1\nEOF\n",
        line(4),
        column(4, |place| place.min(1) as i64),
        // Together the first two pay for the way of 40; the last one would cost 20 more and is worth 19.
        column(4, |place| [0, 15, 30, 19][place]),
    );
    let plan = solve(&pcvrptw::read(&text).unwrap());
    assert_eq!((plan.value.cost, plan.value.travel.distance, plan.unassigned), (400 + 190, 400, vec![2]));
}

#[test]
fn cvrp_needs_no_fleet_in_the_file() {
    let head = "TYPE : CVRP\nDIMENSION : 5\nEDGE_WEIGHT_TYPE : EUC_2D\nCAPACITY : 2\nNODE_COORD_SECTION\n";
    let demands = column(5, |place| place.min(1) as i64);
    let text = format!("{head}{}DEMAND_SECTION\n{demands}DEPOT_SECTION\n1\n-1\nEOF\n", line(5));
    let plan = solve(&cvrp::read(&text).unwrap());
    assert_eq!((plan.value.cost, plan.value.vehicles), (40 + 80, 2));
}

#[test]
fn vrplib_chooses_vehicles_by_their_prices_and_customers() {
    // Place 3 may only be visited by the dear vehicle, which then takes place 2 along.
    let text = format!(
        "TYPE: HFVRP\nDIMENSION: 3\nVEHICLES: 2\nEDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n{}\
         VEHICLES_FIXED_COST_SECTION\n1 100\n2 700\nVEHICLES_UNIT_DISTANCE_COST_SECTION\n1 2\n2 3\n\
         VEHICLES_ALLOWED_CLIENTS_SECTION\n1 2\n2 2 3\nDEPOT_SECTION\n1\n-1\nEOF\n",
        line(3),
    );
    let instance = vrplib::read(&text).unwrap();
    let plan = solve(&instance);
    assert_eq!((plan.value.cost, plan.tours.len(), plan.tours[0].vehicle), (700 + 3 * 40, 1, 1));
    assert_eq!((instance.fleet[1].kind, instance.fleet[1].depot), (2, 1));
}
