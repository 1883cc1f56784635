//! The same data beside a running server: what the command line does with keys and operations.
//!
//! No lock and no thread: each call is one short transaction that waits its turn. The server reads keys anew with
//! every question, and its waiters look again after a second, so it notices without being told. The calls block and are
//! not async: they are made by a command that does nothing else.

use std::cell::RefCell;
use std::path::Path;

use uuid::Uuid;

use crate::postgres;
use crate::session::Session;
use crate::sqlite::{Backup, Folder, Writing, back_up, open_for_writing, snapshot};
use crate::state::{self, Pending, Tx, flush};
use crate::writer::Transactions;
use crate::{Cancellation, Error, KeyHolder, ListFilter, NewKey, Operation, Resubmission, StoreOptions, keys};

/// A data folder opened without its lock, or the database of several machines.
#[derive(Debug)]
pub struct Beside {
    conn: RefCell<Conn>,
    /// Where it is, if it is a data folder.
    folder: Option<Folder>,
    options: StoreOptions,
}

#[derive(Debug)]
enum Conn {
    Sqlite(Writing),
    Postgres(Box<postgres::Transaction>),
}

impl Beside {
    /// Opens the store of `folder`, and makes one where there is none.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        Self::of(Folder::prepare(folder)?)
    }

    /// Opens the store of `folder` if there is one, and makes nothing.
    pub(crate) fn find(folder: &Path) -> Result<Self, Error> {
        Self::of(Folder::find(folder)?)
    }

    fn of(folder: Folder) -> Result<Self, Error> {
        let conn = open_for_writing(&folder.database())?;
        let options = StoreOptions::default();
        let conn = RefCell::new(Conn::Sqlite(Writing::new(conn, options.clock.clone(), None)));
        Ok(Self { conn, folder: Some(folder), options })
    }

    /// Connects to the database of several machines.
    pub(crate) fn connect(url: &str) -> Result<Self, Error> {
        let options = StoreOptions::default();
        let conn = RefCell::new(Conn::Postgres(Box::new(postgres::Transaction::beside(url, &options)?)));
        Ok(Self { conn, folder: None, options })
    }

    /// The same, with the settings of the server beside which it is opened: its clock and its retention.
    #[must_use]
    pub fn with_options(self, options: &StoreOptions) -> Self {
        match &mut *self.conn.borrow_mut() {
            Conn::Sqlite(writing) => writing.set_clock(options.clock.clone()),
            Conn::Postgres(transaction) => transaction.set_clock(options),
        }
        Self { options: options.clone(), ..self }
    }

    /// Makes a key and tells it, once. Without a tenant the key is its own tenant.
    pub fn keys_add(&self, name: &str, tenant: Option<&str>, rate: Option<f64>) -> Result<NewKey, Error> {
        self.write(|tx| keys::add(tx.session, name, tenant, rate, tx.now_ms))
    }

    /// All keys by name.
    pub fn keys_list(&self) -> Result<Vec<KeyHolder>, Error> {
        self.read(|session, _| keys::list(session))
    }

    /// Removes a key; tells whether there was one of that name.
    pub fn keys_revoke(&self, name: &str) -> Result<bool, Error> {
        self.write(|tx| keys::revoke(tx.session, name))
    }

    /// A page of operations, newest first.
    pub fn list(&self, filter: &ListFilter) -> Result<Vec<Operation>, Error> {
        self.read(|session, now_ms| state::list(session, filter, now_ms))
    }

    /// One operation.
    pub fn show(&self, id: Uuid) -> Result<Option<Operation>, Error> {
        self.read(|session, now_ms| state::get(session, id, now_ms))
    }

    /// Cancels an operation that has not ended.
    pub fn request_cancel(&self, id: Uuid) -> Result<Cancellation, Error> {
        self.write(|tx| state::cancel(tx, id))
    }

    /// Lets an operation that has ended expire now; the next sweep of a server removes it. Tells whether there was one.
    pub fn purge(&self, id: Uuid) -> Result<bool, Error> {
        self.write(|tx| state::purge(tx, id))
    }

    /// Asks what failed or was canceled once more, as a new operation.
    pub fn resubmit(&self, id: Uuid) -> Result<Resubmission, Error> {
        let new_id = crate::new_id();
        self.write(|tx| state::resubmit(tx, id, new_id))
    }

    /// Copies a data folder's operations, keys and payloads to the new folder `to`, while its server goes on. A database that several
    /// machines share has its own means of backup, and is refused.
    pub fn back_up(&self, to: &Path) -> Result<Backup, Error> {
        match (&*self.conn.borrow(), &self.folder) {
            (Conn::Sqlite(writing), Some(folder)) => back_up(writing.conn(), folder, to),
            _ => Err(Error::Invalid {
                field: "store",
                value: "PostgreSQL".into(),
                limit: "a data folder: back a shared database up with its own means (continuous archiving, pg_dump), its bucket with versions",
            }),
        }
    }

    fn read<T>(&self, question: impl FnOnce(&mut dyn Session, i64) -> Result<T, Error>) -> Result<T, Error> {
        match &mut *self.conn.borrow_mut() {
            Conn::Sqlite(writing) => {
                let now_ms = self.options.clock.now_ms();
                snapshot(writing.conn(), |session| question(session, now_ms))
            }
            Conn::Postgres(transaction) => transaction.ask(question),
        }
    }

    fn write<T>(&self, command: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        match &mut *self.conn.borrow_mut() {
            Conn::Sqlite(writing) => in_transaction(writing, &self.options, command),
            Conn::Postgres(transaction) => in_transaction(&mut **transaction, &self.options, command),
        }
    }
}

/// One command, committed on its own. An error says that it was not, or that the connection was lost while it was.
fn in_transaction<T>(
    conn: &mut impl Transactions,
    options: &StoreOptions,
    command: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let now_ms = conn.begin()?;
    let (mut command, mut answer) = (Some(command), None);
    let done = conn.with_session(&mut |session| {
        let mut pending = Pending::default();
        let Some(command) = command.take() else { return Err(Error::Closed) };
        let tx = &mut Tx { session: &mut *session, now_ms, options, pending: &mut pending, in_doubt: false };
        answer = Some(command(tx)?);
        flush(session, &pending, options)
    });
    if let Err(error) = done.and_then(|()| conn.commit()) {
        conn.roll_back();
        return Err(error);
    }
    answer.ok_or(Error::Closed)
}
