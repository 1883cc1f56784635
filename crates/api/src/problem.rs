//! What goes wrong, in our own words: `{"error": {"code", "message", "details": [{"code", "field", "message", "remedy", "value"}]}}`.
//!
//! Every fault of a question is a detail, with a code of `docs/faults.md`, its path in the question, the value that stands there
//! (null where there is none, or where it is no single value) and what would mend it.

use engine::{Error, Fault, Reason};
use serde::Serialize;
use serde_json::Value;
use wire::{Failure, Refusal, Response};

/// The type of every body that is written here.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// The most faults that an answer lists; a question with more is repaired in turns.
const MOST_DETAILS: usize = 50;

/// Seconds after which a server that cannot answer just now is worth asking again.
const RETRY_S: u32 = 5;

/// An answer that says what went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    /// Stable, for programs.
    pub(crate) code: String,
    /// A sentence, for people.
    pub(crate) message: String,
    /// The members of the question that are at fault.
    pub(crate) details: Vec<Detail>,
    /// Seconds after which to ask again.
    retry_after_s: Option<u32>,
}

/// One member of the question, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Detail {
    code: &'static str,
    pub(crate) field: String,
    pub(crate) message: String,
    remedy: String,
    value: Option<Value>,
}

impl Detail {
    /// A fault of a body in Bing's words.
    pub(crate) fn of_bing(fault: &bing::Fault) -> Self {
        let bing::Fault { parameter, reason, value, message, remedy } = fault.clone();
        Self { code: reason.code(), field: parameter, message, remedy, value }
    }

    /// The same member, of a part of the question.
    pub(crate) fn within(self, part: &str) -> Self {
        Self { field: format!("{part}.{}", self.field), ..self }
    }

    fn sentence(&self) -> String {
        let Self { message, remedy, .. } = self;
        if remedy.is_empty() { message.clone() } else { format!("{message}: {remedy}") }
    }
}

impl Problem {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), details: Vec::new(), retry_after_s: None }
    }

    /// A question with these faults, at least one.
    pub(crate) fn invalid(details: Vec<Detail>) -> Self {
        let first = details.first().map_or_else(String::new, Detail::sentence);
        Self { details, ..Self::new(400, "InvalidQuestion", first) }
    }

    /// A question with one fault.
    pub(crate) fn of(fault: impl Into<Detail>) -> Self {
        Self::invalid(vec![fault.into()])
    }

    fn later(self, retry_after_s: u32) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..self }
    }

    pub(crate) fn response(&self) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            code: &'a str,
            message: &'a str,
            details: &'a [Detail],
        }
        let details = &self.details[..self.details.len().min(MOST_DETAILS)];
        let error = Inner { code: &self.code, message: &self.message, details };
        let response = Response::new(self.status, JSON, json(&Body { error }));
        match (self.status, self.retry_after_s) {
            (401, _) => response.with("www-authenticate", "Bearer"),
            (_, Some(seconds)) => response.with("retry-after", seconds.max(1).to_string()),
            _ => response,
        }
    }

    /// The same, of a question that is answered later; only faults of ours may end better the next time.
    pub(crate) fn failure(self) -> Failure {
        Failure { retry: self.status == 500, code: self.code, message: self.message }
    }
}

/// A value as JSON text.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("texts, numbers and lists always have a JSON form")
}

impl From<Fault> for Detail {
    fn from(fault: Fault) -> Self {
        let Fault { field, reason, value, message, remedy } = fault;
        Self { code: reason.code(), field, message, remedy, value: value.map(Value::from) }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Invalid(faults) => Self::invalid(faults.into_iter().map(Detail::from).collect()),
            Error::OffRoad { waypoint, .. } => {
                let lost = Fault::new(format!("waypoints[{waypoint}]"), Reason::OffRoad, message.as_str());
                let details = vec![lost.mend("move the place, or import a map that covers it").into()];
                Self { details, ..Self::new(400, "OffRoad", message) }
            }
            Error::NoRoute { .. } => Self::new(404, "NoRoute", message),
            Error::NoDataset => Self::new(503, "NoDataset", wire::NO_MAP).later(RETRY_S),
            Error::DeadlineExceeded => Self::new(503, "Timeout", message),
            Error::Canceled => Self::new(503, "Canceled", message),
            // The message may name what is nobody's business; the log has it.
            Error::Internal(_) => Self::new(500, "Internal", "the server failed to answer the question"),
        }
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NoKey => {
                Self::new(401, "NoKey", "no key was given: send `Authorization: Bearer KEY` or `x-api-key`")
            }
            Refusal::WrongKey => Self::new(401, "WrongKey", "the key is not known to this server"),
            Refusal::TooLarge { limit } => {
                let message = format!("the body is larger than {limit} bytes (limits.body_bytes): ask in parts");
                Self::new(413, "TooLarge", message)
            }
            Refusal::Busy { retry_after_s } => {
                let message = format!("too much is being asked at once: try again in {retry_after_s} s");
                Self::new(429, "Busy", message).later(*retry_after_s)
            }
            Refusal::Unavailable(reason) => Self::new(503, "Unavailable", reason.as_str()).later(RETRY_S),
            Refusal::TimedOut => {
                let message =
                    "the question took longer than an answer at once may: send it with `Prefer: respond-async`";
                Self::new(503, "Timeout", message)
            }
            Refusal::BodyLate { within_s } => {
                Self::new(408, "BodyLate", format!("the body did not arrive within {within_s} s: send it again"))
            }
            Refusal::NotAllowed(who) => Self::new(403, "NotAllowed", who.as_str()),
            Refusal::FileTooLarge { limit } => {
                let message = format!("the file is larger than {limit} bytes (datasets.upload_bytes)");
                let large = Fault::new("body", Reason::OutOfRange, message);
                let large = Detail::from(large.mend("raise the setting, or import it with `roundsman import`"));
                Self { message: large.sentence(), details: vec![large], ..Self::new(413, "FileTooLarge", "") }
            }
            Refusal::KeyReused { header } => {
                let message = format!("the {header} of this question was used with another one");
                let reused = Detail::from(Fault::new(*header, Reason::Duplicate, message).mend("choose a new key"));
                Self { message: reused.sentence(), details: vec![reused], ..Self::new(422, "KeyReused", "") }
            }
            Refusal::BadHeader { header, reason } => Self::of(
                Fault::new(*header, Reason::Unreadable, reason.as_str()).mend("correct the header, or leave it out"),
            ),
            Refusal::Internal => Self::new(500, "Internal", "the server failed to answer the question"),
        }
    }
}
