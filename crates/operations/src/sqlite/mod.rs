//! The store of one machine: a SQLite database in the data folder, its one writer and its readers.
//!
//! WAL and `synchronous=FULL`; the writer gathers what waits into one transaction ([`crate::writer`]), each command in a
//! savepoint of its own, so that one that is refused leaves its neighbours alone.

mod backup;
mod check;
mod file;
mod folder;
mod mount;
mod readers;
mod session;

use rusqlite::Connection;

pub use backup::Backup;
pub(crate) use backup::back_up;
pub(crate) use check::{Check, PATIENCE};
pub(crate) use file::open_for_writing;
pub(crate) use folder::{Folder, Lock};
pub(crate) use readers::{Readers, snapshot};

use crate::session::Session;
use crate::writer::Transactions;
use crate::{Clock, Error};

/// The connection of the writer, and the folder's lock if it is a server's.
#[derive(Debug)]
pub(crate) struct Writing {
    conn: Connection,
    clock: Clock,
    lock: Option<Lock>,
    changes_before: u64,
}

impl Writing {
    pub(crate) fn new(conn: Connection, clock: Clock, lock: Option<Lock>) -> Self {
        Self { conn, clock, lock, changes_before: 0 }
    }

    pub(crate) fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }
}

impl Transactions for Writing {
    fn begin(&mut self) -> Result<i64, Error> {
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        self.changes_before = self.conn.total_changes();
        Ok(self.clock.now_ms())
    }

    fn with_session(&mut self, run: &mut dyn FnMut(&mut dyn Session) -> Result<(), Error>) -> Result<(), Error> {
        run(&mut &self.conn)
    }

    /// SQLite gives up the whole transaction when the disk is full or fails, and whatever ran before in the group is gone:
    /// such an error is the group's.
    fn isolated(
        &mut self,
        run: &mut dyn FnMut(&mut dyn Session) -> Result<(), Error>,
    ) -> Result<Result<(), Error>, Error> {
        self.conn.prepare_cached("SAVEPOINT command")?.execute([])?;
        let own = run(&mut &self.conn);
        if self.conn.is_autocommit() {
            let error = || Error::Storage { detail: "the database gave the transaction up".into() };
            return Err(own.err().unwrap_or_else(error));
        }
        if own.is_err() {
            self.conn.prepare_cached("ROLLBACK TO command")?.execute([])?;
        }
        self.conn.prepare_cached("RELEASE command")?.execute([])?;
        Ok(own)
    }

    fn commit(&mut self) -> Result<(), Error> {
        Ok(self.conn.execute_batch("COMMIT")?)
    }

    fn has_written(&self) -> bool {
        self.conn.total_changes() != self.changes_before
    }

    fn roll_back(&mut self) {
        if !self.conn.is_autocommit() {
            // SQLite may have rolled back on its own; the error that led here is the one to tell.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
    }

    fn close(self) -> Result<(), Error> {
        // A reader may keep part of the log in use; then the next start folds it back.
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.conn.close().map_err(|(_, cause)| Error::from(cause))?;
        self.lock.map_or(Ok(()), |mut lock| lock.mark_clean())
    }
}
