//! The `OptimizeItinerary` resource: the answer as the 2021 engine wrote it (`bing.md`, 3.5, 3.7 and 3.8).
//!
//! **Why.** Clients loop over one flat list of instructions for each agent and trust its shape. **How.** A shift is a leave, a
//! travel before every stop (of length zero before a break), a travel and an arrive; an instruction begins where the one before
//! it ends, and waiting is the gap before a stop. Members are declared in the order in which they are written. **What never
//! happens:** a computed figure that the plan does not hold; `__type` in any place but the first.

use engine::{
    Activity, Agent, Break, Item, LeftOut, PlanAnswer, PlanQuestion, Price, Shift, Tour, TourStop, Travel,
    UnusableShift,
};
use geometry::Coordinate;
use serde::Serialize;

use super::names;
use super::place::Decimals;
use crate::value::number::{Double, from_millionths, from_thousandths};
use crate::value::{moment, timespan};

/// The resource.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OptimizeItinerary<'a> {
    #[serde(rename = "__type")]
    kind: &'static str,
    agent_itineraries: Vec<AgentItinerary<'a>>,
    is_accepted: bool,
    is_completed: bool,
    reasons: Vec<Reason<'a>>,
    unscheduled_items: Vec<ItemEcho<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unusable_shifts: Vec<Unusable<'a>>,
    unused_agents: Vec<AgentEcho<'a>>,
}

/// A shift in which nothing can be done; Bing's clients overlook it.
#[derive(Serialize)]
struct Unusable<'a> {
    agent: &'a str,
    code: &'a str,
    field: String,
    message: &'a str,
    remedy: &'a str,
    shift: usize,
}

/// Why an item is unscheduled; Bing's clients overlook it.
#[derive(Serialize)]
struct Reason<'a> {
    name: &'a str,
    code: &'a str,
    message: &'a str,
    remedy: &'a str,
}

#[derive(Serialize)]
struct AgentItinerary<'a> {
    agent: AgentEcho<'a>,
    instructions: Vec<Instruction<'a>>,
    route: Route,
}

#[derive(Serialize)]
struct AgentEcho<'a> {
    capacity: Vec<Double>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<PriceEcho>,
    shifts: Vec<ShiftEcho>,
}

#[derive(Serialize)]
struct PriceEcho {
    #[serde(rename = "fixedPrice")]
    fixed: Double,
    #[serde(rename = "pricePerHour")]
    per_hour: Double,
    #[serde(rename = "pricePerKM")]
    per_km: Double,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShiftEcho {
    breaks: Vec<BreakEcho>,
    end_location: Location,
    end_time: String,
    start_location: Location,
    start_time: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BreakEcho {
    duration: String,
    end_time: String,
    start_time: String,
}

/// An item as it was asked for, or one made up for a start, an end or a break.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemEcho<'a> {
    closing_time: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    depot: bool,
    drop_off_from: &'a [String],
    dwell_time: String,
    location: Location,
    name: &'a str,
    opening_time: String,
    priority: u32,
    quantity: Vec<Double>,
}

/// A place; a break has none, which is written `{}`.
#[derive(Clone, Copy, Serialize)]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<Double>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<Double>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Instruction<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<i64>,
    duration: String,
    end_time: String,
    #[serde(rename = "instructionType")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    itinerary_item: Option<ItemEcho<'a>>,
    start_time: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    end_location: Location,
    end_time: String,
    start_location: Location,
    start_time: String,
    total_travel_distance: i64,
    total_travel_time: String,
    way_points: Vec<Location>,
}

impl<'a> OptimizeItinerary<'a> {
    /// The resource for an answer; `decimals` are the coordinates as they were sent.
    pub(super) fn new(question: &'a PlanQuestion, answer: &'a PlanAnswer, decimals: &Decimals) -> Self {
        let writer = Writer { question, decimals, horizon: horizon(&question.agents) };
        let tours = answer.tours.chunk_by(|a, b| a.vehicle == b.vehicle);
        Self {
            kind: "OptimizeItinerary:http://schemas.microsoft.com/search/local/ws/rest/v1",
            agent_itineraries: tours.map(|tours| writer.itinerary(tours)).collect(),
            is_accepted: true,
            is_completed: true,
            reasons: answer.reasons.iter().map(|reason| why(question, reason)).collect(),
            unscheduled_items: answer.unscheduled.iter().map(|&item| writer.item(&question.items[item])).collect(),
            unusable_shifts: answer.unusable_shifts.iter().map(|found| unusable(question, found)).collect(),
            unused_agents: answer.unused_agents.iter().map(|&agent| writer.agent(&question.agents[agent])).collect(),
        }
    }
}

fn why<'a>(question: &'a PlanQuestion, reason: &'a LeftOut) -> Reason<'a> {
    let LeftOut { item, code, message, remedy } = reason;
    Reason { name: &question.items[*item].name, code, message, remedy }
}

fn unusable<'a>(question: &'a PlanQuestion, found: &'a UnusableShift) -> Unusable<'a> {
    let UnusableShift { agent, shift, code, field, message, remedy } = found;
    let agent = &question.agents[*agent].name;
    Unusable { agent, code, field: names::parameter(field), message, remedy, shift: *shift }
}

/// From the earliest start to the latest end of all shifts.
pub(super) fn horizon(agents: &[Agent]) -> (i64, i64) {
    let shifts = || agents.iter().flat_map(|agent| &agent.shifts);
    let start = shifts().map(|shift| shift.start).min().unwrap_or(0);
    (start, shifts().map(|shift| shift.end).max().unwrap_or(start))
}

/// What every part of the resource needs to know.
struct Writer<'a, 'd> {
    question: &'a PlanQuestion,
    decimals: &'d Decimals,
    horizon: (i64, i64),
}

impl<'a> Writer<'a, '_> {
    /// What one agent does; `tours` are all of its tours, at least one. A request may list shifts in any order, an answer
    /// shows them as time passes.
    fn itinerary(&self, tours: &[Tour]) -> AgentItinerary<'a> {
        let mut tours: Vec<&Tour> = tours.iter().collect();
        tours.sort_by_key(|tour| tour.departure);
        let agent = &self.question.agents[tours[0].vehicle];
        let instructions = tours.iter().flat_map(|tour| self.instructions(tour, &agent.shifts[tour.shift])).collect();
        AgentItinerary { agent: self.agent(agent), instructions, route: self.route(agent, &tours) }
    }

    fn instructions(&self, tour: &Tour, shift: &'a Shift) -> Vec<Instruction<'a>> {
        let mut all = Vec::with_capacity(2 * tour.stops.len() + 3);
        all.push(at_stop(
            "LeaveFromStartPoint",
            tour.departure,
            tour.departure,
            self.end_point(shift, shift.start_place),
        ));
        let mut now = tour.departure;
        for stop in &tour.stops {
            all.push(travel(now, stop.travel));
            all.push(self.stop(stop, shift));
            now = stop.end;
        }
        all.push(travel(now, tour.last_travel));
        all.push(at_stop("ArriveToEndPoint", tour.arrival, tour.arrival, self.end_point(shift, shift.end_place)));
        all
    }

    fn stop(&self, stop: &TourStop, shift: &Shift) -> Instruction<'a> {
        match stop.activity {
            Activity::Visit(item) => {
                at_stop("VisitLocation", stop.start, stop.end, self.item(&self.question.items[item]))
            }
            Activity::Break(at) => at_stop("TakeABreak", stop.start, stop.end, pause_item(shift.breaks[at])),
        }
    }

    fn route(&self, agent: &Agent, tours: &[&Tour]) -> Route {
        let (first, last) = (tours[0], tours[tours.len() - 1]);
        let total: Travel = tours.iter().map(|tour| tour.travel()).sum();
        Route {
            end_location: self.location(agent.shifts[last.shift].end_place),
            end_time: moment::format(last.arrival),
            start_location: self.location(agent.shifts[first.shift].start_place),
            start_time: moment::format(first.departure),
            total_travel_distance: total.distance,
            total_travel_time: timespan::format(total.duration),
            way_points: self.way_points(agent, tours),
        }
    }

    /// All places between the very first start and the very last end, with both ends of every shift change.
    fn way_points(&self, agent: &Agent, tours: &[&Tour]) -> Vec<Location> {
        let mut places = Vec::new();
        for (at, tour) in tours.iter().enumerate() {
            if at > 0 {
                places.push(agent.shifts[tours[at - 1].shift].end_place);
                places.push(agent.shifts[tour.shift].start_place);
            }
            places.extend(tour.jobs().map(|item| self.question.items[item].place));
        }
        places.into_iter().map(|place| self.location(place)).collect()
    }

    fn agent(&self, agent: &'a Agent) -> AgentEcho<'a> {
        AgentEcho {
            capacity: agent.capacity.iter().copied().map(from_thousandths).collect(),
            name: &agent.name,
            price: agent.price.map(price),
            shifts: agent.shifts.iter().map(|shift| self.shift(shift)).collect(),
        }
    }

    fn shift(&self, shift: &Shift) -> ShiftEcho {
        ShiftEcho {
            breaks: shift.breaks.iter().copied().map(pause).collect(),
            end_location: self.location(shift.end_place),
            end_time: moment::format(shift.end),
            start_location: self.location(shift.start_place),
            start_time: moment::format(shift.start),
        }
    }

    fn item(&self, item: &'a Item) -> ItemEcho<'a> {
        let (opening, closing) = item.windows.first().copied().unwrap_or(self.horizon);
        ItemEcho {
            depot: item.depot,
            drop_off_from: &item.drop_off_from,
            dwell_time: timespan::format(item.dwell_s),
            name: &item.name,
            priority: item.priority,
            quantity: item.quantity.iter().copied().map(from_thousandths).collect(),
            ..made_up("", opening, closing, self.location(item.place))
        }
    }

    fn end_point(&self, shift: &Shift, place: Coordinate) -> ItemEcho<'a> {
        made_up("", shift.start, shift.end, self.location(place))
    }

    fn location(&self, place: Coordinate) -> Location {
        let (latitude, longitude) = self.decimals.of(place);
        Location { latitude: Some(latitude), longitude: Some(longitude) }
    }
}

fn travel<'a>(start: i64, travel: Travel) -> Instruction<'a> {
    Instruction {
        // Zero metres are left out.
        distance: Some(travel.distance).filter(|&metres| metres != 0),
        duration: timespan::format(travel.duration),
        end_time: moment::format(start + travel.duration),
        kind: "TravelBetweenLocations",
        itinerary_item: None,
        start_time: moment::format(start),
    }
}

fn at_stop<'a>(kind: &'static str, start: i64, end: i64, item: ItemEcho<'a>) -> Instruction<'a> {
    Instruction {
        distance: None,
        duration: timespan::format(end - start),
        end_time: moment::format(end),
        kind,
        itinerary_item: Some(item),
        start_time: moment::format(start),
    }
}

/// The item that Bing makes up where nothing is visited.
fn made_up<'a>(name: &'static str, opening: i64, closing: i64, location: Location) -> ItemEcho<'a> {
    ItemEcho {
        closing_time: moment::format(closing),
        depot: false,
        drop_off_from: &[],
        dwell_time: timespan::format(0),
        location,
        name,
        opening_time: moment::format(opening),
        priority: 1,
        quantity: Vec::new(),
    }
}

fn pause_item<'a>(pause: Break) -> ItemEcho<'a> {
    let nowhere = Location { latitude: None, longitude: None };
    let dwell_time = timespan::format(pause.duration_s);
    ItemEcho { dwell_time, ..made_up("Break", pause.open, pause.close, nowhere) }
}

fn pause(pause: Break) -> BreakEcho {
    BreakEcho {
        duration: timespan::format(pause.duration_s),
        end_time: moment::format(pause.close),
        start_time: moment::format(pause.open),
    }
}

fn price(price: Price) -> PriceEcho {
    PriceEcho {
        fixed: from_millionths(price.fixed_micro),
        per_hour: from_millionths(price.per_hour_micro),
        per_km: from_millionths(price.per_km_micro),
    }
}
