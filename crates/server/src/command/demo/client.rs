//! A client of Bing Maps in fifty lines: ask for a plan, poll the callback address, take the plan.
//!
//! It knows nothing but HTTP and the published protocol, on purpose: what works here works for such clients.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;

use crate::exit::Failure;

/// A plan of this size takes seconds.
const PATIENCE: Duration = Duration::from_mins(5);

/// What came out.
pub(super) struct Planned {
    /// The `OptimizeItinerary` resource.
    pub(super) resource: Value,
    /// Where it can be fetched again.
    pub(super) callback_url: String,
}

/// Has `fleet` planned by the server at `server`.
pub(super) fn plan(server: SocketAddr, key: &str, fleet: &[u8]) -> Result<Planned, Failure> {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_mins(1))).http_status_as_error(false);
    let agent = Agent::new_with_config(config.build());
    let url = format!("http://{server}/REST/V1/Routes/OptimizeItineraryAsync?key={key}");
    let accepted = agent.post(&url).content_type("application/json").send(fleet);
    let mut status = resource(accepted)?;
    let callback_url = text(&status, "callbackUrl")?;
    eprintln!("The sample fleet is accepted and being planned; its answer will be at {callback_url}");
    let give_up = Instant::now() + PATIENCE;
    // A resource without a callback address is the plan itself.
    while status.get("callbackUrl").is_some() {
        if Instant::now() > give_up {
            return Err(Failure::no("the sample fleet was not planned within five minutes; see the server's log"));
        }
        let seconds = status["callbackInSeconds"].as_u64().unwrap_or(1).clamp(1, 10);
        std::thread::sleep(Duration::from_secs(seconds));
        status = resource(agent.get(&callback_url).call())?;
    }
    match status.get("agentItineraries") {
        Some(_) => Ok(Planned { resource: status, callback_url }),
        None => Err(Failure::no(format!("the sample fleet was not planned: {}", status["errorMessage"]))),
    }
}

/// The one resource of an answer.
fn resource(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Failure> {
    let failed = |error: ureq::Error| Failure::environment(format!("the demo cannot reach its own server: {error}"));
    let mut envelope: Value = answer.map_err(failed)?.body_mut().read_json().map_err(failed)?;
    match envelope.pointer_mut("/resourceSets/0/resources/0") {
        Some(resource) => Ok(resource.take()),
        None => Err(Failure::no(format!("the server refused the sample fleet: {}", envelope["errorDetails"]))),
    }
}

fn text(resource: &Value, member: &str) -> Result<String, Failure> {
    let missing = || Failure::no(format!("the server's answer has no {member}: {resource}"));
    resource[member].as_str().map(str::to_owned).ok_or_else(missing)
}
