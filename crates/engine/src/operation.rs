//! What a client may see of a long question.

/// The states of an operation; the last three are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationState {
    /// Accepted and stored, not begun.
    NotStarted,
    /// A worker has it.
    Running,
    /// Its result is stored.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It was cancelled.
    Canceled,
}

impl OperationState {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}

/// A long question as its asker may see it. Times are Unix milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationView {
    /// Lower-case dashed GUID.
    pub id: String,
    /// Which question it is, e.g. `bing.optimizeItinerary`.
    pub kind: String,
    /// Whose it is.
    pub tenant: String,
    /// How far it has come.
    pub state: OperationState,
    /// Fraction done, 0 to 1.
    pub progress: f64,
    /// Parts done, of [`Self::parts_total`].
    pub parts_done: u64,
    /// Parts in all.
    pub parts_total: u64,
    /// Grows with every change.
    pub version: u64,
    /// How often work on it was begun.
    pub attempts: u32,
    /// When it was accepted.
    pub created_ms: i64,
    /// When work began.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub finished_ms: Option<i64>,
    /// When it will be forgotten.
    pub expires_ms: Option<i64>,
    /// Whether a result is kept: also of one that was cancelled when it had a plan.
    pub has_result: bool,
    /// How many better answers its worker has published so far.
    pub incumbents: u64,
    /// When its state last changed.
    pub last_action_ms: i64,
    /// Why it failed: a stable code and a sentence.
    pub error: Option<(String, String)>,
    /// Seconds after which asking again is worth while; at least 1.
    pub retry_after_s: u32,
}

impl OperationView {
    /// Whether there is an answer to fetch.
    pub fn is_answered(&self) -> bool {
        match self.state {
            OperationState::Succeeded => true,
            OperationState::Canceled => self.has_result,
            OperationState::NotStarted | OperationState::Running | OperationState::Failed => false,
        }
    }
}
