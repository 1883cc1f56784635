//! An operation as its owner sees it, and as it is handed in.

use bytes::Bytes;
use uuid::Uuid;

use crate::{Error, Output};

/// Where an operation stands. The last three are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Accepted, no worker has taken it yet.
    NotStarted,
    /// A worker took it at least once.
    Running,
    /// It has a result.
    Succeeded,
    /// It has an error.
    Failed,
    /// Somebody asked for it to stop.
    Canceled,
}

impl State {
    /// All states, in the order of a life.
    pub const ALL: [Self; 5] = [Self::NotStarted, Self::Running, Self::Succeeded, Self::Failed, Self::Canceled];

    /// The state's name, the same in the database, on the command line and in the neutral view.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotStarted => "notStarted",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// The state of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing can change any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}

/// Why an operation failed: a stable code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable code, such as `workerLost`.
    pub code: String,
    /// What happened, in a sentence.
    pub message: String,
}

/// The longest code and message that are kept, in bytes: a cause is a sentence, not a dump.
const CODE_LIMIT: usize = 100;
const MESSAGE_LIMIT: usize = 4_000;

impl Failure {
    /// The same, cut to what is kept.
    pub(crate) fn bounded(mut self) -> Self {
        // PostgreSQL's text cannot hold a zero.
        self.code.retain(|character| character != '\0');
        self.message.retain(|character| character != '\0');
        self.code.truncate(self.code.floor_char_boundary(CODE_LIMIT));
        self.message.truncate(self.message.floor_char_boundary(MESSAGE_LIMIT));
        self
    }
}

/// How urgent an operation is. Waiting lifts it by one class per [`crate::StoreOptions::ageing_s`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Somebody waits for it; it has a share of every process to itself.
    Interactive,
    /// The usual.
    #[default]
    Batch,
    /// Whenever there is nothing else to do.
    Background,
}

impl Priority {
    /// All classes, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Interactive, Self::Batch, Self::Background];

    pub(crate) fn number(self) -> i64 {
        self as i64
    }

    pub(crate) fn from_number(number: i64) -> Self {
        Self::ALL.get(usize::try_from(number).unwrap_or(0)).copied().unwrap_or(Self::Background)
    }
}

/// A key under which a client may send the same request again and gets the same operation, for as long as that can be
/// seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Which question it was sent to: the same key at another is another key.
    pub route: String,
    /// The client's text.
    pub key: String,
    /// The hash of what makes the request the same; another under the same key is [`Error::KeyReused`].
    pub body_hash: [u8; 32],
}

/// Work that begins when an operation ends, in the same transaction: a webhook, say. It becomes an operation of its own, whose
/// [`Operation::parent`] is the one that ended, and is not listed.
#[derive(Debug, Clone)]
pub struct FollowUp {
    /// The executor's name.
    pub kind: String,
    /// What it will be given.
    pub request: Bytes,
}

/// An operation as it is handed in. The request is opaque here.
#[derive(Debug, Clone, Default)]
pub struct NewOperation {
    /// Chosen by the caller, so that an accept whose answer was lost can be repeated; see [`new_id`].
    pub id: Uuid,
    /// Whose it is.
    pub tenant: String,
    /// What kind of work it is: the executor's name.
    pub kind: String,
    /// The dataset that it was accepted with and keeps.
    pub dataset: Option<String>,
    /// What the executor will be given.
    pub request: Bytes,
    /// A file that belongs to the question, too large to be held in memory: written before ([`crate::Store::attachment_writer`]), read
    /// by the executor of any item ([`crate::Store::open_attachment`]), gone with the operation.
    pub attachment: Option<Output>,
    /// How urgent it is.
    pub priority: Priority,
    /// The key under which it may be sent again.
    pub idempotency: Option<IdempotencyKey>,
    /// Whether its first item is a planner, which adds the items that do the work; else its one item is the whole.
    pub planned: bool,
    /// What is to begin when it ends.
    pub follow_up: Option<FollowUp>,
    /// The trace that it belongs to, as W3C writes it.
    pub traceparent: Option<String>,
    /// The version of the request's form: only workers that know it take it (0 counts as 1).
    pub schema_version: u32,
}

impl NewOperation {
    /// Names end up in keys, logs and indexes: they are short and not empty.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_name("tenant", &self.tenant)?;
        check_name("kind", &self.kind)?;
        if let Some(key) = &self.idempotency {
            check_name("idempotency route", &key.route)?;
            check_name("idempotency key", &key.key)?;
        }
        if let Some(text) = &self.traceparent {
            check_name("traceparent", text)?;
        }
        if self.attachment.as_ref().is_some_and(|attachment| attachment.bytes().is_none()) {
            return Err(Error::Invalid { field: "attachment", value: "a plan".into(), limit: "a file" });
        }
        self.follow_up.as_ref().map_or(Ok(()), |follow_up| check_name("kind", &follow_up.kind))
    }
}

/// The answer to an operation that was handed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// As it stands: just accepted, or what became of the one that was sent before.
    pub operation: Operation,
    /// Whether it had been accepted before, under the same key.
    pub repeated: bool,
}

/// The longest name of a tenant, kind or key, in bytes.
const NAME_LIMIT: usize = 200;

pub(crate) fn check_name(field: &'static str, name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > NAME_LIMIT || name.chars().any(char::is_control) {
        let value = name.chars().take(NAME_LIMIT).collect();
        return Err(Error::Invalid { field, value, limit: "1 to 200 bytes without control characters" });
    }
    Ok(())
}

/// An operation as its owner sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: String,
    /// What kind of work it is.
    pub kind: String,
    /// Where it stands.
    pub state: State,
    /// Grows with every change that a reader could see.
    pub version: u64,
    /// When it was accepted.
    pub created_ms: i64,
    /// When a worker first took it.
    pub started_ms: Option<i64>,
    /// When it reached its final state.
    pub finished_ms: Option<i64>,
    /// From when on it is not found any more; unfinished work never expires.
    pub expires_ms: Option<i64>,
    /// How urgent it is.
    pub priority: Priority,
    /// The operation at whose end it began, if it is a [`FollowUp`].
    pub parent: Option<Uuid>,
    /// Of how many parts it consists, as far as they are known.
    pub items_total: u64,
    /// How many parts are done.
    pub items_done: u64,
    /// How many parts have failed, where that is not the operation's failure.
    pub items_failed: u64,
    /// Whether there is a result: of one that succeeded, or the best found before it was canceled.
    pub has_result: bool,
    /// Done so far, 0 to 1; never falls.
    pub progress: f64,
    /// How often a worker took it, without those that handed it back.
    pub attempts: u64,
    /// The dataset that it was accepted with.
    pub dataset: Option<String>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// When it last changed.
    pub last_action_ms: i64,
    /// The trace that it belongs to.
    pub traceparent: Option<String>,
}

/// Which operations to list, newest first.
#[derive(Debug, Clone)]
pub struct ListFilter {
    /// Only of this tenant.
    pub tenant: Option<String>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Also what began at the end of others.
    pub follow_ups: bool,
    /// At most this many (at most 1,000).
    pub limit: usize,
    /// Continue behind this one, the last of the page before.
    pub after: Option<Uuid>,
}

impl Default for ListFilter {
    fn default() -> Self {
        Self { tenant: None, state: None, kind: None, follow_ups: false, limit: 100, after: None }
    }
}

/// A fresh id (UUID version 7): its order is the order of creation, which keeps the database's tree dense.
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}
