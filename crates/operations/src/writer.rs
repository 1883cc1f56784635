//! The one writer: gathers the commands that wait into one transaction, commits, then answers them all.
//!
//! A commit costs a sync of the disk, whatever it holds; with one commit a command a disk gives some hundreds a second,
//! gathered it gives tens of thousands. Nobody waits for the group to fill: the commands that arrive while one group is
//! being synced are the next group. Each command runs in a savepoint of its own, so that one that is refused leaves
//! its neighbours alone. An answer is sent after the commit and never before; if the commit fails, every command of
//! the group hears so, also those that had gone well.
//!
//! A thread and not a task: SQLite waits for the disk.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::Error;
use crate::folder::Lock;

/// Commands of one transaction at most, which bounds what one failed commit can deny.
const GROUP: usize = 256;
/// A group stops growing after this time, which bounds what the first of it waits for the others.
const GROUP_TIME: Duration = Duration::from_millis(2);
/// Commands that may wait.
const QUEUE: usize = 4_096;

/// The handle of the writer thread. Dropped without [`Writer::close`] it commits what waits and ends like a crash would:
/// the next start checks the database.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    trouble: Trouble,
}

/// Why the last group with changes could not be committed; empty while all is well.
#[derive(Debug, Clone, Default)]
struct Trouble(Arc<Mutex<Option<Error>>>);

enum Message {
    Command(Box<dyn Command>),
    Close(oneshot::Sender<Result<(), Error>>),
}

impl Writer {
    /// Starts the thread, which keeps the folder's lock until it ends.
    pub(crate) fn start(conn: Connection, lock: Lock) -> Result<Self, Error> {
        let (queue, inbox) = mpsc::channel(QUEUE);
        let trouble = Trouble::default();
        let seen = trouble.clone();
        let thread = std::thread::Builder::new()
            .name("operations-writer".into())
            .spawn(move || serve(conn, lock, inbox, &seen))
            .map_err(|cause| Error::Storage { detail: format!("the writer thread does not start: {cause}") })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), trouble })
    }

    /// Runs a command; waits for a place in the queue, since what is under way must be able to finish.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        command: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (message, answer) = message(command);
        self.queue()?.send(message).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Runs a command, or refuses it when too many wait: for work that is new.
    pub(crate) async fn run_or_refuse<T: Send + 'static>(
        &self,
        command: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (message, answer) = message(command);
        self.queue()?.try_send(message).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::Overloaded { what: "writes", waiting: QUEUE, limit: QUEUE },
            mpsc::error::TrySendError::Closed(_) => Error::Closed,
        })?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Commits what waits, folds the log back, notes the orderly end and gives the folder up.
    pub(crate) async fn close(&self) -> Result<(), Error> {
        let (done, answer) = oneshot::channel();
        self.queue()?.send(Message::Close(done)).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Why writing fails at present.
    pub(crate) fn trouble(&self) -> Option<Error> {
        self.trouble.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn queue(&self) -> Result<&mpsc::Sender<Message>, Error> {
        self.queue.as_ref().ok_or(Error::Closed)
    }
}

impl Drop for Writer {
    /// Waits for the thread, so that the lock is free once the store is gone.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread of the operation store had panicked");
        }
    }
}

impl Trouble {
    fn set(&self, now: Option<Error>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

fn message<T: Send + 'static>(
    command: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
) -> (Message, oneshot::Receiver<Result<T, Error>>) {
    let (reply, answer) = oneshot::channel();
    (Message::Command(Box::new(Asked { command: Some(command), outcome: None, reply })), answer)
}

/// A command whose type of answer is forgotten, so that different ones share a queue.
trait Command: Send {
    /// Runs it; tells whether its changes are wanted.
    fn run(&mut self, conn: &Connection) -> bool;
    /// Tells the asker; only now, after the group's fate is known.
    fn answer(self: Box<Self>, group: Result<(), Error>);
}

struct Asked<F, T> {
    command: Option<F>,
    outcome: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Command for Asked<F, T>
where
    F: FnOnce(&Connection) -> Result<T, Error> + Send,
    T: Send,
{
    fn run(&mut self, conn: &Connection) -> bool {
        if let Some(command) = self.command.take() {
            self.outcome = Some(command(conn));
        }
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, group: Result<(), Error>) {
        let answer = match (self.outcome, group) {
            // A refusal holds whether or not the neighbours were committed.
            (Some(Err(own)), _) => Err(own),
            (_, Err(of_group)) => Err(of_group),
            (Some(Ok(done)), Ok(())) => Ok(done),
            (None, Ok(())) => Err(Error::Closed),
        };
        // Whoever does not listen any more was still served.
        let _ = self.reply.send(answer);
    }
}

fn serve(conn: Connection, lock: Lock, mut inbox: mpsc::Receiver<Message>, trouble: &Trouble) {
    while let Some(message) = inbox.blocking_recv() {
        let close = match message {
            Message::Command(first) => serve_group(&conn, first, &mut inbox, trouble),
            Message::Close(done) => Some(done),
        };
        if let Some(done) = close {
            let _ = done.send(close_in_order(conn, lock));
            return;
        }
    }
}

/// Runs, commits and answers one group. Gives back a wish to close that was met on the way.
fn serve_group(
    conn: &Connection,
    first: Box<dyn Command>,
    inbox: &mut mpsc::Receiver<Message>,
    trouble: &Trouble,
) -> Option<oneshot::Sender<Result<(), Error>>> {
    let mut group = vec![first];
    let mut close = None;
    let before = conn.total_changes();
    let outcome = conn
        .execute_batch("BEGIN IMMEDIATE")
        .map_err(Error::from)
        .and_then(|()| run_group(conn, &mut group, || next_command(inbox, &mut close)))
        .and_then(|()| Ok(conn.execute_batch("COMMIT")?));
    match &outcome {
        Ok(()) if conn.total_changes() == before => {}
        Ok(()) => trouble.set(None),
        Err(error) => give_up(conn, error, trouble),
    }
    for command in group {
        command.answer(outcome.clone());
    }
    close
}

/// Runs the group's commands, and takes up what arrives meanwhile until the group is large or old enough.
fn run_group(
    conn: &Connection,
    group: &mut Vec<Box<dyn Command>>,
    mut next: impl FnMut() -> Option<Box<dyn Command>>,
) -> Result<(), Error> {
    let started = Instant::now();
    let mut ran = 0;
    while let Some(command) = group.get_mut(ran) {
        run_in_savepoint(conn, command.as_mut())?;
        ran += 1;
        if ran == group.len() && ran < GROUP && started.elapsed() < GROUP_TIME {
            group.extend(next());
        }
    }
    Ok(())
}

fn next_command(
    inbox: &mut mpsc::Receiver<Message>,
    close: &mut Option<oneshot::Sender<Result<(), Error>>>,
) -> Option<Box<dyn Command>> {
    match inbox.try_recv().ok()? {
        Message::Command(command) => Some(command),
        Message::Close(done) => {
            *close = Some(done);
            None
        }
    }
}

fn give_up(conn: &Connection, error: &Error, trouble: &Trouble) {
    tracing::error!(%error, "a group of writes could not be committed");
    if !conn.is_autocommit() {
        // SQLite may have rolled back on its own; the error that led here is the one to tell.
        let _ = conn.execute_batch("ROLLBACK");
    }
    trouble.set(Some(error.clone()));
}

/// Runs one command. An error here is the group's: SQLite gives up the whole transaction when the disk is full or fails,
/// and whatever ran before it in the group is gone.
fn run_in_savepoint(conn: &Connection, command: &mut dyn Command) -> Result<(), Error> {
    conn.prepare_cached("SAVEPOINT command")?.execute([])?;
    let wanted = command.run(conn);
    if conn.is_autocommit() {
        return Err(Error::Storage { detail: "the disk is full or fails; the transaction was given up".into() });
    }
    if !wanted {
        conn.prepare_cached("ROLLBACK TO command")?.execute([])?;
    }
    conn.prepare_cached("RELEASE command")?.execute([])?;
    Ok(())
}

fn close_in_order(conn: Connection, mut lock: Lock) -> Result<(), Error> {
    // A reader may keep part of the log in use; then the next start folds it back.
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    conn.close().map_err(|(_, cause)| Error::from(cause))?;
    lock.mark_clean()
}
