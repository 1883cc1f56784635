//! Search spaces that outlive a question.
//!
//! A search space is as large as the network, so making one for every question would cost more than most questions. The pool
//! grows to the number of questions answered at the same time, which the server bounds, and dies with its dataset. A space
//! that was lent to a question that panicked is dropped with it: nobody gets a half-written one.

use std::sync::{Mutex, PoisonError};

/// Values of one kind, lent one at a time.
#[derive(Debug, Default)]
pub(super) struct Pool<T>(Mutex<Vec<T>>);

impl<T: Default> Pool<T> {
    /// Lends one value to `work`.
    pub(super) fn lend<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut value = kept.unwrap_or_default();
        let result = work(&mut value);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(value);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_unless_their_borrower_panics() {
        let pool: Pool<Vec<u8>> = Pool::default();
        pool.lend(|space| space.push(1));
        pool.lend(|space| {
            assert_eq!(*space, [1]);
            pool.lend(|other| assert!(other.is_empty()));
        });
        while pool.0.lock().unwrap().pop().is_some() {}
        pool.lend(|space| space.push(2));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.lend(|_| panic!("broken"))));
        assert!(caught.is_err() && pool.0.lock().unwrap().is_empty());
    }
}
