//! Waiting for work and for changes. Hints are lossy by contract: whoever waits also looks again after [`POLL`].

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::Store;
use crate::wakeups::POLL;
use crate::{Error, Operation};

impl Store {
    /// Rung when an item may be ready. A hint: claim again after a second in any case.
    pub fn ready(&self) -> &Notify {
        self.inner.wakeups.ready()
    }

    /// Waits until the operation has a version above `seen_version` or is gone; after `patience` answers with what is.
    pub async fn changed(&self, id: Uuid, seen_version: u64, patience: Duration) -> Result<Option<Operation>, Error> {
        self.wait_until(id, patience, |operation| operation.version > seen_version).await
    }

    /// Waits until the operation has ended or is gone; after `patience` answers with what is.
    pub async fn wait_terminal(&self, id: Uuid, patience: Duration) -> Result<Option<Operation>, Error> {
        self.wait_until(id, patience, |operation| operation.state.is_terminal()).await
    }

    async fn wait_until(
        &self,
        id: Uuid,
        patience: Duration,
        enough: impl Fn(&Operation) -> bool,
    ) -> Result<Option<Operation>, Error> {
        let deadline = Instant::now() + patience;
        loop {
            // Listens before it looks: a change in between rings.
            let mut bell = std::pin::pin!(self.inner.wakeups.changed(id).notified());
            bell.as_mut().enable();
            let found = self.get(id).await?;
            if found.as_ref().is_none_or(&enough) || Instant::now() >= deadline {
                return Ok(found);
            }
            // Rung or not, look again.
            let _ = timeout_at(deadline.min(Instant::now() + POLL), bell).await;
        }
    }
}
