//! What this process has at work: which slots are taken, and whether somebody must be alone.
//!
//! Counted here and not in the database, because it is about this process. A worker that forgets an item without a word keeps
//! its slot until the lease would have run out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::state::Slots;
use crate::{Claim, Priority, Room, StoreOptions, Token};

#[derive(Debug, Default)]
pub(super) struct Outstanding(Mutex<HashMap<Token, Held>>);

#[derive(Debug, Clone, Copy)]
struct Held {
    until_ms: i64,
    interactive: bool,
    alone: bool,
}

impl Outstanding {
    /// What may be claimed now, at most what there is `room` for.
    pub(super) fn slots(&self, room: Room, options: &StoreOptions, now_ms: i64) -> Slots {
        let mut held = self.lock();
        held.retain(|_, item| item.until_ms > now_ms);
        let alone = held.values().any(|item| item.alone);
        let free = if alone { 0 } else { options.slots.saturating_sub(held.len()).min(room.all) };
        let batch = held.values().filter(|item| !item.interactive).count();
        let batch = (options.slots - options.reserved_slots).saturating_sub(batch).min(room.batch);
        Slots { free, batch, idle: held.is_empty(), only_alone: false }
    }

    pub(super) fn begin(&self, claim: &Claim) {
        let interactive = claim.priority == Priority::Interactive;
        let held = Held { until_ms: claim.lease_until_ms, interactive, alone: claim.alone };
        self.lock().insert(claim.token, held);
    }

    pub(super) fn renewed(&self, token: &Token, until_ms: i64) {
        if let Some(held) = self.lock().get_mut(token) {
            held.until_ms = until_ms;
        }
    }

    pub(super) fn end(&self, token: &Token) {
        self.lock().remove(token);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Token, Held>> {
        // The map is whole whatever panicked beside it: its calls above are all that is done with it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
