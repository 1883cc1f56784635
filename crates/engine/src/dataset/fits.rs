//! The routers of a dataset in force, and those that were customized for vehicles.
//!
//! A vehicle that is asked for once is answered by the guided search, in milliseconds and without waiting. Asked for again it is
//! *wished* for: whoever has time ([`Fits::work_ahead`]) customizes a router for it, from which on it is answered as fast as any
//! other. A matrix that would take longer without has its router made at once, or waits for it where somebody else is at it.
//! Which of the three answers makes no difference to what is answered.
//!
//! Terms that have the same effect on this map are one ([`routing::Classes`]), so that trucks of many sizes share few routers, and
//! those whom nothing on the map concerns share the usual one. What is kept is bounded by memory; the longest unasked goes first.
//! Other speeds for a profile are another router in its place, and all that was fitted from the old one is forgotten in the same
//! step. Never in here: clocks and threads. Who wants work done ahead lends a thread.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use routing::{Classes, Fitted, Profile, Router, Terms};

use super::guide::{Guide, Need};
use crate::{Budget, Error};

/// Vehicles that are remembered without a router of their own.
const REMEMBERED: usize = 4096;

/// Questions about one vehicle after which a router is wished for.
const RECURRING: u32 = 2;

/// How long a wait may go on before the budget is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What there is for vehicles, and what it was good for so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FitCounts {
    /// Routers that are kept for vehicles.
    pub kept: u64,
    /// Bytes that these take.
    pub kept_bytes: u64,
    /// Routers that were made.
    pub made: u64,
    /// Routers that were let go for want of room.
    pub dropped: u64,
    /// Questions about vehicles and wishes that the map has no sign for.
    pub usual: u64,
    /// Questions answered by a router of their own.
    pub fitted: u64,
    /// Questions answered by the guided search.
    pub searched: u64,
}

/// The routers of a dataset.
pub(crate) struct Fits {
    state: Mutex<State>,
    /// Something was made or wished for.
    changed: Condvar,
    /// In the order of [`Profile::ALL`], as soon as they were read.
    classes: Vec<OnceLock<Classes>>,
}

struct State {
    /// In the order of [`Profile::ALL`]: the routers in force.
    in_force: Vec<Arc<Router>>,
    known: HashMap<Key, Known>,
    /// The first is made first.
    wishes: VecDeque<Wish>,
    /// Counts questions, to know what was asked for last.
    now: u64,
    most_bytes: u64,
    counts: FitCounts,
}

/// Equal keys have equal answers.
type Key = (Profile, Terms);

enum Wish {
    /// That the map's classes be read.
    Classes(Profile),
    Fit(Key),
}

struct Known {
    stage: Stage,
    asked: u32,
    last: u64,
}

enum Stage {
    /// Asked for.
    Seen,
    /// Somebody is at it, from this router.
    Making(Arc<Router>),
    Ready(Arc<Fitted>),
}

impl Fits {
    /// With these routers in force, in the order of [`Profile::ALL`].
    pub(crate) fn new(in_force: Vec<Arc<Router>>) -> Self {
        let classes = in_force.iter().map(|_| OnceLock::new()).collect();
        let state = State {
            in_force,
            known: HashMap::new(),
            wishes: VecDeque::new(),
            now: 0,
            most_bytes: u64::MAX,
            counts: FitCounts::default(),
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), classes }
    }

    /// The router of a profile, under the speeds that are in force.
    pub(crate) fn router(&self, profile: Profile) -> Arc<Router> {
        Arc::clone(&self.lock().in_force[place(profile)])
    }

    /// Puts another router in force; what was fitted from the one before is forgotten.
    pub(crate) fn put_in_force(&self, router: Arc<Router>) {
        let profile = router.profile();
        let mut state = self.lock();
        state.in_force[place(profile)] = router;
        state.forget(|key, _| key.0 == profile);
    }

    /// Keeps no more than this for vehicles.
    pub(crate) fn bound(&self, most_bytes: u64) {
        let mut state = self.lock();
        state.most_bytes = most_bytes;
        state.make_room();
    }

    pub(crate) fn counts(&self) -> FitCounts {
        self.lock().counts
    }

    /// Who answers questions of a profile under terms.
    pub(crate) fn guide(&self, profile: Profile, terms: &Terms, need: Need, budget: &Budget) -> Result<Guide, Error> {
        if terms.is_empty() {
            return Ok(Guide::Usual(self.router(profile)));
        }
        let is_worth_fitting = need.is_worth_fitting();
        if is_worth_fitting {
            self.read_classes(profile);
        }
        let canonical = self.classes[place(profile)].get().map(|classes| classes.canonical(terms));
        let mut state = self.lock();
        let router = Arc::clone(&state.in_force[place(profile)]);
        let Some(canonical) = canonical else {
            state.counts.searched += 1;
            state.wish(Wish::Classes(profile));
            self.changed.notify_all();
            return Ok(Guide::Searching(router, terms.clone()));
        };
        if canonical.is_empty() {
            state.counts.usual += 1;
            return Ok(Guide::Usual(router));
        }
        let key = (profile, canonical);
        if is_worth_fitting {
            let fitted = self.wait_or_make(state, &key, budget)?;
            self.lock().counts.fitted += 1;
            return Ok(Guide::Fitted(fitted));
        }
        let known = state.look(&key);
        if let Stage::Ready(fitted) = &known.stage {
            let fitted = Arc::clone(fitted);
            state.counts.fitted += 1;
            return Ok(Guide::Fitted(fitted));
        }
        if known.asked >= RECURRING && matches!(known.stage, Stage::Seen) {
            state.wish(Wish::Fit(key.clone()));
            self.changed.notify_all();
        }
        state.counts.searched += 1;
        Ok(Guide::Searching(router, key.1))
    }

    /// Fulfils one wish, waiting up to `patience` for one; whether there was any.
    pub(crate) fn work_ahead(&self, patience: Duration) -> bool {
        let nothing = |state: &mut State| state.wishes.is_empty();
        let waited = self.changed.wait_timeout_while(self.lock(), patience, nothing);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.wishes.pop_front() {
            None => return false,
            Some(Wish::Classes(profile)) => {
                drop(state);
                self.read_classes(profile);
            }
            Some(Wish::Fit(key)) => {
                if matches!(state.look(&key).stage, Stage::Seen) {
                    self.make(state, &key);
                }
            }
        }
        true
    }

    fn read_classes(&self, profile: Profile) {
        // They are a matter of the map, not of speeds.
        self.classes[place(profile)].get_or_init(|| Classes::new(&self.router(profile)));
    }

    fn wait_or_make(&self, mut state: MutexGuard<'_, State>, key: &Key, budget: &Budget) -> Result<Arc<Fitted>, Error> {
        loop {
            match &state.look(key).stage {
                Stage::Ready(fitted) => return Ok(Arc::clone(fitted)),
                Stage::Seen => return Ok(self.make(state, key)),
                Stage::Making(_) => {}
            }
            let waited = self.changed.wait_timeout(state, LOOK);
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            budget.check()?;
        }
    }

    /// Makes the router of a key that nobody is at.
    fn make(&self, mut state: MutexGuard<'_, State>, key: &Key) -> Arc<Fitted> {
        let router = Arc::clone(&state.in_force[place(key.0)]);
        state.look(key).stage = Stage::Making(Arc::clone(&router));
        drop(state);
        let made = catch_unwind(AssertUnwindSafe(|| Arc::new(Fitted::new(&router, &key.1))));
        let mut state = self.lock();
        // With other speeds in force since, it is no longer known, or somebody makes it anew.
        let is_ours = |known: &Known| matches!(&known.stage, Stage::Making(from) if Arc::ptr_eq(from, &router));
        if state.known.get(key).is_some_and(is_ours) {
            match &made {
                Ok(fitted) => state.keep(key, fitted),
                Err(_) => state.look(key).stage = Stage::Seen,
            }
        }
        drop(state);
        self.changed.notify_all();
        made.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// The state stays right when a holder panics, since nothing panics between its changes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What is known of a key, which was asked for just now.
    fn look(&mut self, key: &Key) -> &mut Known {
        self.now += 1;
        let now = self.now;
        if !self.known.contains_key(key) {
            self.forget_longest_unasked();
            self.known.insert(key.clone(), Known { stage: Stage::Seen, asked: 0, last: now });
        }
        let known = self.known.get_mut(key).expect("it was inserted");
        known.asked = known.asked.saturating_add(1);
        known.last = now;
        known
    }

    /// Makes room for one more vehicle without a router.
    fn forget_longest_unasked(&mut self) {
        let seen = || self.known.iter().filter(|(_, known)| matches!(known.stage, Stage::Seen));
        if seen().count() >= REMEMBERED
            && let Some(key) = seen().min_by_key(|(_, known)| known.last).map(|(key, _)| key.clone())
        {
            self.known.remove(&key);
        }
    }

    fn wish(&mut self, wish: Wish) {
        let is_same = |other: &Wish| match (other, &wish) {
            (Wish::Classes(one), Wish::Classes(other)) => one == other,
            (Wish::Fit(one), Wish::Fit(other)) => one == other,
            _ => false,
        };
        if self.wishes.len() < REMEMBERED && !self.wishes.iter().any(is_same) {
            self.wishes.push_back(wish);
        }
    }

    fn keep(&mut self, key: &Key, fitted: &Arc<Fitted>) {
        self.look(key).stage = Stage::Ready(Arc::clone(fitted));
        self.counts.made += 1;
        self.counts.kept += 1;
        self.counts.kept_bytes += fitted.bytes() as u64;
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.counts.kept_bytes > self.most_bytes {
            let ready = self.known.iter().filter(|(_, known)| matches!(known.stage, Stage::Ready(_)));
            let Some(oldest) = ready.min_by_key(|(_, known)| known.last).map(|(key, _)| key.clone()) else { break };
            self.forget(|key, _| *key == oldest);
            self.counts.dropped += 1;
        }
    }

    fn forget(&mut self, is_out: impl Fn(&Key, &Known) -> bool) {
        let counts = &mut self.counts;
        self.known.retain(|key, known| {
            let stays = !is_out(key, known);
            if let (false, Stage::Ready(fitted)) = (stays, &known.stage) {
                counts.kept -= 1;
                counts.kept_bytes -= fitted.bytes() as u64;
            }
            stays
        });
    }
}

fn place(profile: Profile) -> usize {
    Profile::ALL.iter().position(|&other| other == profile).expect("all profiles are listed")
}
