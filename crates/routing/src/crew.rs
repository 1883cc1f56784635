//! Work that several threads share, however it is nested.
//!
//! A [`Crew`] is a number of threads that may compute at the same time. Who has several things to do does them one by one, and
//! before each looks whether a thread of the crew is free to help with the rest. Whoever finds nothing left is free for
//! others, also while somebody waits for it; so pieces may have pieces of their own, and no more threads run than there are in the
//! crew. Results come in the order of the pieces, so that what is made never depends on who did what. With one thread nothing is
//! started at all. Never in here: what the work is, and an outcome that depends on the number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Scope, scope};

/// Some threads that share work.
pub(crate) struct Crew {
    /// How many could begin something now.
    free: AtomicUsize,
}

/// Pieces of work under way.
struct Pieces<'a> {
    crew: &'a Crew,
    count: usize,
    next: AtomicUsize,
    /// How many threads work on them.
    hands: AtomicUsize,
    work: &'a (dyn Fn(usize) + Sync),
}

impl Crew {
    /// The calling thread and, where there are to be more, others that help it.
    pub(crate) fn new(threads: usize) -> Self {
        Self { free: AtomicUsize::new(threads.saturating_sub(1)) }
    }

    /// Does the pieces of these numbers.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let pieces = Pieces { crew: self, count, next: AtomicUsize::new(0), hands: AtomicUsize::new(1), work };
        scope(|threads| pieces.work(Some(threads)));
    }

    /// What `make` makes of each, in their order.
    pub(crate) fn map<T: Send, R: Send>(&self, items: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
        let slots: Vec<Mutex<(Option<T>, Option<R>)>> =
            items.into_iter().map(|item| Mutex::new((Some(item), None))).collect();
        self.each(slots.len(), &|number| {
            let item = slots[number].lock().unwrap_or_else(PoisonError::into_inner).0.take();
            let made = item.map(&make);
            slots[number].lock().unwrap_or_else(PoisonError::into_inner).1 = made;
        });
        let made = slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner).1);
        made.map(|made| made.expect("every piece was done")).collect()
    }

    /// What two pieces of work make.
    pub(crate) fn both<A: Send, B: Send>(&self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        let (a, b) = (Mutex::new((Some(a), None)), Mutex::new((Some(b), None)));
        self.each(2, &|number| if number == 0 { run(&a) } else { run(&b) });
        (done(a), done(b))
    }

    /// Takes a free thread, if there is one.
    fn take(&self) -> bool {
        self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(1)).is_ok()
    }
}

/// A piece of work, and what it made.
type Once<F, R> = Mutex<(Option<F>, Option<R>)>;

fn run<F: FnOnce() -> R, R>(piece: &Once<F, R>) {
    let work = piece.lock().unwrap_or_else(PoisonError::into_inner).0.take();
    let made = work.map(|work| work());
    piece.lock().unwrap_or_else(PoisonError::into_inner).1 = made;
}

fn done<F, R>(piece: Once<F, R>) -> R {
    piece.into_inner().unwrap_or_else(PoisonError::into_inner).1.expect("every piece was done")
}

impl Pieces<'_> {
    /// Does pieces until none is left; whoever may start threads lets those that are free help.
    fn work<'s>(&'s self, threads: Option<&'s Scope<'s, '_>>) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                break;
            }
            if let Some(threads) = threads.filter(|_| number + 1 < self.count && self.crew.take()) {
                self.hands.fetch_add(1, Ordering::Relaxed);
                threads.spawn(|| self.work(None));
            }
            (self.work)(number);
        }
        // The last one goes on with what comes after these pieces.
        if self.hands.fetch_sub(1, Ordering::AcqRel) > 1 {
            self.crew.free.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many leaves a tree of nested work has, and that never more threads than those of the crew are at work.
    fn leaves(crew: &Crew, depth: u32, (busy, most): (&AtomicUsize, &AtomicUsize)) -> u64 {
        if depth == 0 {
            most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::hint::black_box((0..2_000_u64).sum::<u64>());
            busy.fetch_sub(1, Ordering::SeqCst);
            return 1;
        }
        let below = || leaves(crew, depth - 1, (busy, most));
        let (a, b) = crew.both(below, || crew.map(vec![(), ()], |()| below()));
        a + b.into_iter().sum::<u64>()
    }

    #[test]
    fn results_come_in_order_from_no_more_threads_than_there_are() {
        for threads in [1, 2, 3, 8] {
            let crew = Crew::new(threads);
            let squares = crew.map((0..1000_u64).collect(), |number| number * number);
            assert!(squares.into_iter().eq((0..1000).map(|number| number * number)));
            assert_eq!(crew.map(Vec::<u8>::new(), |item| item), []);
            let (busy, most) = Default::default();
            assert_eq!(leaves(&crew, 6, (&busy, &most)), 3_u64.pow(6));
            assert!((1..=threads).contains(&most.into_inner()), "{threads} threads");
            assert_eq!(crew.free.into_inner(), threads - 1, "all are free again");
        }
    }

    #[test]
    fn those_that_are_free_help_deep_inside_of_what_others_do() {
        // Two pieces that wait for each other, within the only piece of another: no single thread gets through.
        let crew = Crew::new(2);
        let meeting = std::sync::Barrier::new(2);
        let met = crew.map(vec![()], |()| crew.map(vec![(), ()], |()| meeting.wait().is_leader()));
        assert_eq!(met.into_iter().flatten().filter(|&is_leader| is_leader).count(), 1);
    }
}
