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

/// What the last group with changes met, in its commit or in one of its commands; empty while all is well.
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
        if self.queue.as_ref().is_none_or(mpsc::Sender::is_closed) {
            return Some(Error::Closed);
        }
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
    /// Runs it; after an error its changes are not wanted.
    fn run(&mut self, conn: &Connection) -> Result<(), Error>;
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
    fn run(&mut self, conn: &Connection) -> Result<(), Error> {
        if let Some(command) = self.command.take() {
            self.outcome = Some(command(conn));
        }
        match &self.outcome {
            Some(Err(error)) => Err(error.clone()),
            _ => Ok(()),
        }
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
            // What comes now hears at once that the store is closed.
            inbox.close();
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
        .and_then(|fault| Ok(conn.execute_batch("COMMIT").map(|()| fault)?));
    match &outcome {
        Ok(Some(fault)) => trouble.set(Some(fault.clone())),
        Ok(None) if conn.total_changes() == before => {}
        Ok(None) => trouble.set(None),
        Err(error) => give_up(conn, error, trouble),
    }
    let outcome = outcome.map(|_| ());
    for command in group {
        command.answer(outcome.clone());
    }
    close
}

/// Runs the group's commands, and takes up what arrives meanwhile until the group is large or old enough. Gives back the
/// last fault of disk or database that a command met on its own.
fn run_group(
    conn: &Connection,
    group: &mut Vec<Box<dyn Command>>,
    mut next: impl FnMut() -> Option<Box<dyn Command>>,
) -> Result<Option<Error>, Error> {
    let started = Instant::now();
    let mut fault = None;
    let mut ran = 0;
    while let Some(command) = group.get_mut(ran) {
        fault = run_in_savepoint(conn, command.as_mut())?.or(fault);
        ran += 1;
        if ran == group.len() && ran < GROUP && started.elapsed() < GROUP_TIME {
            group.extend(next());
        }
    }
    Ok(fault)
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
/// and whatever ran before it in the group is gone. What only this command met is given back, if it is a fault.
fn run_in_savepoint(conn: &Connection, command: &mut dyn Command) -> Result<Option<Error>, Error> {
    conn.prepare_cached("SAVEPOINT command")?.execute([])?;
    let own = command.run(conn).err();
    if conn.is_autocommit() {
        let error = || Error::Storage { detail: "the database gave the transaction up".into() };
        return Err(own.unwrap_or_else(error));
    }
    if own.is_some() {
        conn.prepare_cached("ROLLBACK TO command")?.execute([])?;
    }
    conn.prepare_cached("RELEASE command")?.execute([])?;
    Ok(own.filter(|error| !error.is_refusal()))
}

fn close_in_order(conn: Connection, mut lock: Lock) -> Result<(), Error> {
    // A reader may keep part of the log in use; then the next start folds it back.
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    conn.close().map_err(|(_, cause)| Error::from(cause))?;
    lock.mark_clean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;

    fn table() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE number (n INTEGER NOT NULL UNIQUE); PRAGMA max_page_count = 8").unwrap();
        conn
    }

    fn insert(conn: &Connection, n: i64) -> Result<i64, Error> {
        conn.execute("INSERT INTO number VALUES (?1)", [n])?;
        Ok(n)
    }

    fn numbers(conn: &Connection) -> Vec<i64> {
        let mut statement = conn.prepare("SELECT n FROM number ORDER BY n").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    type Asked = Box<dyn FnOnce(&Connection) -> Result<i64, Error> + Send>;

    /// Serves the commands as one group, as they would wait in the queue; the answers, and what the trouble is after it.
    fn serve_all(conn: &Connection, commands: Vec<Asked>) -> (Vec<Result<i64, Error>>, Option<Error>) {
        let (queue, mut inbox) = mpsc::channel(QUEUE);
        let mut answers = Vec::new();
        for command in commands {
            let (message, answer) = message(command);
            queue.try_send(message).ok().unwrap();
            answers.push(answer);
        }
        let trouble = Trouble::default();
        while let Ok(Message::Command(first)) = inbox.try_recv() {
            assert!(serve_group(conn, first, &mut inbox, &trouble).is_none());
        }
        let answers = answers.iter_mut().map(|answer| answer.try_recv().unwrap()).collect();
        (answers, trouble.0.lock().unwrap().clone())
    }

    #[test]
    fn a_refused_command_leaves_its_neighbours_alone() {
        let conn = table();
        let refused = |conn: &Connection| {
            insert(conn, 2)?;
            Err(Error::Duplicate { id: uuid::Uuid::nil() })
        };
        let (answers, trouble) = serve_all(
            &conn,
            vec![Box::new(|conn| insert(conn, 1)), Box::new(refused), Box::new(|conn| insert(conn, 3))],
        );
        assert_eq!(answers, [Ok(1), Err(Error::Duplicate { id: uuid::Uuid::nil() }), Ok(3)]);
        assert_eq!(numbers(&conn), [1, 3]);
        assert_eq!(trouble, None);
    }

    #[test]
    fn what_gives_the_transaction_up_fails_the_whole_group() {
        let conn = table();
        let breaks = |conn: &Connection| {
            // As SQLite does on its own when the disk fails.
            conn.execute_batch("ROLLBACK")?;
            Err(Error::Storage { detail: "disk I/O error".into() })
        };
        let (answers, trouble) = serve_all(&conn, vec![Box::new(|conn| insert(conn, 1)), Box::new(breaks)]);
        assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Storage { .. }))), "{answers:?}");
        assert!(numbers(&conn).is_empty());
        assert!(trouble.is_some());
    }

    #[test]
    fn a_full_disk_is_trouble_until_a_write_goes_through() {
        let conn = table();
        let too_large = |conn: &Connection| {
            conn.execute_batch("CREATE TABLE large AS SELECT zeroblob(100000) AS bytes")?;
            Ok(0)
        };
        let (answers, trouble) = serve_all(&conn, vec![Box::new(too_large)]);
        assert!(matches!(&answers[0], Err(Error::Storage { detail }) if detail.contains("full")), "{answers:?}");
        assert!(trouble.is_some());
        let (answers, trouble) = serve_all(&conn, vec![Box::new(|conn| insert(conn, 1))]);
        assert_eq!((answers, trouble), (vec![Ok(1)], None));
    }

    #[test]
    fn more_commands_than_a_group_holds_are_all_served() {
        let conn = table();
        let many = 3 * GROUP as i64 + 1;
        let commands = (0..many).map(|n| Box::new(move |conn: &Connection| insert(conn, n)) as Asked).collect();
        let (answers, _) = serve_all(&conn, commands);
        assert_eq!(answers.len() as i64, many);
        assert!(answers.iter().enumerate().all(|(n, answer)| *answer == Ok(n as i64)));
    }

    #[tokio::test]
    async fn new_work_is_refused_when_the_queue_is_full_and_old_work_waits() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Folder::prepare(folder.path()).unwrap().lock().unwrap();
        let writer = Writer::start(table(), lock).unwrap();
        let (gate, closed) = std::sync::mpsc::channel::<()>();
        let blocked = writer.run(move |_| Ok(closed.recv().is_err()));
        let fill = async {
            let mut waiting = Vec::new();
            let refused = loop {
                let (message, answer) = message(|_| Ok(()));
                match writer.queue().unwrap().try_send(message) {
                    Ok(()) => waiting.push(answer),
                    Err(_) => break writer.run_or_refuse(|_| Ok(())).await,
                }
            };
            assert!(matches!(refused, Err(Error::Overloaded { limit: QUEUE, .. })), "{refused:?}");
            drop(gate);
            writer.run(|_| Ok(())).await.unwrap();
        };
        let (gate_was_dropped, ()) = tokio::join!(blocked, fill);
        assert!(gate_was_dropped.unwrap());
        writer.close().await.unwrap();
        assert_eq!(writer.run(|_| Ok(())).await, Err(Error::Closed));
    }
}
