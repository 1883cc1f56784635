//! How often each key may ask: a token bucket by key.
//!
//! A bucket holds one second's worth of questions, at least one, and fills at the key's rate; a question takes one token, and
//! an empty bucket refuses and says when the next token comes. The buckets live in memory: a restart forgives at most a
//! second. There are no more of them than keys with a rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The buckets by key.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<String, Bucket>>);

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Rates {
    /// Takes a token of `key`, which may ask `rate` times a second; else tells after how many seconds to ask again.
    pub(crate) fn take(&self, key: &str, rate: f64, now: Instant) -> Result<(), u32> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = rate.max(1.0);
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { tokens: full, filled: now });
        let gained = now.saturating_duration_since(bucket.filled).as_secs_f64() * rate;
        bucket.tokens = (bucket.tokens + gained).min(full);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return Err(((1.0 - bucket.tokens) / rate).ceil().clamp(1.0, 3600.0) as u32);
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_key_asks_at_its_rate_and_no_faster() {
        let (rates, start) = (Rates::default(), Instant::now());
        let ask = |rate, millis| rates.take("ada", rate, start + Duration::from_millis(millis));
        assert_eq!([0, 0, 0].map(|at| ask(2.0, at)), [Ok(()), Ok(()), Err(1)]);
        assert_eq!([250, 500, 500].map(|at| ask(2.0, at)), [Err(1), Ok(()), Err(1)]);
        assert_eq!([60_000, 60_000, 60_000].map(|at| ask(2.0, at)), [Ok(()), Ok(()), Err(1)]);
        assert_eq!(rates.take("bo", 0.125, start), Ok(()));
        assert_eq!(rates.take("bo", 0.125, start), Err(8));
    }
}
