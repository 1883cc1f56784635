//! What passes between the store and a worker: claims, fencing tokens and the answers to them.

use bytes::Bytes;
use uuid::Uuid;

use crate::Operation;

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
    /// What was asked.
    pub request: Bytes,
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
