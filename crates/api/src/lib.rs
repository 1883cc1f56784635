//! Our own dialect at `/api/v1`: the neutral questions in GeoJSON-flavoured JSON, and a view of every operation.
//!
//! **Why.** The vendors' dialects carry twenty years of habits; who has no client to keep asks here, and the console does too.
//! **How.** [`DIALECT`] is a table of endpoints over [`wire`], one file each: its wire types, its parse to a question of
//! [`engine`], its rendering of the answer. Positions are `[longitude, latitude]`, durations seconds, distances metres. A
//! question with `Prefer: respond-async` (RFC 7240) is stored and answered later, by the same parse and rendering;
//! `/api/v1/operations/{id}` shows it, and every other operation of the same tenant, whatever dialect it came in by.
//! **What never happens:** an algorithm, a clock, a socket, the store of operations; and a member that is overlooked: what this
//! version does not know is refused by name.
//!
//! ```
//! use wire::{Method, Request};
//!
//! let mut request = Request {
//!     method: Method::Post,
//!     path: "/api/v1/matrix".to_owned(),
//!     query: String::new(),
//!     headers: vec![("prefer".to_owned(), "respond-async, wait=5".to_owned())],
//!     body: Vec::new(),
//!     base_url: "http://127.0.0.1:8080".to_owned(),
//!     received_ms: 1_700_000_000_000,
//! };
//! let endpoint = (api::DIALECT.endpoint)(&request).unwrap();
//! assert!(matches!(endpoint.handler, wire::Handler::Accept(question) if question.kind == "api.matrix"));
//!
//! request.path = "/api/v1/metrics".to_owned();
//! assert_eq!((api::DIALECT.endpoint)(&request).err().unwrap().status, 404);
//! ```

mod body;
mod datasets;
mod dialect;
mod matrix;
mod operation;
mod optimize;
mod prefer;
mod problem;
mod route;
mod terms;
mod validate;

pub use dialect::DIALECT;
pub use operation::{render_operation, state_name};
