//! The dialect of Azure Maps: Route 1.0 and the asynchronous matrix of Route 2025-01-01, at the vendor's own paths.
//!
//! [`DIALECT`] is a table of endpoints over [`wire`]. Each file under `v1` and `v2025` is one endpoint or one family of
//! endpoints: its wire types, its parse to a neutral question of [`engine`], and its rendering of the answer. What all of
//! them share lies beside: `version` (the `api-version` rules), `error` (the error bodies), `query` and `rule` (query
//! parameters), `geojson`, `time`, and `headers` (what every answer carries).
//!
//! A parameter of Azure's that this version does not serve is refused by name with a 400 when it would change the answer,
//! and named in the header `x-roundsman-ignored` when it would not: an answer is never given as if a different question
//! had been asked.
//!
//! In Route 1.0 times are labelled with the offset of the place where they fall, and one without an offset is meant so; batches,
//! alone, are labelled in UTC (`+00:00`). In 2025-01-01 a time without an offset is UTC, and labels have the offset that was sent.
//!
//! Never in here: an algorithm, the clock (a request brings its own time), sockets, `async`, the store of operations. A key
//! never reaches an address that is sent back.
//!
//! ```
//! use wire::{Method, Request};
//!
//! let mut request = Request {
//!     method: Method::Get,
//!     path: "/route/directions/json".to_owned(),
//!     query: "api-version=1.0&query=47.66,-122.31:47.65,-122.30".to_owned(),
//!     headers: Vec::new(),
//!     body: Vec::new(),
//!     base_url: "http://127.0.0.1:8080".to_owned(),
//!     received_ms: 1_700_000_000_000,
//! };
//! let endpoint = (azure::DIALECT.endpoint)(&request).unwrap();
//! assert_eq!((endpoint.path, endpoint.api_version), ("/route/directions/{format}", Some("1.0")));
//!
//! request.query = "query=47.66,-122.31:47.65,-122.30".to_owned();
//! assert_eq!((azure::DIALECT.endpoint)(&request).err().unwrap().status, 400);
//! ```

mod body;
mod dialect;
mod error;
mod geojson;
mod guid;
mod headers;
mod query;
mod refusal;
mod rule;
mod table;
mod time;
mod v1;
mod v2025;
mod vehicle;
mod version;

pub use dialect::DIALECT;
