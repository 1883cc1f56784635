//! The Bing Maps REST dialect: Optimize Itinerary, at once and asynchronously, as clients of the retired service expect it.
//!
//! **Why.** A client changes its host and nothing else. **How.** Text becomes one of the engine's neutral questions, and the
//! engine's answer becomes the text that Bing would have written: [`DIALECT`] is the table of endpoints that the server serves.
//! The command line and our own API use the same words through [`parse_plan`], [`render_plan`] and [`read_answer`].
//! **What never happens here:** an algorithm, a clock (a request knows when it arrived), a socket, the store of operations.
//! What Bing can do and this crate cannot yet (addresses, XML, depots) is refused by name.
//!
//! ```
//! let body = r#"{
//!   "agents": [{"shifts": [{
//!     "startTime": "2030-05-02T08:00:00", "startLocation": {"latitude": 47.655, "longitude": -122.31},
//!     "endTime": "2030-05-02T16:00:00"}]}],
//!   "itineraryItems": [{"name": "Cafe", "dwellTime": "00:20:00", "location": {"latitude": 47.66, "longitude": -122.32}}],
//!   "roadnetwork": false
//! }"#;
//! let question = bing::parse_plan(body, &engine::Limits::default())?;
//! assert_eq!(question.agents[0].name, "agent1");
//! assert_eq!(question.items[0].dwell_s, 1200);
//! # Ok::<(), bing::BadRequest>(())
//! ```

mod asynchronous;
mod common;
mod dialect;
mod envelope;
mod fault;
mod itinerary;
mod json;
mod value;

pub use dialect::DIALECT;
pub use fault::{BadRequest, Fault};
pub use itinerary::{ReadError, name_faults, parse_plan, read_answer, render_plan, unknown_members};
