//! Placing a drop-off together with a new visit of its depot.
//!
//! **Why.** When no trip takes a drop-off any more, the vehicle must come back to the depot, and where is a question of two places at
//! once: the visit loads the drop-off, or it loads what came after it so far. **How.** For each place of the one that comes first the
//! walk goes on along its trip, carrying the earliest moment, and tries the other after each visit; what the labels allow and would
//! be cheaper than all before is followed exactly.
//! **What never happens:** a further visit of a depot without the drop-off that asked for it.

use super::NEVER;
use super::bundle;
use super::legs::Leg;
use super::recreate::Recreate;
use super::rules::Rules;
use super::tours::{Spot, Tours};
use super::trips;

/// Two tasks and where they go in a slot: indices among its jobs as they are. The second one comes after the first.
#[derive(Debug, Clone, Copy)]
struct Places {
    slot: u32,
    tasks: [u32; 2],
    at: [usize; 2],
}

/// Places a job of a single depot with a visit of that; on failure nothing is changed.
pub(crate) fn place(recreate: &mut Recreate, tours: &mut Tours<'_>, rules: &Rules<'_>, drop: u32) -> bool {
    let [depot] = tours.model.tasks[drop as usize].depots[..] else {
        return bundle::place_with_depots(recreate, tours, drop);
    };
    let Some(visit) = tours.spare_visit(depot) else { return false };
    let mut best = None;
    for vehicle in bundle::vehicles(tours, drop, &[visit, drop]) {
        for slot in tours.model.slots_of(vehicle) {
            // The visit loads the drop-off, or what came after it until now.
            look(recreate, tours, rules, (slot as u32, [visit, drop]), &mut best);
            look(recreate, tours, rules, (slot as u32, [drop, visit]), &mut best);
        }
    }
    let Some((cost, Places { slot, tasks, at })) = best else { return false };
    if !recreate.bold && !tours.model.tasks[drop as usize].pays(cost) {
        return false;
    }
    for (number, (task, at)) in tasks.into_iter().zip(at).enumerate() {
        tours.insert(Spot { slot, at: (at + number) as u32 }, task);
    }
    true
}

/// Looks for a cheaper pair of places in a slot, the second task in the trip of the first.
fn look(
    recreate: &mut Recreate,
    tours: &Tours<'_>,
    rules: &Rules<'_>,
    (slot, tasks): (u32, [u32; 2]),
    best: &mut Option<(i64, Places)>,
) {
    let model = tours.model;
    let (route, frame) = (tours.route(slot), &model.slots[slot as usize]);
    let is_open = !route.jobs.is_empty() || tours.may_open(slot);
    if !is_open || recreate.closed.contains(&(slot as usize)) {
        return;
    }
    let company = |task: u32| rules.allow(frame.vehicle, model.origin(task), |other| tours.vehicle_of(other));
    if !tasks.iter().all(|&task| tours.sums_allow(slot, task) && company(task)) {
        return;
    }
    let opening = if route.jobs.is_empty() { tours.opening_cost(slot) } else { 0 };
    // Where there are breaks the latest moments are not those of one state.
    let knows_latest = frame.breaks.count == 1;
    let [first, second] = tasks.map(|task| &model.tasks[task as usize]);
    let stops = route.stops();
    let cost_of = |leg: Leg| frame.weights.leg(leg);
    let capacity = &model.problem.vehicles[frame.vehicle].capacity;
    let drop_first = model.problem.jobs[model.origin(tasks[1])].depot;
    let drop = tasks[usize::from(!drop_first)];
    let is_depot = |task: u32| model.problem.jobs[model.origin(task)].depot;
    for at in model.fixed_in(slot) as usize..=route.jobs.len() {
        let to = model.leg(stops[at].place, first.place);
        let mut ready = first.end(stops[at].ready + to.duration());
        let mut place = first.place;
        // What is driven, less the legs in whose place it is.
        let mut more = cost_of(to) - stops[at].leg_cost + opening;
        for then in at..=route.jobs.len() {
            if ready >= NEVER {
                break;
            }
            let (to, next) = (model.leg(place, second.place), stops[then + 1]);
            let on = model.leg(second.place, next.place);
            let arrival = second.end(ready + to.duration()) + on.duration();
            let is_cheaper = best.is_none_or(|(best, _)| more + cost_of(to) + cost_of(on) < best);
            let is_borne =
                || !rules.one_depot || trips::allow_split(model, route, capacity, drop, (at, then, drop_first));
            if is_cheaper && (!knows_latest || arrival <= next.late) && is_borne() && !recreate.blinks.blink() {
                let places = Places { slot, tasks, at: [at, then] };
                let exact = exactly(recreate, tours, rules, places).map(|exact| exact + opening);
                if let Some(exact) = exact.filter(|&exact| best.is_none_or(|(best, _)| exact < best)) {
                    *best = Some((exact, places));
                }
            }
            // Behind another visit of a depot each would be alone.
            if then == route.jobs.len() || is_depot(next.job) {
                break;
            }
            let leg = model.leg(place, next.place);
            let arrival = ready + leg.duration();
            if knows_latest && arrival > next.late {
                break;
            }
            ready = model.tasks[next.job as usize].end(arrival);
            place = next.place;
            more += cost_of(leg) - stops[then + 1].leg_cost;
        }
    }
}

/// What both at these places add to the cost, if all rules hold.
fn exactly(recreate: &mut Recreate, tours: &Tours<'_>, rules: &Rules<'_>, places: Places) -> Option<i64> {
    let model = tours.model;
    let (route, frame) = (tours.route(places.slot), &model.slots[places.slot as usize]);
    let [at, then] = places.at;
    let trial = &mut recreate.trial;
    trial.jobs.clear();
    trial.jobs.extend_from_slice(&route.jobs[..at]);
    trial.jobs.push(places.tasks[0]);
    trial.jobs.extend_from_slice(&route.jobs[at..then]);
    trial.jobs.push(places.tasks[1]);
    trial.jobs.extend_from_slice(&route.jobs[then..]);
    // With one depot the look at the trip was the whole answer.
    if !rules.one_depot {
        let is_loaded = trips::aboard(model, &trial.jobs, &mut trial.aboard);
        if !is_loaded || !trips::are_borne(model, &trial.aboard, &model.problem.vehicles[frame.vehicle].capacity) {
            return None;
        }
    }
    trial.relabel(model, places.slot as usize);
    if !trial.feasible() {
        return None;
    }
    let now = if route.jobs.is_empty() { 0 } else { route.exact.unwrap_or_else(|| route.interim_cost(frame)) };
    let visited = trial.jobs.iter().map(|&task| model.origin(task));
    let cost = rules.cost(frame, visited, trial.cost(frame))? - now;
    let visits = route.jobs.len() as i64;
    Some(cost + rules.balance(visits + 2) - rules.balance(visits))
}
