//! Who holds which key, as the store said within the last half second.
//!
//! Every request is checked, and most carry a key that was checked a moment ago: asking the store each time would cost more than
//! many an answer, and a trip to a database where several machines share one. So what was found is believed for half a second, and
//! what the command line adds or revokes beside a running server counts within that time. Only hashes of keys are kept.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use operations::{Error, KeyHolder, Store};

/// For how long what was found is believed; the promise to operators is a second.
const BELIEVED: Duration = Duration::from_millis(500);

/// Keys remembered at most: who tries many is forgotten, not stored.
const MOST: usize = 10_000;

/// What was found lately.
#[derive(Default)]
pub(crate) struct Keyring(Mutex<Found>);

#[derive(Default)]
struct Found {
    /// Whether there is any key, and when that was asked.
    any: Option<(bool, Instant)>,
    holders: HashMap<[u8; 32], (Option<KeyHolder>, Instant)>,
}

impl Keyring {
    /// Whether there is any key at all.
    pub(crate) async fn has_keys(&self, store: &Store) -> Result<bool, Error> {
        let now = Instant::now();
        if let Some((any, asked)) = self.found().any
            && now - asked < BELIEVED
        {
            return Ok(any);
        }
        let any = store.has_keys().await?;
        self.found().any = Some((any, now));
        Ok(any)
    }

    /// Whose key this is.
    pub(crate) async fn holder(&self, store: &Store, key: &str) -> Result<Option<KeyHolder>, Error> {
        let (now, hash) = (Instant::now(), *blake3::hash(key.as_bytes()).as_bytes());
        if let Some((holder, asked)) = self.found().holders.get(&hash)
            && now - *asked < BELIEVED
        {
            return Ok(holder.clone());
        }
        let holder = store.verify_key(key).await?;
        let mut found = self.found();
        if found.holders.len() >= MOST {
            found.holders.retain(|_, (_, asked)| now - *asked < BELIEVED);
        }
        if found.holders.len() < MOST {
            found.holders.insert(hash, (holder.clone(), now));
        }
        Ok(holder)
    }

    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use operations::StoreOptions;

    #[tokio::test]
    async fn what_changes_is_noticed_when_it_is_not_believed_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let ring = Keyring::default();
        assert!(!ring.has_keys(&store).await.unwrap());
        assert_eq!(ring.holder(&store, "nobody").await.unwrap(), None);
        let made = Store::open_beside(folder.path()).unwrap().keys_add("ada", None, None).unwrap();
        assert_eq!(ring.holder(&store, &made.key).await.unwrap().unwrap().name, "ada");
        assert!(!ring.has_keys(&store).await.unwrap());
        ring.forget();
        assert!(ring.has_keys(&store).await.unwrap());
    }

    impl Keyring {
        /// As if half a second were over.
        fn forget(&self) {
            *self.found() = Found::default();
        }
    }
}
