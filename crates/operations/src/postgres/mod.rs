//! The store of several machines: PostgreSQL 15 or newer, shared by every node that serves or works.
//!
//! Each node writes over few connections: some for what changes an operation, always the same one for the same operation,
//! and one for claims, which must not hold the locks of other changes while they look for rows that are free (see
//! [`crate::state`]). Each gathers what waits into one transaction as the store of one machine does ([`crate::writer`]), so
//! that a node's throughput is not bounded by the time of a commit. A refused command has changed nothing, and anything else
//! undoes the group, whose commands then run one by one: so no savepoints are needed, which are dear here.
//!
//! Time is the database's: workers' clocks decide nothing. State is read from the primary, each question on one snapshot.
//! A commit whose answer was lost is in doubt: its commands run again, and recognise what they had done by its id.

mod link;
mod notify;
mod schema;
mod session;
mod tls;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

pub(crate) use link::{Address, Link};
pub(crate) use notify::Notifier;

use crate::blobs::blocking;
use crate::session::Session;
use crate::wakeups::Wakeups;
use crate::writer::{Named, Transactions, Writer};
use crate::{Error, StoreOptions};

/// Connections on which operations are changed.
const WRITERS: usize = 2;
/// Connections for questions.
const READERS: usize = 4;

/// The connections of one node.
#[derive(Debug)]
pub(crate) struct Postgres {
    writers: Vec<Writer>,
    claims: Writer,
    readers: Arc<Readers>,
    clock: Arc<DatabaseClock>,
}

impl Postgres {
    /// Connects, judges the database, and brings its schema up to date. Waits for the network.
    /// Tells also how much waits.
    pub(crate) fn open(url: &str, options: &Arc<StoreOptions>) -> Result<(Self, Address, u64), Error> {
        let address = Address::of(url)?;
        let mut link = Link::new(address.clone())?;
        link.connect()?;
        judge(&mut link, options.allow_unsafe_database)?;
        schema::migrate(&mut link)?;
        let clock = Arc::new(DatabaseClock::new(options));
        let queued = ask(&mut link, &clock, |session, _| crate::state::count_ready(session))?;
        let writer = || {
            let conn = Transaction { link: Link::new(address.clone())?, clock: clock.clone(), failed_at: None };
            Writer::start(conn, options.clone())
        };
        let writers = (0..WRITERS).map(|_| writer()).collect::<Result<_, _>>()?;
        let readers =
            Readers { address: address.clone(), idle: Mutex::new(vec![link]), free: Arc::new(Semaphore::new(READERS)) };
        let claims = writer()?;
        let readers = Arc::new(readers);
        Ok((Self { writers, claims, readers, clock }, address, queued))
    }

    pub(crate) fn writer(&self, named: Named) -> &Writer {
        // A claim names no operation; the last byte of an id is random.
        if named.name == "claim" {
            return &self.claims;
        }
        &self.writers[usize::from(named.op.as_bytes()[15]) % self.writers.len()]
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Session, i64) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Ok(turn) = self.readers.free.clone().acquire_owned().await else { return Err(Error::Closed) };
        let (readers, clock) = (self.readers.clone(), self.clock.clone());
        blocking(move || {
            let mut link = readers.take()?;
            let answer = ask(&mut link, &clock, question);
            readers.give_back(link);
            drop(turn);
            answer
        })
        .await
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.near()
    }

    pub(crate) fn trouble(&self) -> Option<Error> {
        self.writers.iter().chain([&self.claims]).find_map(Writer::trouble)
    }

    pub(crate) async fn close(&self) -> Result<(), Error> {
        for writer in self.writers.iter().chain([&self.claims]) {
            writer.close().await?;
        }
        Ok(())
    }
}

/// Refuses a database that is too old, or may forget what it has acknowledged.
fn judge(link: &mut Link, allow_unsafe: bool) -> Result<(), Error> {
    let mut setting = |name: &'static str| -> Result<String, Error> {
        Ok(link.one_line(&format!("SHOW {name}"))?.unwrap_or_default())
    };
    let version = setting("server_version_num")?;
    if version.parse::<u32>().unwrap_or(0) < 150_000 {
        return Err(Error::UnfitDatabase {
            setting: "server_version_num",
            value: version,
            why: "older than PostgreSQL 15",
            remedy: "use PostgreSQL 15 or newer",
        });
    }
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value = setting(name)?;
        if value == "off" && !allow_unsafe {
            return Err(Error::UnfitDatabase {
                setting: name,
                value,
                why: "so that it may forget what was accepted when the power fails",
                remedy: "set it to on",
            });
        }
    }
    Ok(())
}

/// One question in a transaction that sees one state.
fn ask<T>(
    link: &mut Link,
    clock: &DatabaseClock,
    question: impl FnOnce(&mut dyn Session, i64) -> Result<T, Error>,
) -> Result<T, Error> {
    link.connect()?;
    let now_ms = begin(link, clock, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let answer = question(link, now_ms);
    let ended = link.batch("COMMIT");
    let answer = answer?;
    ended.map(|()| answer)
}

/// Begins a transaction and reads the time, in one round trip.
fn begin(link: &mut Link, clock: &DatabaseClock, how: &str) -> Result<i64, Error> {
    let now = format!(
        "{how}; SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) WHERE NOT pg_is_in_recovery()"
    );
    let told = link.one_line(&now)?.and_then(|text| text.parse().ok());
    let database_ms = told.ok_or_else(|| link::unreachable_for("it is a standby, which may be behind"))?;
    Ok(clock.set(database_ms))
}

/// The database's clock as this node last read it; between two readings its own steady clock, which no jump of the host's
/// wall clock moves, goes on from there. A test's clock takes its place.
#[derive(Debug)]
struct DatabaseClock {
    given: Option<crate::Clock>,
    read: Mutex<Option<(i64, Instant)>>,
}

impl DatabaseClock {
    fn new(options: &StoreOptions) -> Self {
        let given = (!options.clock.is_system()).then(|| options.clock.clone());
        Self { given, read: Mutex::default() }
    }

    fn set(&self, database_ms: i64) -> i64 {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = Some((database_ms, Instant::now()));
        self.given.as_ref().map_or(database_ms, crate::Clock::now_ms)
    }

    fn near(&self) -> i64 {
        if let Some(given) = &self.given {
            return given.now_ms();
        }
        let read = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.map_or_else(
            || crate::Clock::system().now_ms(),
            |(database_ms, at)| database_ms + at.elapsed().as_millis() as i64,
        )
    }
}

/// A connection that groups are committed on.
#[derive(Debug)]
pub(crate) struct Transaction {
    link: Link,
    clock: Arc<DatabaseClock>,
    /// When connecting failed last: not tried again at once, for whoever waits must hear soon.
    failed_at: Option<Instant>,
}

/// Between two tries to connect.
const CONNECT_EVERY: Duration = Duration::from_millis(100);

impl Transaction {
    /// A connection of its own, for the command line.
    pub(crate) fn beside(url: &str, options: &StoreOptions) -> Result<Self, Error> {
        let mut link = Link::new(Address::of(url)?)?;
        link.connect()?;
        schema::migrate(&mut link)?;
        Ok(Self { link, clock: Arc::new(DatabaseClock::new(options)), failed_at: None })
    }

    pub(crate) fn set_clock(&mut self, options: &StoreOptions) {
        self.clock = Arc::new(DatabaseClock::new(options));
    }

    /// Answers a question on one state of the database.
    pub(crate) fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut dyn Session, i64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        ask(&mut self.link, &self.clock, question)
    }
}

impl Transactions for Transaction {
    fn begin(&mut self) -> Result<i64, Error> {
        if let Some(failed_at) = self.failed_at.take() {
            std::thread::sleep(CONNECT_EVERY.saturating_sub(failed_at.elapsed()));
        }
        let begun = self.link.connect().and_then(|()| begin(&mut self.link, &self.clock, "BEGIN"));
        if begun.is_err() {
            self.failed_at = Some(Instant::now());
        }
        self.link.wrote = false;
        begun
    }

    fn with_session(&mut self, run: &mut dyn FnMut(&mut dyn Session) -> Result<(), Error>) -> Result<(), Error> {
        run(&mut self.link)
    }

    fn isolated(
        &mut self,
        run: &mut dyn FnMut(&mut dyn Session) -> Result<(), Error>,
    ) -> Result<Result<(), Error>, Error> {
        match run(&mut self.link) {
            Err(error) if !error.is_refusal() => Err(error),
            done => Ok(done),
        }
    }

    fn commit(&mut self) -> Result<(), Error> {
        // `COMMIT` of a transaction that failed is answered as a rollback, without an error; but a failed statement is an
        // error of the group, which then does not come here.
        self.link.batch("COMMIT").map_err(|error| match error {
            Error::Unreachable { detail, .. } => Error::Unreachable { detail, in_doubt: true },
            other => other,
        })
    }

    fn has_written(&self) -> bool {
        self.link.wrote
    }

    fn roll_back(&mut self) {
        // Where the connection is gone, so is the transaction.
        let _ = self.link.batch("ROLLBACK");
    }

    fn close(self) -> Result<(), Error> {
        Ok(())
    }
}

/// Connections for questions: made when needed, kept, and not more than a few.
#[derive(Debug)]
struct Readers {
    address: Address,
    idle: Mutex<Vec<Link>>,
    free: Arc<Semaphore>,
}

impl Readers {
    fn take(&self) -> Result<Link, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Link::new(self.address.clone()), Ok)
    }

    fn give_back(&self, link: Link) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(link);
    }
}

/// Starts passing hints between nodes.
pub(crate) fn notifier(address: Address, wakeups: Arc<Wakeups>) -> Result<Notifier, Error> {
    Notifier::start(address, wakeups)
}
