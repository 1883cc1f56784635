//! What is wrong with a request: the parameters, by the names that the client used, each with a reason.
//!
//! **Why.** A client repairs a request fastest when it sees every fault at once. **How.** Readers put what they find into a
//! [`Faults`] and go on; [`Faults::none`] ends the reading. **What never happens:** an answer that names no parameter, or one
//! as long as the request: reading ends when there are more faults than an answer shows.

use std::fmt;

use engine::Reason;
use serde::Serialize;
use serde_json::Value;

use crate::value::Wrong;

/// A parameter that is missing or invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name with its place in the body: `itineraryItems[3].priority`.
    pub parameter: String,
    /// Which rule it breaks, with a stable code.
    pub reason: Reason,
    /// What the client sent, or what was counted, where that is one value.
    pub value: Option<Value>,
    /// What is wrong, with the value and the limit.
    pub message: String,
    /// What helps; empty where the message says all.
    pub remedy: String,
}

/// A fault as answers show it to programs.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    code: &'static str,
    field: &'a str,
    message: &'a str,
    remedy: &'a str,
    value: Option<&'a Value>,
}

impl Fault {
    fn new(parameter: impl Into<String>, Wrong { reason, message, remedy }: Wrong) -> Self {
        Self { parameter: parameter.into(), reason, value: None, message, remedy }
    }

    /// What is wrong and what helps, as one sentence.
    pub fn sentence(&self) -> String {
        let Self { message, remedy, .. } = self;
        if remedy.is_empty() { message.clone() } else { format!("{message}: {remedy}") }
    }

    pub(crate) fn shown(&self) -> Shown<'_> {
        let Self { parameter, reason, value, message, remedy } = self;
        Shown { code: reason.code(), field: parameter, message, remedy, value: value.as_ref() }
    }
}

/// A request that breaks rules of the contract; all faults found are named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.0))]
pub struct BadRequest(pub Vec<Fault>);

impl BadRequest {
    /// The one fault of `parameter`.
    pub(crate) fn new(parameter: impl Into<String>, wrong: Wrong) -> Self {
        Self(vec![Fault::new(parameter, wrong)])
    }
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.parameter, self.sentence())
    }
}

/// Faults that an answer shows; a client repairs these first anyway.
pub(crate) const SHOWN: usize = 50;

/// Faults found so far: as many as an answer shows, and one more that says that there are more.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, parameter: impl Into<String>, wrong: Wrong) {
        if !self.is_full() {
            self.0.push(Fault::new(parameter, wrong));
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() > SHOWN
    }

    /// The value of `result`, or nothing and a fault of `parameter`.
    pub(crate) fn keep<T>(&mut self, parameter: &str, result: Result<T, Wrong>) -> Option<T> {
        result.map_err(|wrong| self.add(parameter, wrong)).ok()
    }

    /// All of them.
    pub(crate) fn found(self) -> Vec<Fault> {
        self.0
    }

    /// `Ok` while nothing was found.
    pub(crate) fn none(self) -> Result<(), BadRequest> {
        if self.0.is_empty() { Ok(()) } else { Err(BadRequest(self.0)) }
    }
}
