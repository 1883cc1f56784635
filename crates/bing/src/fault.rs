//! What is wrong with a request: the parameters, by the names that the client used, each with a reason.
//!
//! **Why.** A client repairs a request fastest when it sees every fault at once. **How.** Readers put what they find into a
//! [`Faults`] and go on; [`Faults::none`] ends the reading. **What never happens:** an answer that names no parameter, or one
//! as long as the request: reading ends when there are more faults than an answer shows.

use std::fmt;

/// A parameter that is missing or invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name with its place in the body: `itineraryItems[3].priority`.
    pub parameter: String,
    /// A sentence with the value, the limit and the remedy.
    pub reason: String,
}

/// A request that breaks rules of the contract; all faults found are named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.0))]
pub struct BadRequest(pub Vec<Fault>);

impl BadRequest {
    /// The one fault of `parameter`.
    pub(crate) fn new(parameter: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(vec![Fault { parameter: parameter.into(), reason: reason.into() }])
    }
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.parameter, self.reason)
    }
}

/// Faults that an answer shows; a client repairs these first anyway.
pub(crate) const SHOWN: usize = 50;

/// Faults found so far: as many as an answer shows, and one more that says that there are more.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, parameter: impl Into<String>, reason: impl Into<String>) {
        if !self.is_full() {
            self.0.push(Fault { parameter: parameter.into(), reason: reason.into() });
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() > SHOWN
    }

    /// The value of `result`, or nothing and a fault of `parameter`.
    pub(crate) fn keep<T>(&mut self, parameter: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|reason| self.add(parameter, reason)).ok()
    }

    /// `Ok` while nothing was found.
    pub(crate) fn none(self) -> Result<(), BadRequest> {
        if self.0.is_empty() { Ok(()) } else { Err(BadRequest(self.0)) }
    }
}
