//! What the wire dialects share: HTTP as plain data, the table of endpoints, and how a long question is accepted and polled.
//!
//! A dialect is a table of [`Endpoint`]s. Each matches a method, a path and, for Azure, an `api-version`, and holds plain
//! functions: from a [`Request`] and the engine to a [`Response`]. The server turns sockets into requests, finds the endpoint,
//! and gives long questions to the store; it never looks inside a dialect. The dialects never see sockets, `async`, or the
//! store: a long question is an [`engine::OperationView`] to them.
//!
//! ```
//! use wire::{Endpoint, Handler, Method, Response, find};
//!
//! let row = |path| Endpoint { method: Method::Get, path, api_version: None, handler: Handler::Answer(|_, _, _| Response::empty(200)) };
//! let table = [row("/route/matrix/{id}"), row("/route/matrix/json")];
//! assert_eq!(find(&table, Method::Get, "/route/matrix/json", false)[0].path, "/route/matrix/json");
//! assert_eq!(find(&table, Method::Get, "/route/matrix/0190d0a1", false)[0].path, "/route/matrix/{id}");
//! ```
//!
//! This crate is the one place where that shape is written down, so that the three dialects cannot drift apart
//! (`docs/decisions/0002-a-crate-for-the-shape-of-dialects.md`).

mod datasets;
mod endpoint;
mod request;
mod response;
mod rounds;

pub use datasets::{Catalogue, CatalogueFound, CatalogueWish, Import, ImportWish, NO_MAP, Received};
pub use endpoint::{
    Cancel, Cut, Dialect, Endpoint, Event, EventData, Failure, Found, Handler, Join, Listing, LongQuestion, Parts,
    Pieces, Poll, Refusal, Stage, Stretch, Wanted, Watch, find,
};
pub use request::{Method, Request};
pub use response::{Body, Response};
pub use rounds::Rounds;
