//! Hints that something changed, so that nobody waits longer than needed.
//!
//! Lossy by contract: a change made by the command line gives no hint, and one of another node may get lost. Whoever waits looks again after
//! [`POLL`] in any case, and a hint that means nothing costs one more look.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
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
    /// What other nodes have not been told yet; only kept where there may be others.
    news: Option<Mutex<News>>,
    /// Every hint is lost, as a test asks.
    dropped: bool,
}

#[derive(Debug, Default)]
struct News {
    ready: bool,
    bells: BTreeSet<usize>,
}

impl Wakeups {
    /// `shared`: other nodes are to hear too; `dropped`: nobody is.
    pub(crate) fn new(shared: bool, dropped: bool) -> Self {
        let changed = std::iter::repeat_with(Notify::new).take(BELLS).collect();
        Self { ready: Notify::new(), changed, news: (shared && !dropped).then(Mutex::default), dropped }
    }

    /// Rung when an item may be claimed.
    pub(crate) fn ready(&self) -> &Notify {
        &self.ready
    }

    /// Says that an item may be claimed.
    pub(crate) fn ring_ready(&self) {
        self.ring_ready_here();
        self.note(|news| news.ready = true);
    }

    /// Wakes the workers that wait, whichever kinds they take, and lets one that is just about to wait pass.
    pub(crate) fn ring_ready_here(&self) {
        if !self.dropped {
            self.ready.notify_waiters();
            self.ready.notify_one();
        }
    }

    /// Rung when this operation, or one that shares its bell, changed.
    pub(crate) fn changed(&self, op: Uuid) -> &Notify {
        &self.changed[bell(op)]
    }

    /// Says that the operation changed.
    pub(crate) fn ring_changed(&self, op: Uuid) {
        self.ring_bell_here(bell(op));
        self.note(|news| {
            news.bells.insert(bell(op));
        });
    }

    pub(crate) fn ring_bell_here(&self, bell: usize) {
        if let Some(bell) = self.changed.get(bell).filter(|_| !self.dropped) {
            bell.notify_waiters();
        }
    }

    /// Makes everybody look again.
    pub(crate) fn ring_all_here(&self) {
        self.ring_ready_here();
        (0..BELLS).for_each(|bell| self.ring_bell_here(bell));
    }

    /// What other nodes are to be told, once; see [`crate::postgres`].
    pub(crate) fn take_news(&self) -> Option<String> {
        let news = self.news.as_ref()?;
        let News { ready, bells } = std::mem::take(&mut *news.lock().unwrap_or_else(PoisonError::into_inner));
        let bells = bells.iter().map(|bell| format!("{bell:02x}")).collect::<Vec<_>>().concat();
        (ready || !bells.is_empty()).then(|| format!("{}{bells}", if ready { "r" } else { "" }))
    }

    fn note(&self, change: impl FnOnce(&mut News)) {
        if let Some(news) = &self.news {
            change(&mut news.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// The last byte of an id is random in every version in use.
fn bell(op: Uuid) -> usize {
    usize::from(op.as_bytes()[15]) % BELLS
}
