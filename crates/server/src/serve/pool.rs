//! The compute pool: a fixed number of plain threads behind a bounded queue.
//!
//! Async code does sockets and waiting; everything that computes goes through a pool, so that a long search never holds up a
//! socket and the number of threads that compute is known. There are two pools of this kind, one for questions that somebody
//! waits for and one for the workers of long questions, whose threads give way: the operating system shares the cores between
//! them, so a hundred long questions cannot keep a short one waiting in line.
//!
//! Work waits in one of two lines: what is urgent goes first, and a number of threads can be kept for it alone.
//!
//! A full queue refuses at once. A panic ends the work, not the thread, and is reported to whoever waits. Work whose asker has
//! gone is not begun.

use std::any::Any;
use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// The door to the threads; they end when the last door is gone and the queue is empty.
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    limit: usize,
    /// How many threads take up what is patient; the others are kept.
    patient_threads: usize,
}

#[derive(Default)]
struct State {
    urgent: VecDeque<Job>,
    patient: VecDeque<Job>,
    /// Threads that are at work on what is patient.
    patient_running: usize,
    closed: bool,
}

/// The line that work waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Somebody waits for it.
    Urgent,
    /// It is begun when nothing urgent waits, and on some of the threads only.
    Patient,
}

/// Why there is no answer from the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PoolError {
    /// The queue is full.
    Full,
    /// The work panicked, with this message.
    Panicked(String),
}

impl Pool {
    /// Starts `threads` threads called `name`, which give way to others by `niceness`, and lets `limit` pieces of work wait for
    /// them.
    pub(crate) fn start(name: &str, threads: usize, limit: usize, niceness: i32) -> io::Result<Self> {
        Self::start_keeping(name, (threads, 0), limit, niceness)
    }

    /// The same with some of the threads kept for what is urgent.
    pub(crate) fn start_keeping(
        name: &str,
        (threads, kept): (usize, usize),
        limit: usize,
        niceness: i32,
    ) -> io::Result<Self> {
        let patient_threads = threads - kept.min(threads);
        let shared = Arc::new(Shared { state: Mutex::default(), wake: Condvar::new(), limit, patient_threads });
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name(format!("{name}-{number}")).spawn(move || {
                give_way(niceness);
                shared.work();
            })?;
        }
        Ok(Self { shared })
    }

    /// Runs `work` on one of the threads and waits for what it returns.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        self.run_in(Line::Urgent, work).await
    }

    /// The same for work that waits in that line.
    pub(crate) async fn run_in<T: Send + 'static>(
        &self,
        line: Line,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                let result = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| message(&*panic));
                // An asker that went away while we worked does not want the answer any more.
                let _ = answer.send(result);
            }
        };
        self.shared.push(line, Box::new(job))?;
        answered.await.unwrap_or_else(|_| Err("the thread ended".to_owned())).map_err(PoolError::Panicked)
    }
}

/// Lowers the priority of this thread alone, which needs no right; a system that refuses shares its cores evenly.
fn give_way(niceness: i32) {
    #[cfg(target_os = "linux")]
    if niceness > 0
        && let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), niceness)
    {
        tracing::debug!(%error, "the threads of long questions do not give way");
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
    }
}

impl Shared {
    /// The state stays right when a holder panics, since nothing panics between its changes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: Line, job: Job) -> Result<(), PoolError> {
        let mut state = self.lock();
        if state.urgent.len() + state.patient.len() >= self.limit {
            return Err(PoolError::Full);
        }
        match line {
            Line::Urgent => state.urgent.push_back(job),
            Line::Patient => state.patient.push_back(job),
        }
        self.wake.notify_one();
        Ok(())
    }

    fn work(&self) {
        while let Some((line, job)) = self.next() {
            job();
            if line == Line::Patient {
                self.lock().patient_running -= 1;
                // A patient one may wait that this thread, if it takes up an urgent one, leaves to another.
                self.wake.notify_one();
            }
        }
        // The others may have slept while this one took up the last of it.
        self.wake.notify_all();
    }

    fn next(&self) -> Option<(Line, Job)> {
        let idle = |state: &mut State| state.has_nothing(self.patient_threads) && !state.is_over();
        let mut state = self.wake.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = state.urgent.pop_front() {
            return Some((Line::Urgent, job));
        }
        let job = state.patient.pop_front()?;
        state.patient_running += 1;
        Some((Line::Patient, job))
    }
}

impl State {
    /// Whether a thread that is free has nothing to take up.
    fn has_nothing(&self, patient_threads: usize) -> bool {
        self.urgent.is_empty() && (self.patient.is_empty() || self.patient_running >= patient_threads)
    }

    /// Whether nothing will come any more.
    fn is_over(&self) -> bool {
        self.closed && self.urgent.is_empty() && self.patient.is_empty()
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_panic_costs_the_answer_not_the_thread() {
        let pool = Pool::start("test", 1, 4, 0).unwrap();
        let panicked = pool.run(|| -> u32 { panic!("out of tea") }).await;
        assert_eq!(panicked, Err(PoolError::Panicked("out of tea".into())));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn the_urgent_goes_first_and_has_a_thread_of_its_own() {
        let pool = Arc::new(Pool::start_keeping("test", (2, 1), 8, 0).unwrap());
        let (release, held) = mpsc::channel::<()>();
        let (begun, started) = oneshot::channel();
        let order = Arc::new(Mutex::new(Vec::new()));
        let patient = |name: &'static str, wait: Option<(oneshot::Sender<()>, mpsc::Receiver<()>)>| {
            let (pool, order) = (Arc::clone(&pool), Arc::clone(&order));
            tokio::spawn(async move {
                let work = move || {
                    let held = wait.map(|(begun, held)| begun.send(()).is_ok() && held.recv().is_ok());
                    order.lock().unwrap().push(name);
                    held
                };
                pool.run_in(Line::Patient, work).await
            })
        };
        let first = patient("first", Some((begun, held)));
        started.await.unwrap();
        let second = patient("second", None);
        // Both patient ones have but one thread; the other is there for whoever is urgent.
        for _ in 0..3 {
            let order = Arc::clone(&order);
            pool.run(move || order.lock().unwrap().push("urgent")).await.unwrap();
        }
        release.send(()).unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (Ok(Some(true)), Ok(None)));
        assert_eq!(*order.lock().unwrap(), ["urgent", "urgent", "urgent", "first", "second"]);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let pool = Arc::new(Pool::start("test", 1, 1, 0).unwrap());
        let (release, held) = mpsc::channel::<()>();
        let (begun, started) = oneshot::channel();
        let busy = {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                let work = move || (begun.send(()).is_ok(), held.recv().is_ok());
                pool.run(work).await
            })
        };
        started.await.unwrap();
        let waiting = pool.run(|| 1);
        let mut waiting = Box::pin(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert_eq!(pool.run(|| 2).await, Err(PoolError::Full));
        release.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), Ok((true, true)));
        assert_eq!(waiting.await, Ok(1));
    }
}
