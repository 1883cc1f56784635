//! What passes between the store and a worker: claims, fencing tokens and the answers to them.

use bytes::Bytes;
use uuid::Uuid;

use crate::payload::Payload;
use crate::{Failure, Operation};

/// The fencing token: which attempt at which item of which operation. Every write of a worker names it and has no
/// effect once another attempt began or the operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// The operation.
    pub op: Uuid,
    /// The item within it.
    pub seq: u32,
    /// The attempt, counted from 1, never given twice.
    pub attempt: u32,
}

/// What an item is to its operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The only one: its output is the result.
    Whole,
    /// Adds the parts ([`crate::Store::add_items`]) and completes with [`Output::Planned`].
    Planner,
    /// One of many.
    Part,
    /// Begins when all parts have ended: puts their outputs together, or adds the parts of the next stage.
    Join,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Whole, Self::Planner, Self::Part, Self::Join];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Planner => "planner",
            Self::Part => "part",
            Self::Join => "join",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it is among the items that are counted.
    pub(crate) fn counts(self) -> bool {
        matches!(self, Self::Whole | Self::Part)
    }
}

/// A part, as a planner or a join adds it.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Its number, from 1 and never used before in this operation; the same number again adds nothing.
    pub seq: u32,
    /// What its executor is given beside the request.
    pub input: Bytes,
    /// How much work it is, against other items: what its tenant is charged for. At least 1.
    pub weight: u32,
    /// Whether its failure is the operation's; else the operation goes on without it.
    pub required: bool,
}

/// How a planner or a join that adds parts ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// How many parts there will be in all, if stages are to follow: progress is measured against it.
    pub expected: Option<u64>,
    /// Whether a join begins when all parts have ended; else the operation has then succeeded.
    pub join: bool,
}

/// What an attempt ends with.
#[derive(Debug, Clone)]
pub struct Output(pub(crate) Outcome);

#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Payload(Payload),
    Plan(Plan),
    Pieces(Listed),
}

/// A result that is put together while it is read.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) list: Payload,
    pub(crate) hash: blake3::Hash,
    /// The length of the whole.
    pub(crate) len: u64,
}

impl Output {
    /// The parts were added.
    pub fn planned(plan: Plan) -> Self {
        Self(Outcome::Plan(plan))
    }

    /// How many bytes it has; none of a plan.
    pub fn bytes(&self) -> Option<u64> {
        match &self.0 {
            Outcome::Pieces(pieces) => Some(pieces.len),
            _ => self.payload().map(Payload::len),
        }
    }

    /// The hash of its bytes, 64 hexadecimal digits; none of a plan, and of pieces.
    pub fn blake3(&self) -> Option<String> {
        self.payload().map(|payload| match payload {
            Payload::Inline(bytes) => blake3::hash(bytes).to_string(),
            Payload::Blob(blob) => blob.hash.to_string(),
        })
    }

    pub(crate) fn payload(&self) -> Option<&Payload> {
        match &self.0 {
            Outcome::Payload(payload) => Some(payload),
            Outcome::Plan(_) | Outcome::Pieces(_) => None,
        }
    }

    /// The blob that was written for it, if there is one.
    pub(crate) fn blob_key(&self) -> Option<&str> {
        match &self.0 {
            Outcome::Payload(payload) => payload.blob_key(),
            Outcome::Pieces(pieces) => pieces.list.blob_key(),
            Outcome::Plan(_) => None,
        }
    }
}

/// How a part stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its number.
    pub seq: u32,
    /// Whether it has ended well.
    pub done: bool,
    /// The length of its output in bytes.
    pub output_len: Option<u64>,
    /// Why it failed.
    pub error: Option<Failure>,
    pub(crate) output: Option<String>,
}

/// How many items a worker would take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// In all.
    pub all: usize,
    /// Of these, so many that are not [`crate::Priority::Interactive`].
    pub batch: usize,
}

impl From<usize> for Room {
    /// So many of any class.
    fn from(all: usize) -> Self {
        Self { all, batch: all }
    }
}

/// An item that a worker took, with all that it needs to run it.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Names this attempt.
    pub token: Token,
    /// Which executor to run.
    pub kind: String,
    /// Whose operation it is.
    pub tenant: String,
    /// The dataset that the operation was accepted with.
    pub dataset: Option<String>,
    /// When it was accepted.
    pub created_ms: i64,
    /// Renew before this time.
    pub lease_until_ms: i64,
    /// What it is to its operation.
    pub role: Role,
    /// How urgent its operation is.
    pub priority: crate::Priority,
    /// What was asked.
    pub request: Bytes,
    /// What a part was given beside it. An attachment is not here: see [`crate::Store::open_attachment`].
    pub input: Bytes,
    /// The operation at whose end this one began.
    pub parent: Option<Uuid>,
    /// Whether it has this process to itself, since an owner before died without a word.
    pub alone: bool,
    /// The trace that it belongs to.
    pub traceparent: Option<String>,
    /// The version of the request's form, as it was accepted with ([`crate::NewOperation::schema_version`]).
    pub schema_version: u32,
}

/// The answer to a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The lease runs anew.
    Held,
    /// The operation was canceled: stop working, there is nothing to report.
    CancelRequested,
    /// The item went to another attempt or is done: drop the work.
    Fenced,
}

/// The answer to a completion or a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// Recorded.
    Done,
    /// The token is not valid any more; nothing was changed.
    Fenced,
}

/// The answer to a wish to cancel. Whoever commits first wins, and the answer tells who did.
#[derive(Debug, Clone, PartialEq)]
pub enum Cancellation {
    /// It is canceled, by this wish or by an earlier one.
    Canceled(Operation),
    /// It had already succeeded or failed.
    TooLate(Operation),
    /// There is no such operation, or no longer.
    Unknown,
}
