//! The same data beside a running server: what the command line does with keys and operations.
//!
//! No lock and no thread: each call is one short transaction that waits its turn. The server reads keys anew with
//! every question, and its waiters look again after a second, so it notices without being told. The calls block and are
//! not async: they are made by a command that does nothing else.

use std::cell::RefCell;
use std::path::Path;

use uuid::Uuid;

use crate::sqlite::{Folder, Writing, open_for_writing, snapshot};
use crate::state::{self, Pending, Tx, flush};
use crate::writer::Transactions;
use crate::{Cancellation, Error, KeyHolder, ListFilter, NewKey, Operation, StoreOptions, keys};

/// A data folder opened without its lock.
#[derive(Debug)]
pub struct Beside {
    writing: RefCell<Writing>,
    options: StoreOptions,
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
        let writing = RefCell::new(Writing::new(conn, options.clock.clone(), None));
        Ok(Self { writing, options })
    }

    /// The same, with the settings of the server beside which it is opened: its clock and its retention.
    #[must_use]
    pub fn with_options(self, options: &StoreOptions) -> Self {
        Self { options: options.clone(), ..self }
    }

    /// Makes a key and tells it, once. Without a tenant the key is its own tenant.
    pub fn keys_add(&self, name: &str, tenant: Option<&str>, rate: Option<f64>) -> Result<NewKey, Error> {
        self.write(|tx| keys::add(tx.session, name, tenant, rate, tx.now_ms))
    }

    /// All keys by name.
    pub fn keys_list(&self) -> Result<Vec<KeyHolder>, Error> {
        snapshot(self.writing.borrow().conn(), keys::list)
    }

    /// Removes a key; tells whether there was one of that name.
    pub fn keys_revoke(&self, name: &str) -> Result<bool, Error> {
        self.write(|tx| keys::revoke(tx.session, name))
    }

    /// A page of operations, newest first.
    pub fn list(&self, filter: &ListFilter) -> Result<Vec<Operation>, Error> {
        let now_ms = self.options.clock.now_ms();
        snapshot(self.writing.borrow().conn(), |session| state::list(session, filter, now_ms))
    }

    /// One operation.
    pub fn show(&self, id: Uuid) -> Result<Option<Operation>, Error> {
        let now_ms = self.options.clock.now_ms();
        snapshot(self.writing.borrow().conn(), |session| state::get(session, id, now_ms))
    }

    /// Cancels an operation that has not ended.
    pub fn request_cancel(&self, id: Uuid) -> Result<Cancellation, Error> {
        self.write(|tx| state::cancel(tx, id))
    }

    fn write<T>(&self, command: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let mut writing = self.writing.borrow_mut();
        writing.begin()?;
        let done = in_transaction(&mut writing, &self.options, command);
        if done.is_err() {
            writing.roll_back();
        }
        done
    }
}

fn in_transaction<T>(
    writing: &mut Writing,
    options: &StoreOptions,
    command: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut pending = Pending::default();
    let mut session = writing.conn();
    let now_ms = options.clock.now_ms();
    let done = command(&mut Tx { session: &mut session, now_ms, options, pending: &mut pending, in_doubt: false })?;
    flush(&mut session, &pending, options)?;
    writing.commit()?;
    Ok(done)
}
