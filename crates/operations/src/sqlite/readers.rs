//! Connections for questions, which never wait for the writer.
//!
//! In WAL mode a reader sees the last commit and blocks nobody. Each question runs in one read transaction, so that an
//! operation and its payload belong together, on a thread that may wait for the disk. The number of connections is
//! bounded; they are made when needed and kept.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::file::open_for_reading;
use crate::Error;
use crate::blobs::blocking;
use crate::session::Session;

/// More threads than this would only share the same disk and page cache.
const CONNECTIONS: usize = 4;

#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, idle: Mutex::default(), free: Arc::new(Semaphore::new(CONNECTIONS)) })
    }

    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut dyn Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Ok(turn) = self.free.clone().acquire_owned().await else { return Err(Error::Closed) };
        let readers = self.clone();
        blocking(move || {
            let conn = readers.take()?;
            let answer = snapshot(&conn, question);
            readers.give_back(conn);
            drop(turn);
            answer
        })
        .await
    }

    fn take(&self) -> Result<Connection, Error> {
        // The list is whole whatever panicked beside it: push and pop are its only uses.
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open_for_reading(&self.path), Ok)
    }

    fn give_back(&self, conn: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }
}

/// Answers a question on one state of the database.
pub(crate) fn snapshot<T>(
    conn: &Connection,
    question: impl FnOnce(&mut dyn Session) -> Result<T, Error>,
) -> Result<T, Error> {
    let transaction = conn.unchecked_transaction()?;
    let answer = question(&mut &*transaction);
    transaction.finish()?;
    answer
}
