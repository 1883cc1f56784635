//! The table of endpoints: what a dialect answers, and with which functions.

use std::io::Write;
use std::ops::Range;
use std::time::Duration;

use engine::{Budget, Engine, OperationState, OperationView};

use crate::{Catalogue, Import, Method, Request, Response};

/// One vendor's wire format.
pub struct Dialect {
    /// Its name, e.g. `bing`.
    pub name: &'static str,
    /// Whether a path is this dialect's to answer, also when it is unknown.
    pub owns: fn(path: &str) -> bool,
    /// The endpoint for a request, or the answer that says there is none (unknown path, method or version).
    pub endpoint: fn(&Request) -> Result<&'static Endpoint, Response>,
    /// All endpoints.
    pub endpoints: &'static [Endpoint],
    /// The key that a request carries.
    pub credential: fn(&Request) -> Option<String>,
    /// Query parameters that hold a key, never to be stored or logged.
    pub secrets: &'static [&'static str],
    /// The answer to a request that the server itself had to refuse.
    pub refuse: fn(&Request, &Refusal) -> Response,
    /// Whether the last word on the answer to this request is about the bytes of its body, so that a stored result must be in
    /// memory for it.
    pub rewrites: fn(&Request) -> bool,
    /// The last word on every answer of this dialect (JSONP, suppressed status, headers that all answers carry).
    pub finish: fn(&Request, Response) -> Response,
}

/// Why the server refused a request before the dialect saw it, or could not finish it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It carries no key.
    NoKey,
    /// It carries a key that is not known.
    WrongKey,
    /// The body is larger than `limits.body_bytes`.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Too much is being asked at once.
    Busy {
        /// Seconds after which to try again.
        retry_after_s: u32,
    },
    /// The server cannot store or compute just now; the reason is a sentence.
    Unavailable(String),
    /// The question took longer than a synchronous answer may.
    TimedOut,
    /// Its body did not come in time.
    BodyLate {
        /// Seconds that it had.
        within_s: u64,
    },
    /// It repeats the key of an earlier question and is not that question.
    KeyReused {
        /// The header that carries the key.
        header: &'static str,
    },
    /// It says something about how it is to be treated that cannot be.
    BadHeader {
        /// The header.
        header: &'static str,
        /// What is wrong with it, a sentence.
        reason: String,
    },
    /// The asker may not do this; a sentence says who may.
    NotAllowed(String),
    /// The file that is its body is larger than `datasets.upload_bytes`.
    FileTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A fault of ours; the details are in the log under the request's id.
    Internal,
}

/// One row of the table.
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with `{id}` standing for one segment: `/route/matrix/{id}`.
    pub path: &'static str,
    /// The `api-version` it belongs to, where the dialect has such.
    pub api_version: Option<&'static str>,
    /// What answers it.
    pub handler: Handler,
}

/// What answers an endpoint.
pub enum Handler {
    /// A question that is answered at once: parse, ask the engine, render.
    Answer(fn(&Engine, &Request, &Budget) -> Response),
    /// A question that is accepted, stored and worked on later.
    Accept(&'static LongQuestion),
    /// What a client sees of a question that was accepted.
    Poll(&'static Poll),
    /// A page of the asker's operations.
    List(&'static Listing),
    /// The wish that a question be given up.
    Cancel(&'static Cancel),
    /// What happens to a question, told as it happens.
    Watch(&'static Watch),
    /// The datasets that there are, and which is in use.
    Catalogue(&'static Catalogue),
}

/// A question that is accepted now and answered later, by the same parse, ask, render.
pub struct LongQuestion {
    /// Its name in the store, e.g. `bing.optimizeItinerary`; never changed, since stored questions carry it.
    pub kind: &'static str,
    /// Parses and checks against every limit; a faulty question is refused at once and nothing is stored.
    pub check: fn(&Engine, &Request) -> Result<(), Response>,
    /// The answer that says it was accepted.
    pub accepted: fn(&Request, &OperationView) -> Response,
    /// The answer in the bytes that polls will copy; run by a worker, and again after a crash.
    pub run: fn(&Engine, &Request, &Budget) -> Result<Vec<u8>, Failure>,
    /// How long the client asked to wait for the end; when it comes in time, the answer is that of [`LongQuestion::poll`].
    pub wait: fn(&Request) -> Duration,
    /// How a large one is cut, if such questions can be: the form of new ones first, then those of stored ones that may still be
    /// under way. Each is worked on from cut to join in the form that it was accepted in.
    pub parts: &'static [&'static Parts],
    /// What is made of the map that is its body, if it is one. Such a body goes to the store unread, and is replaced by a
    /// [`crate::Received`] before anything else sees the question; a worker then imports it and [`LongQuestion::run`] is not asked.
    pub import: Option<&'static Import>,
    /// The poll that follows.
    pub poll: &'static Poll,
}

/// How a large question is cut into parts that workers answer side by side, and their answers put together: the same bytes as
/// [`LongQuestion::run`] would give.
#[expect(clippy::type_complexity, reason = "each is a plain function whose arguments are named by their types")]
pub struct Parts {
    /// The version of the form of [`Cut::input`] and of what [`Parts::run`] hands in, 1 at first: workers that do not know it leave
    /// such questions to others.
    pub form: u32,
    /// Whether this question, which was checked, is worth cutting.
    pub is_large: fn(&Engine, &Request) -> bool,
    /// The cut: the same, whoever makes it and whenever. The budget knows how old the question is.
    pub cut: fn(&Engine, &Request, &Budget) -> Result<Stage, Failure>,
    /// Answers one part, given its [`Cut::input`].
    pub run: fn(&Engine, &Request, &[u8], &Budget) -> Result<Vec<u8>, Failure>,
    /// What is cut from the answers of all stages so far: another stage, or none when they can be joined. Without this there is
    /// one stage.
    pub next: Option<fn(&Engine, &Request, &mut dyn Pieces, &Budget) -> Result<Option<Stage>, Failure>>,
    /// Makes the answer from what the parts came to.
    pub join: Join,
}

/// How the answer to a large question is made from what its parts came to.
#[expect(clippy::type_complexity, reason = "each is a plain function whose arguments are named by their types")]
#[derive(Clone, Copy)]
pub enum Join {
    /// It is written, piece by piece.
    Written(fn(&Engine, &Request, &mut dyn Pieces, &Budget, &mut dyn Write) -> Result<(), Failure>),
    /// It stands in the parts' answers already, and is a list of stretches of them: who asks for it is sent one after
    /// the other, and nothing is copied before. For answers of gigabytes, whose copy would be one worker's work alone.
    Listed(fn(&Engine, &Request, &mut dyn Pieces, &Budget) -> Result<Vec<Stretch>, Failure>),
}

/// A stretch of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// These bytes.
    Text(Vec<u8>),
    /// These bytes of what the part of that number was answered.
    Of(usize, Range<u64>),
}

impl Join {
    /// Writes the answer out, whichever way it is made.
    pub fn write(
        self,
        engine: &Engine,
        request: &Request,
        pieces: &mut dyn Pieces,
        budget: &Budget,
        sink: &mut dyn Write,
    ) -> Result<(), Failure> {
        let list = match self {
            Self::Written(write) => return write(engine, request, pieces, budget, sink),
            Self::Listed(list) => list,
        };
        for stretch in list(engine, request, pieces, budget)? {
            let bytes = match stretch {
                Stretch::Text(text) => text,
                Stretch::Of(part, bytes) => pieces.bytes(part, bytes)??,
            };
            sink.write_all(&bytes).map_err(|error| Failure::unwritten(&error))?;
        }
        Ok(())
    }
}

/// Parts that are worked on side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// What they are asked.
    pub cuts: Vec<Cut>,
    /// How many parts there will be in all, where stages may follow.
    pub expected: Option<usize>,
}

impl From<Vec<Cut>> for Stage {
    /// The only stage.
    fn from(cuts: Vec<Cut>) -> Self {
        Self { cuts, expected: None }
    }
}

/// One part of a large question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What is asked, in the dialect's own form.
    pub input: Vec<u8>,
    /// How much work it is, against other parts.
    pub weight: u32,
    /// Whether the question has failed when this part has; else the answer says so in its place.
    pub required: bool,
}

/// What the parts of a question came to.
pub trait Pieces {
    /// How many parts there are, of all stages.
    fn count(&self) -> usize;

    /// What the part of that number, from 0 in the order of the cut, was answered, or why it was not; an error of the whole
    /// where it cannot be read.
    fn piece(&mut self, number: usize) -> Result<Result<Vec<u8>, Failure>, Failure>;

    /// How many bytes that is; an error where there is no answer.
    fn len(&mut self, number: usize) -> Result<u64, Failure> {
        Ok(self.piece(number)??.len() as u64)
    }

    /// The same for some of its bytes; an error of the whole where it has not all of them.
    fn bytes(&mut self, number: usize, bytes: Range<u64>) -> Result<Result<Vec<u8>, Failure>, Failure> {
        let piece = match self.piece(number)? {
            Ok(piece) => piece,
            Err(failure) => return Ok(Err(failure)),
        };
        let found = piece.get(bytes.start as usize..bytes.end as usize).map(<[u8]>::to_vec);
        found.map(Ok).ok_or_else(|| Failure {
            code: "Internal".to_owned(),
            message: format!("part {number} of the answer has no bytes {bytes:?}"),
            retry: false,
        })
    }
}

/// Looking at a question that was accepted.
pub struct Poll {
    /// The id asked for, or the answer to a malformed one.
    pub id: fn(&Request) -> Result<String, Response>,
    /// Which kinds of operation may be seen here; any other is unknown. Empty: all.
    pub kinds: &'static [&'static str],
    /// The answer.
    pub render: fn(&Request, &Found) -> Response,
}

/// Looking at many questions.
pub struct Listing {
    /// Which are asked for, or the answer to a faulty wish.
    pub wanted: fn(&Request) -> Result<Wanted, Response>,
    /// The answer: the operations of the page, newest first, and whether there are more behind it.
    pub render: fn(&Request, &[OperationView], bool) -> Response,
}

/// Which operations a page is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Only in this state.
    pub state: Option<OperationState>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// At most this many.
    pub limit: usize,
    /// Those behind this one, the last of the page before.
    pub after: Option<String>,
}

/// Giving a question up.
pub struct Cancel {
    /// The id asked for, or the answer to a malformed one.
    pub id: fn(&Request) -> Result<String, Response>,
    /// The answer; the flag says whether the wish came too late, because the operation had ended otherwise.
    pub render: fn(&Request, &Found, bool) -> Response,
}

/// Watching a question as server-sent events until it ends.
pub struct Watch {
    /// The id asked for, or the answer to a malformed one.
    pub id: fn(&Request) -> Result<String, Response>,
    /// The answer where there is nothing to watch.
    pub unknown: fn(&Request, &Found) -> Response,
    /// What to tell of the step from one view to the next; before the first there was none.
    pub events: fn(&Request, Option<&OperationView>, &OperationView) -> Vec<Event>,
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name, e.g. `progress`.
    pub name: &'static str,
    /// What it says.
    pub data: EventData,
}

/// What an event says, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventData {
    /// This text.
    Text(String),
    /// The best answer so far, as its worker has published it.
    Incumbent,
}

/// What the store holds under an id.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Nothing, or nothing any more, or another kind.
    Unknown,
    /// An operation of another tenant.
    Foreign,
    /// This. When it has succeeded, the answer's body may be [`crate::Body::StoredResult`].
    Operation(Box<OperationView>),
}

/// Why an accepted question ended without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Stable code, e.g. `NoDataset`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Whether another attempt could end better.
    pub retry: bool,
}

impl Failure {
    /// The answer could not be written; another attempt may.
    pub fn unwritten(error: &std::io::Error) -> Self {
        let message = format!("the answer could not be written: {error}");
        Self { code: "ResultNotWritten".to_owned(), message, retry: true }
    }
}

/// The row for a method and path: literal segments win over `{…}`, `%3A` counts as `:` (the path is decoded already), and
/// `ignore_case` is for dialects whose paths are in any case. Rows of all versions are returned.
pub fn find<'a>(table: &'a [Endpoint], method: Method, path: &str, ignore_case: bool) -> Vec<&'a Endpoint> {
    let path = path.trim_end_matches('/');
    let mut rows: Vec<&Endpoint> =
        table.iter().filter(|row| row.method == method && matches(row.path, path, ignore_case)).collect();
    let fewest = rows.iter().map(|row| placeholders(row.path)).min().unwrap_or(0);
    rows.retain(|row| placeholders(row.path) == fewest);
    rows
}

fn placeholders(template: &str) -> usize {
    template.split('/').filter(|part| is_placeholder(part)).count()
}

fn is_placeholder(part: &str) -> bool {
    part.starts_with('{') && part.ends_with('}')
}

fn matches(template: &str, path: &str, ignore_case: bool) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(want), Some(got)) => {
                let same = want == got || (ignore_case && want.eq_ignore_ascii_case(got));
                if !(same || (is_placeholder(want) && !got.is_empty())) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(path: &'static str, api_version: Option<&'static str>) -> Endpoint {
        Endpoint { method: Method::Get, path, api_version, handler: Handler::Answer(|_, _, _| Response::empty(200)) }
    }

    #[test]
    fn literals_win_over_placeholders() {
        let table =
            [row("/route/matrix/{id}", None), row("/route/matrix/json", None), row("/route/matrix:async", None)];
        let found = |path, ignore_case| -> Vec<&str> {
            find(&table, Method::Get, path, ignore_case).iter().map(|row| row.path).collect()
        };
        assert_eq!(found("/route/matrix/json", false), ["/route/matrix/json"]);
        assert_eq!(found("/route/matrix/abc", false), ["/route/matrix/{id}"]);
        assert_eq!(found("/route/matrix:async/", false), ["/route/matrix:async"]);
        assert_eq!(found("/ROUTE/matrix:ASYNC", true), ["/route/matrix:async"]);
        assert!(found("/route/matrix/", false).is_empty());
        assert!(found("/route/matrix/a/b", false).is_empty());
        assert!(find(&table, Method::Post, "/route/matrix/json", false).is_empty());
    }
}
