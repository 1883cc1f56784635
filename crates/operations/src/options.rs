//! The settings of a store and the clock that it is given.
//!
//! Time is an argument: tests move it by hand, and no transition asks the system behind the caller's back. Only the
//! waiting in [`crate::Store::changed`] is real time, since it is about a caller's patience and not about state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Error;

/// Tells the time in milliseconds since 1970. It decides when work is given to somebody else, never whose result counts.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>, bool);

impl Clock {
    /// A clock that asks `now_ms` each time.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms), false)
    }

    /// The system's clock.
    pub fn system() -> Self {
        // A system set before 1970 reads as 1970: leases and retention then end late, which is safe.
        let now_ms = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        Self(Arc::new(now_ms), true)
    }

    /// Whether it is the system's: a database on another host then goes by that host's instead.
    pub(crate) fn is_system(&self) -> bool {
        self.1
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now_ms())
    }
}

/// Named steps at which a test may end the process or hold it up; without a test none does anything.
///
/// The steps of a command (`accept`, `claim`, `complete`, …) are `run`, `ran`, `commit`, `committed` and `answer`; those of a
/// blob are `put`, `stored`, `delete` and `deleted`.
#[derive(Clone, Default)]
pub struct FailPoints(Option<Hook>);

type Hook = Arc<dyn Fn(&str, &str) + Send + Sync>;

impl FailPoints {
    /// Calls `hook` with step and command each time that a step is reached.
    pub fn new(hook: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    pub(crate) fn hit(&self, step: &str, command: &str) {
        if let Some(hook) = &self.0 {
            hook(step, command);
        }
    }
}

impl fmt::Debug for FailPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FailPoints({})", self.0.is_some())
    }
}

/// Is told how long each commit took: mostly the sync of a disk, here or at the database.
#[derive(Clone, Default)]
pub struct Commits(Option<Arc<dyn Fn(Duration) + Send + Sync>>);

impl Commits {
    /// Calls `note` after each commit that had something to write.
    pub fn new(note: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(note)))
    }

    pub(crate) fn note(&self, took: Duration) {
        if let Some(note) = &self.0 {
            note(took);
        }
    }
}

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commits({})", self.0.is_some())
    }
}

/// Settings of a [`crate::Store`]; the defaults are those of `operations.*` in the configuration.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Tells the time.
    pub clock: Clock,
    /// A claimed item whose worker does not renew within this many seconds goes to another.
    pub lease_s: u64,
    /// After this many attempts an item has failed for good.
    pub max_attempts: u32,
    /// For how long a finished operation can be read.
    pub retention: Retention,
    /// What is refused.
    pub limits: Limits,
    /// The wait before the second attempt of an item that failed and may be tried again; doubled each time.
    pub retry_wait_ms: u64,
    /// Waiting this long lifts an item by one class of [`crate::Priority`].
    pub ageing_s: u64,
    /// How many items this process holds at once, those whose completion is being committed among them; a claim never gives more.
    pub slots: usize,
    /// How many of those are kept for [`crate::Priority::Interactive`].
    pub reserved_slots: usize,
    /// Which program this is, kept with each operation for those who look for causes.
    pub build: String,
    /// Requests of a later form than this are left to newer workers.
    pub schema_version: u32,
    /// Is told how long commits take.
    pub commits: Commits,
    /// Tests only: where to break off.
    pub faults: FailPoints,
    /// Tests only: no hint is ever given, so that everybody finds out by looking.
    pub drop_wakeups: bool,
    /// Accept a database that may forget what it has acknowledged: a PostgreSQL with `fsync` or `synchronous_commit` off; a
    /// SQLite is then not synced at each commit. For data that is worth nothing.
    pub allow_unsafe_database: bool,
}

/// For how long a finished operation can be read, in seconds. The longest that applies counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Of every operation.
    pub default_s: u64,
    /// Of those of a kind.
    pub kinds: BTreeMap<String, u64>,
    /// Of those of a tenant.
    pub tenants: BTreeMap<String, u64>,
}

/// What a store refuses to take, each [`Error::Overloaded`].
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Items that wait, of all tenants.
    pub queued: u64,
    /// Of each tenant.
    pub tenant: TenantLimits,
    /// Of tenants that have limits of their own.
    pub tenants: BTreeMap<String, TenantLimits>,
}

/// The limits of one tenant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TenantLimits {
    /// Items that wait.
    pub queued: u64,
    /// Items at work at once; more wait, and are not refused.
    pub running: u64,
    /// Bytes of requests and results that are kept.
    pub stored_bytes: u64,
    /// Its share of the workers against other tenants' while both have work.
    pub share: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            lease_s: 30,
            max_attempts: 4,
            retention: Retention::default(),
            limits: Limits::default(),
            retry_wait_ms: 1_000,
            ageing_s: 300,
            slots: usize::MAX,
            reserved_slots: 0,
            build: String::new(),
            schema_version: 1,
            commits: Commits::default(),
            faults: FailPoints::default(),
            drop_wakeups: false,
            allow_unsafe_database: false,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { default_s: 86_400, kinds: BTreeMap::new(), tenants: BTreeMap::new() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { queued: 100_000, tenant: TenantLimits::default(), tenants: BTreeMap::new() }
    }
}

impl Default for TenantLimits {
    fn default() -> Self {
        Self { queued: 100_000, running: u64::MAX, stored_bytes: u64::MAX, share: 1 }
    }
}

impl Limits {
    /// Those of one tenant.
    pub(crate) fn of(&self, tenant: &str) -> TenantLimits {
        self.tenants.get(tenant).copied().unwrap_or(self.tenant)
    }
}

impl Retention {
    pub(crate) fn of_ms(&self, kind: &str, tenant: &str) -> i64 {
        let own = self.kinds.get(kind).copied().max(self.tenants.get(tenant).copied());
        own.unwrap_or(self.default_s) as i64 * 1_000
    }
}

/// A hundred years: no setting in seconds may overflow a time in milliseconds.
const LONGEST_S: u64 = 100 * 366 * 86_400;

impl StoreOptions {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let in_bounds = |field, value: u64, limit, ok: bool| {
            if ok { Ok(()) } else { Err(Error::Invalid { field, value: value.to_string(), limit }) }
        };
        in_bounds("operations.lease_s", self.lease_s, "1 to 86400 seconds", (1..=86_400).contains(&self.lease_s))?;
        in_bounds("operations.max_attempts", self.max_attempts.into(), "at least 1", self.max_attempts >= 1)?;
        let retention = &self.retention;
        for &seconds in
            [&retention.default_s].into_iter().chain(retention.kinds.values()).chain(retention.tenants.values())
        {
            let ok = (1..=LONGEST_S).contains(&seconds);
            in_bounds("operations.retention_s", seconds, "1 second to 100 years", ok)?;
        }
        in_bounds("operations.queued_limit", self.limits.queued, "at least 1", self.limits.queued >= 1)?;
        for tenant in [&self.limits.tenant].into_iter().chain(self.limits.tenants.values()) {
            in_bounds("operations.share", tenant.share.into(), "1 to 1000", (1..=1_000).contains(&tenant.share))?;
        }
        in_bounds("operations.ageing_s", self.ageing_s, "1 to 86400 seconds", (1..=86_400).contains(&self.ageing_s))?;
        let slots = self.slots as u64;
        in_bounds("operations.workers", slots, "more than are reserved", self.slots > self.reserved_slots)?;
        in_bounds("operations.retry_wait_ms", self.retry_wait_ms, "at most one hour", self.retry_wait_ms <= 3_600_000)
    }

    pub(crate) fn lease_ms(&self) -> i64 {
        self.lease_s as i64 * 1_000
    }
}
