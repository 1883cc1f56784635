//! From an `OptimizeItinerary` resource back to tours, for the independent checker.
//!
//! **Why.** `roundsman check` judges plans that any server, ours or Bing's own, once answered. **How.** Agents, shifts, breaks and
//! items are recognised by what the resource echoes of them; everything that the tours hold (times, travel) is taken as it is
//! claimed, so that the checker can find it wrong. **What never happens:** a claim that is repaired or left out: what cannot be
//! brought to the question is an error that names its place in the answer.

use std::collections::HashMap;

use engine::{Activity, PlanClaim, PlanQuestion, Reason, Shift, Tour, TourStop, Travel};
use serde_json::Value;

use crate::fault::{BadRequest, Faults};
use crate::json::{self, Node};
use crate::value::{Wrong, quoted};

/// An answer that cannot be brought to its question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It is not the JSON of an itinerary.
    #[error("the answer is not a finished OptimizeItinerary: {0}")]
    Shape(#[from] BadRequest),
    /// It speaks of something that the question does not have.
    #[error("{at}: {reason}")]
    Foreign {
        /// Where in the answer.
        at: String,
        /// What is not known.
        reason: String,
    },
}

/// Reads an answer: the resource itself, or an envelope around it.
pub fn read_answer(question: &PlanQuestion, text: &str) -> Result<PlanClaim, ReadError> {
    let body = json::parse(text.as_bytes())?;
    let mut faults = Faults::default();
    let resource = resource(&body, &mut faults);
    let mut reader = Reader { question, faults, seen: Seen::default() };
    let answer = reader.answer(&resource);
    reader.faults.none()?;
    answer
}

/// The resource in an envelope, or the whole, if it is one.
fn resource<'a>(body: &'a Value, faults: &mut Faults) -> Node<'a> {
    let first = |node: &Node<'a>, name| node.objects(name, &mut Faults::default()).into_iter().next();
    let root = Node::root(body);
    let inner = first(&root, "resourceSets").and_then(|set| first(&set, "resources")).unwrap_or(root);
    if inner.member("agentItineraries").is_none() {
        let missing = Wrong::new(Reason::Missing, "it is missing", "send the whole resource");
        faults.add(inner.path_of("agentItineraries"), missing);
    }
    inner
}

/// Items that can stand for each other are handed out in turn.
#[derive(Default)]
struct Seen(HashMap<usize, usize>);

struct Reader<'q> {
    question: &'q PlanQuestion,
    faults: Faults,
    seen: Seen,
}

/// One instruction, as far as tours need it.
struct Step<'a> {
    kind: String,
    start: i64,
    end: i64,
    travel: Travel,
    node: Node<'a>,
}

impl Reader<'_> {
    fn answer(&mut self, resource: &Node<'_>) -> Result<PlanClaim, ReadError> {
        let mut tours = Vec::new();
        for itinerary in resource.objects("agentItineraries", &mut self.faults) {
            tours.extend(self.itinerary(&itinerary)?);
        }
        tours.sort_by_key(|tour| (tour.vehicle, tour.shift));
        let items = resource.objects("unscheduledItems", &mut self.faults);
        let unscheduled = items.iter().map(|item| self.item(item)).collect::<Result<_, _>>()?;
        let agents = resource.objects("unusedAgents", &mut self.faults);
        let unused_agents = agents.iter().map(|agent| self.agent(agent)).collect::<Result<_, _>>()?;
        Ok(PlanClaim { tours, unscheduled, unused_agents })
    }

    fn itinerary(&mut self, itinerary: &Node<'_>) -> Result<Vec<Tour>, ReadError> {
        let vehicle = match itinerary.member("agent") {
            Some(agent) => self.agent(&agent)?,
            None => return Err(foreign(&itinerary.path_of("agent"), "it is missing")),
        };
        let nodes = itinerary.objects("instructions", &mut self.faults);
        let steps: Vec<Step<'_>> = nodes.into_iter().map(|node| self.step(node)).collect();
        let is_end = |step: &Step<'_>| step.kind.eq_ignore_ascii_case("ArriveToEndPoint");
        steps.split_inclusive(is_end).map(|steps| self.tour(vehicle, steps)).collect()
    }

    fn step<'a>(&mut self, node: Node<'a>) -> Step<'a> {
        let faults = &mut self.faults;
        let start = node.required("startTime", faults, json::moment).unwrap_or(0);
        let duration = node.optional("duration", faults, json::timespan).unwrap_or(0);
        Step {
            kind: node.required("instructionType", faults, json::text).unwrap_or_default(),
            start,
            end: node.optional("endTime", faults, json::moment).unwrap_or(start),
            travel: Travel { duration, distance: node.optional("distance", faults, json::whole).unwrap_or(0) as i64 },
            node,
        }
    }

    /// The tour from a leave to an arrive.
    fn tour(&mut self, vehicle: usize, steps: &[Step<'_>]) -> Result<Tour, ReadError> {
        let [leave, between @ .., arrive] = steps else {
            return Err(foreign(&steps[0].node.path, "a shift has at least a leave and an arrive"));
        };
        expect(leave, "LeaveFromStartPoint")?;
        expect(arrive, "ArriveToEndPoint")?;
        let shift = self.shift(vehicle, leave)?;
        let (mut stops, mut travels) = (Vec::new(), Vec::new());
        for step in between {
            match step.kind.to_ascii_lowercase().as_str() {
                "travelbetweenlocations" => travels.push(step.travel),
                kind => {
                    let activity = self.activity(vehicle, shift, kind, step, &stops)?;
                    let travel = travels.drain(..).sum();
                    stops.push(TourStop { activity, travel, start: step.start, end: step.end });
                }
            }
        }
        let last_travel = travels.into_iter().sum();
        Ok(Tour { vehicle, shift, departure: leave.start, stops, last_travel, arrival: arrive.start })
    }

    fn activity(
        &mut self,
        vehicle: usize,
        shift: usize,
        kind: &str,
        step: &Step<'_>,
        stops: &[TourStop],
    ) -> Result<Activity, ReadError> {
        let item = step.node.member("itineraryItem");
        let item = item.ok_or_else(|| foreign(&step.node.path_of("itineraryItem"), "it is missing"))?;
        match kind {
            "visitlocation" => Ok(Activity::Visit(self.item(&item)?)),
            "takeabreak" => {
                let shift = &self.question.agents[vehicle].shifts[shift];
                self.pause(shift, &item, stops).map(Activity::Break)
            }
            other => Err(foreign(&step.node.path, format!("{} is no type of instruction here", quoted(other)))),
        }
    }

    fn agent(&mut self, node: &Node<'_>) -> Result<usize, ReadError> {
        let name = node.optional("name", &mut self.faults, json::text).unwrap_or_default();
        let found = self.question.agents.iter().position(|agent| agent.name == name);
        found.ok_or_else(|| foreign(&node.path, format!("the request has no agent called {}", quoted(&name))))
    }

    /// The shift that a leave begins: the one whose times it echoes, else the one in which it leaves.
    fn shift(&mut self, vehicle: usize, leave: &Step<'_>) -> Result<usize, ReadError> {
        let shifts = &self.question.agents[vehicle].shifts;
        let echo = leave.node.member("itineraryItem").and_then(|item| self.window(&item));
        let echoed = shifts.iter().position(|shift| Some((shift.start, shift.end)) == echo);
        let found = echoed.or_else(|| shifts.iter().position(|shift| (shift.start..shift.end).contains(&leave.start)));
        found.ok_or_else(|| foreign(&leave.node.path, "the agent has no shift at this time"))
    }

    fn window(&mut self, item: &Node<'_>) -> Option<(i64, i64)> {
        let opening = item.optional("openingTime", &mut self.faults, json::moment)?;
        Some((opening, item.optional("closingTime", &mut self.faults, json::moment)?))
    }

    /// The break that an instruction echoes, if possible one that is not taken yet.
    fn pause(&mut self, shift: &Shift, item: &Node<'_>, stops: &[TourStop]) -> Result<usize, ReadError> {
        let (window, dwell) = (self.window(item), item.optional("dwellTime", &mut self.faults, json::timespan));
        let same = |at: &usize| {
            let pause = shift.breaks[*at];
            Some((pause.open, pause.close)) == window && Some(pause.duration_s) == dwell
        };
        let is_taken = |at: &usize| stops.iter().any(|stop| stop.activity == Activity::Break(*at));
        let found: Vec<usize> = (0..shift.breaks.len()).filter(same).collect();
        let free = found.iter().find(|at| !is_taken(at)).or(found.first());
        free.copied().ok_or_else(|| foreign(&item.path, "the shift has no such break"))
    }

    /// The item that is echoed: by its name if no other has it, else by all that is echoed.
    fn item(&mut self, node: &Node<'_>) -> Result<usize, ReadError> {
        let name = node.optional("name", &mut self.faults, json::text).unwrap_or_default();
        let items = &self.question.items;
        let mut found: Vec<usize> = (0..items.len()).filter(|&at| items[at].name == name).collect();
        if found.len() > 1 {
            let echo = self.echo(node);
            found.retain(|&at| echo.is_of(self.question, at));
        }
        // Of several alike, the one that was met least often; one that is met too often is for the checker to find.
        let least = found.iter().copied().min_by_key(|at| self.seen.0.get(at).copied().unwrap_or(0));
        let at = least
            .ok_or_else(|| foreign(&node.path, format!("the request has no such item called {}", quoted(&name))))?;
        *self.seen.0.entry(at).or_default() += 1;
        Ok(at)
    }

    fn echo(&mut self, node: &Node<'_>) -> Echo {
        let window = self.window(node);
        let faults = &mut self.faults;
        let location = node.member("location");
        let mut degrees = |name| location.as_ref().and_then(|place| place.optional(name, faults, json::decimal));
        let place = (degrees("latitude"), degrees("longitude"));
        Echo {
            window,
            place,
            dwell_s: node.optional("dwellTime", faults, json::timespan),
            priority: node.optional("priority", faults, json::whole),
            quantity: node.list("quantity", faults, json::thousandths),
            drop_off_from: node.list("dropOffFrom", faults, json::text),
        }
    }
}

/// What an answer says of an item beside its name.
struct Echo {
    window: Option<(i64, i64)>,
    place: (Option<f64>, Option<f64>),
    dwell_s: Option<i64>,
    priority: Option<u64>,
    quantity: Vec<i64>,
    drop_off_from: Vec<String>,
}

impl Echo {
    fn is_of(&self, question: &PlanQuestion, at: usize) -> bool {
        let item = &question.items[at];
        let window = item.windows.first().copied().unwrap_or_else(|| super::resource::horizon(&question.agents));
        let is_near = |echo: Option<f64>, degrees: f64| echo.is_some_and(|echo| (echo - degrees).abs() < 1e-7);
        self.window == Some(window)
            && is_near(self.place.0, item.place.lat())
            && is_near(self.place.1, item.place.lon())
            && self.dwell_s == Some(item.dwell_s)
            && self.priority == Some(u64::from(item.priority))
            && self.quantity == item.quantity
            && self.drop_off_from == item.drop_off_from
    }
}

fn expect(step: &Step<'_>, kind: &str) -> Result<(), ReadError> {
    if step.kind.eq_ignore_ascii_case(kind) {
        return Ok(());
    }
    Err(foreign(&step.node.path, format!("{} stands where {kind} should", quoted(&step.kind))))
}

fn foreign(at: &str, reason: impl Into<String>) -> ReadError {
    ReadError::Foreign { at: at.to_owned(), reason: reason.into() }
}
