//! Reading the database through after an unclean stop, without making everybody wait for it.
//!
//! **Why.** A torn page may lie anywhere, and to write on top of it makes it worse; but a million operations take seconds to read, and
//! whoever is killed is to be back at once. **How.** A thread of its own reads, and the start waits for it only so long ([`PATIENCE`]): a
//! small database is known to be whole before anything is served, a large one while it is. What is found later ends all writing, as a
//! full disk does. **What never happens:** an orderly end, which would let the next start trust the file, before the check has ended
//! well.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, InterruptHandle};

use super::file::{named, open_for_reading};
use crate::Error;

/// How long a start waits for the check.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// A check that may be under way. Dropping it breaks it off.
pub(crate) struct Check {
    found: Arc<Mutex<Option<Error>>>,
    interrupt: InterruptHandle,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Check {
    /// Begins to read; what is found within `patience` is told at once.
    pub(crate) fn begin(path: &Path, patience: Duration) -> Result<Self, Error> {
        let conn = open_for_reading(path)?;
        let (interrupt, found, path) = (conn.get_interrupt_handle(), Arc::default(), path.to_owned());
        let (tell, told) = channel();
        let kept: Arc<Mutex<Option<Error>>> = Arc::clone(&found);
        let read = move || {
            let verdict = whole(&conn, &path);
            if let Err(error) = &verdict {
                tracing::error!(%error, "the check of the operation database");
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            }
            // Nobody listens when it took longer than the start could wait.
            let _ = tell.send(verdict);
        };
        let thread = std::thread::Builder::new().name("operations-check".into()).spawn(read);
        let thread = thread.map_err(|cause| Error::Storage { detail: format!("the check does not start: {cause}") })?;
        let check = Self { found, interrupt, thread: Mutex::new(Some(thread)) };
        match told.recv_timeout(patience) {
            Ok(verdict) => verdict.map(|()| check),
            Err(RecvTimeoutError::Timeout) => {
                tracing::info!(
                    "the operation database is large: its check after the unclean stop goes on beside the work"
                );
                Ok(check)
            }
            Err(RecvTimeoutError::Disconnected) => Err(Error::Closed),
        }
    }

    /// What was found so far.
    pub(crate) fn trouble(&self) -> Option<Error> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the end; an error if the database is damaged.
    pub(crate) fn wait(&self) -> Result<(), Error> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the check of the operation database had panicked");
        }
        self.trouble().map_or(Ok(()), Err)
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        self.interrupt.interrupt();
        // What was broken off has found nothing that counts.
        let _ = self.wait();
    }
}

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Check({:?})", self.trouble())
    }
}

/// Reads the whole file through.
fn whole(conn: &Connection, path: &Path) -> Result<(), Error> {
    let verdict: String =
        conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|cause| named(path, cause))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(Error::Damaged { what: format!("the operation database {}", path.display()), detail: verdict })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::open_for_writing;

    /// A database of some pages, one of which was overwritten if it is to be torn.
    fn database(torn: bool) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operations.db");
        let conn = open_for_writing(&path).unwrap();
        conn.execute_batch(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO payload (id, bytes) SELECT i, zeroblob(3000) FROM n",
        )
        .unwrap();
        drop(conn);
        if torn {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[40 * 4096..60 * 4096].fill(0xa5);
            std::fs::write(&path, bytes).unwrap();
        }
        folder
    }

    #[test]
    fn who_waits_is_told_and_who_does_not_is_told_later() {
        let (whole, torn) = (database(false), database(true));
        let begin = |folder: &tempfile::TempDir, patience| Check::begin(&folder.path().join("operations.db"), patience);
        assert!(begin(&whole, PATIENCE).unwrap().wait().is_ok());
        assert!(matches!(begin(&torn, PATIENCE), Err(Error::Damaged { .. })));
        assert!(begin(&whole, Duration::ZERO).unwrap().wait().is_ok());
        match begin(&torn, Duration::ZERO) {
            Ok(check) => assert!(matches!(check.wait(), Err(Error::Damaged { .. })) && check.trouble().is_some()),
            // It was quicker than no time at all.
            Err(error) => assert!(matches!(error, Error::Damaged { .. })),
        }
    }
}
