//! `demo --published`: the examples of the vendor's documentation, our plans beside the published ones.
//!
//! The streets of the examples are on no bundled map, so both plans are measured along straight lines at one speed, as
//! `roadnetwork=false` asks: the published order of visits is kept as a plan of which everything is fixed, and ours is planned from
//! nothing. A published plan that breaks a rule of its own request on that measure says so. The requests are in `demo/published/`;
//! steps end the search, so the table is the same on every machine, and `docs/published.md` holds it.

use std::sync::Arc;

use engine::{Budget, Engine, Error, InitialPlan, InitialTour, PlanAnswer, PlanQuestion, Settings};
use serde::Serialize;

use crate::cli::Common;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// An example and the published answer.
struct Example {
    name: &'static str,
    body: &'static str,
    /// Agent, shift, and the items in the order of their visits.
    tours: &'static [(&'static str, usize, &'static [&'static str])],
    /// What the published answer says of itself: priorities, seconds of travel, metres.
    says: [i64; 3],
}

const EXAMPLES: [Example; 3] = [
    Example {
        name: "GET sample (2018)",
        body: include_str!("../../../../../demo/published/sample-1.json"),
        tours: &[(" agentName", 0, &["i3"]), (" agentName", 1, &["i5", "i2", "i4"])],
        says: [108, 37 * 60, 18_576],
    },
    Example {
        name: "POST sample (2021)",
        body: include_str!("../../../../../demo/published/sample-2.json"),
        tours: &[("agentName", 0, &["loc1", "loc2", "loc3", "loc4", "loc5"])],
        says: [113, 29 * 60 + 2, 10_313],
    },
    Example {
        name: "article, three agents (2018)",
        body: include_str!("../../../../../demo/published/sample-3.json"),
        tours: &[
            ("Yuan", 0, &["Seattle Coffee Gear", "Starbucks", "777 Cafe"]),
            ("Yuan", 1, &["Espresso Vivace", "Storyville Coffee Company", "Cafe Cesura"]),
            ("Charlie", 0, &["Bang Bang Cafe", "Starbucks in Bellevue", "Seattle Coffee Works"]),
            ("Charlie", 1, &["Moore Coffee", "Top Pot Doughnuts"]),
            ("Andre", 1, &["Citizen", "Monorail Espresso"]),
        ],
        says: [419, 220 * 60, 243_681],
    },
];

/// A plan in figures.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    priority: i64,
    travel_seconds: i64,
    metres: i64,
}

/// An example, measured.
#[derive(Serialize)]
struct Row {
    example: &'static str,
    published: Figures,
    /// The published order on our measure, unless it breaks a rule there.
    replayed: Option<Figures>,
    /// Which one.
    broken: Option<String>,
    ours: Figures,
}

pub(super) fn run(common: &Common) -> Outcome {
    let engine = Engine::new(None, Arc::new(Settings::default()));
    let rows = EXAMPLES.iter().map(|example| row(&engine, example)).collect::<Result<Vec<Row>, Failure>>()?;
    if common.json {
        output::json(&rows);
    } else {
        output::line(table(&rows));
    }
    Ok(Exit::Done)
}

fn row(engine: &Engine, example: &Example) -> Result<Row, Failure> {
    let question = bing::parse_plan(example.body, &engine.settings().limits).map_err(Failure::input)?;
    let plan = |question: &PlanQuestion| engine.plan(question, &Budget::default(), &mut |_| {});
    let (replayed, broken) = match plan(&fixed(&question, example)) {
        Ok(answer) => (Some(figures(&answer)), None),
        Err(Error::Invalid(faults)) => {
            (None, Some(faults.iter().map(|fault| fault.message.clone()).collect::<Vec<_>>().join("; ")))
        }
        Err(other) => return Err(Failure::no(other)),
    };
    let ours = plan(&question).map_err(Failure::no)?;
    let [priority, travel_seconds, metres] = example.says;
    let published = Figures { priority, travel_seconds, metres };
    Ok(Row { example: example.name, published, replayed, broken, ours: figures(&ours) })
}

/// The same question with everything fixed that the published plan visits, and nothing else to visit.
fn fixed(question: &PlanQuestion, example: &Example) -> PlanQuestion {
    let tour = |&(agent, shift, items): &(&str, usize, &[&str])| InitialTour {
        agent: agent.to_owned(),
        shift,
        items: items.iter().map(|&item| item.to_owned()).collect(),
        fixed: items.len(),
    };
    let mut fixed = question.clone();
    fixed.items.retain(|item| example.tours.iter().any(|(_, _, items)| items.contains(&item.name.as_str())));
    fixed.extension.initial = Some(InitialPlan { tours: example.tours.iter().map(tour).collect(), move_cost_micro: 0 });
    fixed
}

fn figures(answer: &PlanAnswer) -> Figures {
    let travel: engine::Travel = answer.tours.iter().map(engine::Tour::travel).sum();
    Figures { priority: answer.priority, travel_seconds: travel.duration, metres: travel.distance }
}

/// A table in Markdown.
fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| example | published, by its own figures | the published order, straight lines | ours, straight lines |"
            .to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    lines.extend(rows.iter().map(|row| {
        let broken = || format!("not possible: {}", row.broken.as_deref().unwrap_or_default());
        let replayed = row.replayed.as_ref().map_or_else(broken, told);
        format!("| {} | {} | {replayed} | {} |", row.example, told(&row.published), told(&row.ours))
    }));
    lines.join("\n")
}

fn told(figures: &Figures) -> String {
    let Figures { priority, travel_seconds, metres } = figures;
    let (hours, minutes, seconds) = (travel_seconds / 3600, travel_seconds / 60 % 60, travel_seconds % 60);
    format!("priorities {priority}, {hours}:{minutes:02}:{seconds:02} of travel, {:.1} km", *metres as f64 / 1000.0)
}
