//! A plan in a few lines, as `demo` and `solve` print it: per agent the stops, kilometres and hours, and what was left out.

use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;

/// The summary of an `OptimizeItinerary` resource.
pub(super) fn summary(resource: &Value) -> String {
    let agents = list(resource, "agentItineraries");
    let left_out = list(resource, "unscheduledItems");
    let stops: usize = agents.iter().map(stops).sum();
    let mut text = format!(
        "\nThe fleet is planned: {stops} of {} stops are visited.\n\n  {:<24} {:>5} {:>8} {:>7}\n",
        stops + left_out.len(),
        "agent",
        "stops",
        "km",
        "hours"
    );
    for agent in agents {
        let name = agent["agent"]["name"].as_str().unwrap_or_default();
        let kilometres = agent["route"]["totalTravelDistance"].as_f64().unwrap_or_default() / 1000.0;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<24} {:>5} {kilometres:>8.1} {:>7.1}", self::stops(agent), hours(agent));
    }
    for agent in list(resource, "unusedAgents") {
        let _ = writeln!(text, "  {:<24} stays at home", agent["name"].as_str().unwrap_or_default());
    }
    if !left_out.is_empty() {
        text.push_str("\n  left out\n");
    }
    for item in left_out {
        let _ = writeln!(text, "    {}", item["name"].as_str().unwrap_or_default());
    }
    text
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

fn stops(agent: &Value) -> usize {
    list(agent, "instructions").iter().filter(|step| step["instructionType"] == "VisitLocation").count()
}

/// Hours from leaving to arriving, over all shifts.
fn hours(agent: &Value) -> f64 {
    let sum = |kind: &str, member: &str| -> i64 {
        let steps = list(agent, "instructions").iter().filter(|step| step["instructionType"] == kind);
        steps.filter_map(|step| step[member].as_str()?.parse::<Timestamp>().ok()).map(Timestamp::as_second).sum()
    };
    (sum("ArriveToEndPoint", "endTime") - sum("LeaveFromStartPoint", "startTime")) as f64 / 3600.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stops_kilometres_and_hours_are_those_of_the_plan() {
        let step = |kind: &str, start: &str, end: &str| json!({"instructionType": kind, "startTime": format!("2030-05-02T{start}+00:00"), "endTime": format!("2030-05-02T{end}+00:00")});
        let plan = json!({
            "agentItineraries": [{
                "agent": {"name": "Ada"},
                "instructions": [
                    step("LeaveFromStartPoint", "08:00:00", "08:00:00"), step("VisitLocation", "08:10:00", "08:20:00"),
                    step("ArriveToEndPoint", "09:00:00", "09:00:00"), step("LeaveFromStartPoint", "13:00:00", "13:00:00"),
                    step("VisitLocation", "14:00:00", "14:20:00"), step("ArriveToEndPoint", "14:30:00", "14:30:00"),
                ],
                "route": {"totalTravelDistance": 12345},
            }],
            "unscheduledItems": [{"name": "Cafe on Brooklyn Ave"}],
            "unusedAgents": [{"name": "Bo"}],
        });
        let expected = [
            "",
            "The fleet is planned: 2 of 3 stops are visited.",
            "",
            "  agent                    stops       km   hours",
            "  Ada                          2     12.3     2.5",
            "  Bo                       stays at home",
            "",
            "  left out",
            "    Cafe on Brooklyn Ave",
        ];
        assert_eq!(summary(&plan).lines().collect::<Vec<_>>(), expected);
    }
}
