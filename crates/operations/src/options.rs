//! The settings of a store and the clock that it is given.
//!
//! Time is an argument: tests move it by hand, and no transition asks the system behind the caller's back. Only the
//! waiting in [`crate::Store::changed`] is real time, since it is about a caller's patience and not about state.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;

/// Tells the time in milliseconds since 1970. It decides when work is given to somebody else, never whose result counts.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that asks `now_ms` each time.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// The system's clock.
    pub fn system() -> Self {
        // A system set before 1970 reads as 1970: leases and retention then end late, which is safe.
        Self::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64))
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

/// Settings of a [`crate::Store`]; the defaults are those of `operations.*` in the configuration.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Tells the time.
    pub clock: Clock,
    /// A claimed item whose worker does not renew within this many seconds goes to another.
    pub lease_s: u64,
    /// After this many attempts an item has failed for good.
    pub max_attempts: u32,
    /// A finished operation can be read for this many seconds.
    pub retention_s: u64,
    /// At most this many items wait; further operations are refused.
    pub queued_limit: usize,
    /// The wait before the second attempt of an item that failed and may be tried again; doubled each time.
    pub retry_wait_ms: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            lease_s: 30,
            max_attempts: 4,
            retention_s: 86_400,
            queued_limit: 100_000,
            retry_wait_ms: 1_000,
        }
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
        in_bounds("operations.retention_s", self.retention_s, "1 second to 100 years", {
            (1..=LONGEST_S).contains(&self.retention_s)
        })?;
        in_bounds("operations.queued_limit", self.queued_limit as u64, "at least 1", self.queued_limit >= 1)?;
        in_bounds("operations.retry_wait_ms", self.retry_wait_ms, "at most one hour", self.retry_wait_ms <= 3_600_000)
    }

    pub(crate) fn lease_ms(&self) -> i64 {
        self.lease_s as i64 * 1_000
    }

    pub(crate) fn retention_ms(&self) -> i64 {
        self.retention_s as i64 * 1_000
    }
}
