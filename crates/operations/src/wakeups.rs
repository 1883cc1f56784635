//! Hints that something changed, so that nobody in this process waits longer than needed.
//!
//! Lossy by contract: a change made beside this process gives no hint. Whoever waits looks again after
//! [`POLL`] in any case, and a hint that means nothing costs one more look.

use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

/// The longest time between two looks of one who waits.
pub(crate) const POLL: Duration = Duration::from_secs(1);

/// Waiters are spread over this many bells by the operation's id: bounded, and few wake in vain.
const BELLS: usize = 256;

#[derive(Debug)]
pub(crate) struct Wakeups {
    ready: Notify,
    changed: Vec<Notify>,
    /// Every hint is lost, as a test asks.
    dropped: bool,
}

impl Wakeups {
    pub(crate) fn new(dropped: bool) -> Self {
        Self { ready: Notify::new(), changed: std::iter::repeat_with(Notify::new).take(BELLS).collect(), dropped }
    }

    /// Rung when an item may be claimed.
    pub(crate) fn ready(&self) -> &Notify {
        &self.ready
    }

    /// Wakes the workers that wait, whichever kinds they take, and lets one that is just about to wait pass.
    pub(crate) fn ring_ready(&self) {
        if !self.dropped {
            self.ready.notify_waiters();
            self.ready.notify_one();
        }
    }

    /// Rung when this operation, or one that shares its bell, changed.
    pub(crate) fn changed(&self, op: Uuid) -> &Notify {
        // The last byte of an id is random in every version in use.
        &self.changed[usize::from(op.as_bytes()[15]) % BELLS]
    }

    pub(crate) fn ring_changed(&self, op: Uuid) {
        if !self.dropped {
            self.changed(op).notify_waiters();
        }
    }
}
