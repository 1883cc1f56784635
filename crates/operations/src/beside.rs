//! The same data beside a running server: what the command line does with keys and operations.
//!
//! No lock and no thread: each call is one short transaction that waits its turn. The server reads keys anew with
//! every question, and its waiters look again after a second, so it notices without being told. The calls block and are
//! not async: they are made by a command that does nothing else.

use std::path::Path;

use rusqlite::Connection;
use uuid::Uuid;

use crate::database::open_for_writing;
use crate::folder::Folder;
use crate::readers::snapshot;
use crate::state::{self, Rules};
use crate::{Cancellation, Clock, Error, KeyHolder, ListFilter, NewKey, Operation, StoreOptions, keys};

/// A data folder opened without its lock.
#[derive(Debug)]
pub struct Beside {
    conn: Connection,
    clock: Clock,
    rules: Rules,
}

impl Beside {
    /// Opens the store of `folder`, and makes one where there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        Self::of(&Folder::prepare(folder)?)
    }

    /// Opens the store of `folder` if there is one, and makes nothing.
    pub(crate) fn find(folder: &Path) -> Result<Self, Error> {
        Self::of(&Folder::find(folder)?)
    }

    fn of(folder: &Folder) -> Result<Self, Error> {
        let conn = open_for_writing(&folder.database())?;
        let options = StoreOptions::default();
        Ok(Self { conn, rules: Rules::of(&options), clock: options.clock })
    }

    /// The same, with the settings of the server beside which it is opened: its clock and its retention.
    #[must_use]
    pub fn with_options(self, options: &StoreOptions) -> Self {
        Self { rules: Rules::of(options), clock: options.clock.clone(), ..self }
    }

    /// Makes a key and tells it, once. Without a tenant the key is its own tenant.
    pub fn keys_add(&self, name: &str, tenant: Option<&str>, rate: Option<f64>) -> Result<NewKey, Error> {
        self.write(|conn| keys::add(conn, name, tenant, rate, self.clock.now_ms()))
    }

    /// All keys by name.
    pub fn keys_list(&self) -> Result<Vec<KeyHolder>, Error> {
        keys::list(&self.conn)
    }

    /// Removes a key; tells whether there was one of that name.
    pub fn keys_revoke(&self, name: &str) -> Result<bool, Error> {
        self.write(|conn| keys::revoke(conn, name))
    }

    /// A page of operations, newest first.
    pub fn list(&self, filter: &ListFilter) -> Result<Vec<Operation>, Error> {
        snapshot(&self.conn, |conn| state::list(conn, filter, self.clock.now_ms()))
    }

    /// One operation.
    pub fn show(&self, id: Uuid) -> Result<Option<Operation>, Error> {
        snapshot(&self.conn, |conn| state::get(conn, id, self.clock.now_ms()))
    }

    /// Cancels an operation that has not ended.
    pub fn request_cancel(&self, id: Uuid) -> Result<Cancellation, Error> {
        self.write(|conn| state::cancel(conn, id, self.rules, self.clock.now_ms()))
    }

    fn write<T>(&self, command: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        let done = command(&self.conn).and_then(|done| {
            self.conn.execute_batch("COMMIT")?;
            Ok(done)
        });
        if done.is_err() && !self.conn.is_autocommit() {
            // The first error is the one to tell.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        done
    }
}
