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
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::session::Session;
use crate::state::{Pending, Tx, flush};
use crate::{Error, StoreOptions};

/// Commands of one transaction at most, which bounds what one failed commit can deny.
const GROUP: usize = 256;
/// Commands that may wait.
const QUEUE: usize = 4_096;
/// How often a command that met another node's writes is run again before that is told.
const TRIES: u32 = 8;

/// A connection on which groups are committed.
pub(crate) trait Transactions: Send + 'static {
    /// Begins a transaction and tells its time. Makes the connection anew when it was lost.
    fn begin(&mut self) -> Result<i64, Error>;

    /// The transaction's connection.
    fn with_session(&mut self, run: &mut dyn FnMut(&mut dyn Session) -> Result<(), Error>) -> Result<(), Error>;

    /// Runs one command. Its own error is given back inside, with the transaction as it was before the command; an outer
    /// error means that the transaction is lost for all.
    fn isolated(
        &mut self,
        run: &mut dyn FnMut(&mut dyn Session) -> Result<(), Error>,
    ) -> Result<Result<(), Error>, Error>;

    /// Commits. An error that [`Error::is_in_doubt`] says that nobody knows whether it was.
    fn commit(&mut self) -> Result<(), Error>;

    /// Whether the transaction has changed anything so far.
    fn has_written(&self) -> bool;

    /// Gives the transaction up, if there is still one.
    fn roll_back(&mut self);

    /// The orderly end.
    fn close(self) -> Result<(), Error>;
}

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

/// What a command is called in logs and fail points, and where it stands in a group: by the operation that it changes, so
/// that all nodes lock rows in one order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) op: Uuid,
}

impl Writer {
    /// Starts the thread, which keeps its connection until it ends.
    pub(crate) fn start(conn: impl Transactions, options: Arc<StoreOptions>) -> Result<Self, Error> {
        let (queue, inbox) = mpsc::channel(QUEUE);
        let trouble = Trouble::default();
        let seen = trouble.clone();
        let thread = std::thread::Builder::new()
            .name("operations-writer".into())
            .spawn(move || serve(conn, inbox, &options, &seen))
            .map_err(|cause| Error::Storage { detail: format!("the writer thread does not start: {cause}") })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), trouble })
    }

    /// Runs a command; waits for a place in the queue, since what is under way must be able to finish.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        named: Named,
        command: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (message, answer) = message(named, command);
        self.queue()?.send(message).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Runs a command, or refuses it when too many wait: for work that is new.
    pub(crate) async fn run_or_refuse<T: Send + 'static>(
        &self,
        named: Named,
        command: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (message, answer) = message(named, command);
        self.queue()?.try_send(message).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => {
                let full = QUEUE as u64;
                Error::Overloaded { what: "writes wait", used: full, limit: full, retry_after_s: 1 }
            }
            mpsc::error::TrySendError::Closed(_) => Error::Closed,
        })?;
        answer.await.map_err(|_| Error::Closed)?
    }

    /// Commits what waits, ends in order and gives the connection up.
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
    /// Waits for the thread, so that the folder's lock is free once the store is gone.
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
    named: Named,
    command: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
) -> (Message, oneshot::Receiver<Result<T, Error>>) {
    let (reply, answer) = oneshot::channel();
    (Message::Command(Box::new(Asked { named, command, outcome: None, reply })), answer)
}

/// A command whose type of answer is forgotten, so that different ones share a queue.
trait Command: Send {
    fn named(&self) -> Named;
    /// Runs it, again after a group that was undone; after an error its changes are not wanted.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Error>;
    /// Tells the asker; only now, after the group's fate is known.
    fn answer(self: Box<Self>, group: Result<(), Error>);
}

struct Asked<F, T> {
    named: Named,
    command: F,
    outcome: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Command for Asked<F, T>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send,
    T: Send,
{
    fn named(&self) -> Named {
        self.named
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let outcome = (self.command)(tx);
        let told = outcome.as_ref().map(|_| ()).map_err(Clone::clone);
        self.outcome = Some(outcome);
        told
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

fn serve(mut conn: impl Transactions, mut inbox: mpsc::Receiver<Message>, options: &StoreOptions, trouble: &Trouble) {
    while let Some(message) = inbox.blocking_recv() {
        let (group, close) = gather(message, &mut inbox);
        if !group.is_empty() {
            serve_group(&mut conn, group, options, trouble);
        }
        if let Some(done) = close {
            // What comes now hears at once that the store is closed.
            inbox.close();
            let _ = done.send(conn.close());
            return;
        }
    }
}

type Close = oneshot::Sender<Result<(), Error>>;

/// What waits at this moment: nobody is waited for. The commands that arrive while this group is synced are the next.
fn gather(first: Message, inbox: &mut mpsc::Receiver<Message>) -> (Vec<Box<dyn Command>>, Option<Close>) {
    let mut group = Vec::new();
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Command(command) => group.push(command),
            Message::Close(done) => return (group, Some(done)),
        }
        next = if group.len() < GROUP { inbox.try_recv().ok() } else { None };
    }
    group.sort_by_key(|command| command.named().op);
    (group, None)
}

/// Runs, commits and answers one group.
fn serve_group(
    conn: &mut impl Transactions,
    mut group: Vec<Box<dyn Command>>,
    options: &StoreOptions,
    trouble: &Trouble,
) {
    let whole = run_and_commit(conn, &mut group, options, false);
    let again = whole.as_ref().err().filter(|error| error.may_pass()).map(Error::is_in_doubt);
    let Some(in_doubt) = again else {
        trouble_of(&whole, trouble);
        let told = whole.map(|_| ());
        for command in group {
            options.faults.hit("answer", command.named().name);
            command.answer(told.clone());
        }
        return;
    };
    // One by one, so that who met another node's writes does not undo its neighbours again.
    let mut gone = None;
    for command in group {
        match &gone {
            None => gone = run_singly(conn, command, options, trouble, in_doubt),
            // One of them waited for the database in vain; the others hear so at once.
            Some(error) => command.answer(Err(Error::clone(error))),
        }
    }
}

/// Runs a command in a transaction of its own, and again while that may help. Tells if the database is gone.
fn run_singly(
    conn: &mut impl Transactions,
    command: Box<dyn Command>,
    options: &StoreOptions,
    trouble: &Trouble,
    mut in_doubt: bool,
) -> Option<Error> {
    let mut alone = vec![command];
    let mut done = Err(Error::Contended);
    for _ in 0..TRIES {
        done = run_and_commit(conn, &mut alone, options, in_doubt);
        match &done {
            Err(error) if error.may_pass() => in_doubt |= error.is_in_doubt(),
            _ => break,
        }
    }
    trouble_of(&done, trouble);
    let told = done.map(|_| ());
    for command in alone {
        options.faults.hit("answer", command.named().name);
        command.answer(told.clone());
    }
    told.err().filter(|error| matches!(error, Error::Unreachable { .. }))
}

/// What a group met: its own error, or the last fault of disk or database that a command met on its own.
fn trouble_of(done: &Result<Met, Error>, trouble: &Trouble) {
    match done {
        Ok(Met::Fault(fault)) => trouble.set(Some(fault.clone())),
        Ok(Met::Nothing) => trouble.set(None),
        Ok(Met::NoDisk) => {}
        Err(error) => {
            tracing::error!(%error, "a group of writes could not be committed");
            trouble.set(Some(error.clone()));
        }
    }
}

fn run_and_commit(
    conn: &mut impl Transactions,
    group: &mut [Box<dyn Command>],
    options: &StoreOptions,
    in_doubt: bool,
) -> Result<Met, Error> {
    let done = run_group(conn, group, options, in_doubt);
    if done.is_err() {
        conn.roll_back();
    }
    done
}

fn run_group(
    conn: &mut impl Transactions,
    group: &mut [Box<dyn Command>],
    options: &StoreOptions,
    in_doubt: bool,
) -> Result<Met, Error> {
    let now_ms = conn.begin()?;
    let mut pending = Pending::default();
    let mut fault: Option<Error> = None;
    for command in group.iter_mut() {
        let name = command.named().name;
        let mut changed = pending.clone();
        options.faults.hit("run", name);
        let own = conn.isolated(&mut |session| {
            let mut tx = Tx { session, now_ms, options, pending: &mut changed, in_doubt };
            command.run(&mut tx)
        })?;
        options.faults.hit("ran", name);
        match own {
            Ok(()) => pending = changed,
            Err(error) if error.may_pass() => return Err(error),
            Err(error) => fault = Some(error).filter(|error| !error.is_refusal()).or(fault),
        }
    }
    conn.with_session(&mut |session| flush(session, &pending, options))?;
    for command in group.iter() {
        options.faults.hit("commit", command.named().name);
    }
    let (wrote, begun) = (conn.has_written(), Instant::now());
    conn.commit()?;
    if wrote {
        options.commits.note(begun.elapsed());
    }
    for command in group.iter() {
        options.faults.hit("committed", command.named().name);
    }
    Ok(match fault {
        Some(fault) => Met::Fault(fault),
        None if wrote => Met::Nothing,
        None => Met::NoDisk,
    })
}

/// What a group that was committed met on its way.
enum Met {
    /// It was written.
    Nothing,
    /// It had nothing to write, which says nothing about the disk.
    NoDisk,
    /// One of its commands met this on its own.
    Fault(Error),
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::Clock;
    use crate::session::values;
    use crate::sqlite::Writing;

    fn table() -> Writing {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE number (n INTEGER NOT NULL UNIQUE); PRAGMA max_page_count = 8").unwrap();
        Writing::new(conn, Clock::system(), None)
    }

    const TEST: Named = Named { name: "test", op: Uuid::nil() };

    fn insert(tx: &mut Tx<'_>, n: i64) -> Result<i64, Error> {
        tx.session.change("INSERT INTO number VALUES ($1)", values![n])?;
        Ok(n)
    }

    fn numbers(writing: &Writing) -> Vec<i64> {
        let mut statement = writing.conn().prepare("SELECT n FROM number ORDER BY n").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    type Asked = Box<dyn FnMut(&mut Tx<'_>) -> Result<i64, Error> + Send>;

    /// Serves the commands in groups, as they would wait in the queue; the answers, and what the trouble is after it.
    fn serve_all(conn: &mut Writing, commands: Vec<Asked>) -> (Vec<Result<i64, Error>>, Option<Error>) {
        let (queue, mut inbox) = mpsc::channel(QUEUE);
        let mut answers = Vec::new();
        for command in commands {
            let (message, answer) = message(TEST, command);
            queue.try_send(message).ok().unwrap();
            answers.push(answer);
        }
        let trouble = Trouble::default();
        while let Ok(first) = inbox.try_recv() {
            let (group, close) = gather(first, &mut inbox);
            assert!(close.is_none());
            serve_group(conn, group, &StoreOptions::default(), &trouble);
        }
        let answers = answers.iter_mut().map(|answer| answer.try_recv().unwrap()).collect();
        (answers, trouble.0.lock().unwrap().clone())
    }

    #[test]
    fn a_refused_command_leaves_its_neighbours_alone() {
        let mut conn = table();
        let refused = |tx: &mut Tx<'_>| {
            insert(tx, 2)?;
            Err(Error::Duplicate { id: Uuid::nil() })
        };
        let (answers, trouble) =
            serve_all(&mut conn, vec![Box::new(|tx| insert(tx, 1)), Box::new(refused), Box::new(|tx| insert(tx, 3))]);
        assert_eq!(answers, [Ok(1), Err(Error::Duplicate { id: Uuid::nil() }), Ok(3)]);
        assert_eq!(numbers(&conn), [1, 3]);
        assert_eq!(trouble, None);
    }

    #[test]
    fn what_gives_the_transaction_up_fails_the_whole_group() {
        let mut conn = table();
        let breaks = |tx: &mut Tx<'_>| {
            // As SQLite does on its own when the disk fails.
            tx.session.change("ROLLBACK", &[])?;
            Err(Error::Storage { detail: "disk I/O error".into() })
        };
        let (answers, trouble) = serve_all(&mut conn, vec![Box::new(|tx| insert(tx, 1)), Box::new(breaks)]);
        assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Storage { .. }))), "{answers:?}");
        assert!(numbers(&conn).is_empty());
        assert!(trouble.is_some());
    }

    #[test]
    fn a_full_disk_is_trouble_until_a_write_goes_through() {
        let mut conn = table();
        let too_large = |tx: &mut Tx<'_>| {
            tx.session.change("CREATE TABLE large AS SELECT zeroblob(100000) AS bytes", &[])?;
            Ok(0)
        };
        let (answers, trouble) = serve_all(&mut conn, vec![Box::new(too_large)]);
        assert!(matches!(&answers[0], Err(Error::Storage { detail }) if detail.contains("full")), "{answers:?}");
        assert!(trouble.is_some());
        let (answers, trouble) = serve_all(&mut conn, vec![Box::new(|tx| insert(tx, 1))]);
        assert_eq!((answers, trouble), (vec![Ok(1)], None));
    }

    #[test]
    fn what_may_pass_is_run_again_on_its_own() {
        let mut conn = table();
        let mut met = 0;
        let contended = move |tx: &mut Tx<'_>| {
            insert(tx, 2)?;
            met += 1;
            if met < 4 { Err(Error::Contended) } else { Ok(2) }
        };
        let (answers, trouble) = serve_all(&mut conn, vec![Box::new(|tx| insert(tx, 1)), Box::new(contended)]);
        assert_eq!((answers, trouble), (vec![Ok(1), Ok(2)], None));
        assert_eq!(numbers(&conn), [1, 2]);
    }

    #[test]
    fn more_commands_than_a_group_holds_are_all_served() {
        let mut conn = table();
        let many = 3 * GROUP as i64 + 1;
        let commands = (0..many).map(|n| Box::new(move |tx: &mut Tx<'_>| insert(tx, n)) as Asked).collect();
        let (answers, _) = serve_all(&mut conn, commands);
        assert_eq!(answers.len() as i64, many);
        assert!(answers.iter().enumerate().all(|(n, answer)| *answer == Ok(n as i64)));
    }

    #[tokio::test]
    async fn new_work_is_refused_when_the_queue_is_full_and_old_work_waits() {
        let writer = Writer::start(table(), Arc::default()).unwrap();
        let (gate, closed) = std::sync::mpsc::channel::<()>();
        let blocked = writer.run(TEST, move |_| Ok(closed.recv().is_err()));
        let fill = async {
            let mut waiting = Vec::new();
            let refused = loop {
                let (message, answer) = message(TEST, |_| Ok(()));
                match writer.queue().unwrap().try_send(message) {
                    Ok(()) => waiting.push(answer),
                    Err(_) => break writer.run_or_refuse(TEST, |_| Ok(())).await,
                }
            };
            assert!(matches!(refused, Err(Error::Overloaded { limit, .. }) if limit == QUEUE as u64), "{refused:?}");
            drop(gate);
            writer.run(TEST, |_| Ok(())).await.unwrap();
        };
        let (gate_was_dropped, ()) = tokio::join!(blocked, fill);
        assert!(gate_was_dropped.unwrap());
        writer.close().await.unwrap();
        assert_eq!(writer.run(TEST, |_| Ok(())).await, Err(Error::Closed));
    }
}
