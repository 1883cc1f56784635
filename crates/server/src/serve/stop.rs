//! The order to stop, as everything that runs hears it.
//!
//! There are two steps. *Draining*: nothing new is begun, what runs may end. *Over*: the grace is used up, what still runs
//! is given back. A second signal while draining skips the grace. The steps only go forward.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::exit::{Exit, Failure};

/// How far the stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Serving,
    Draining,
    Over,
}

/// Gives the order.
pub(crate) struct Stopper(watch::Sender<Phase>);

/// Hears the order.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<Phase>);

/// A stopper and its first listener.
pub(crate) fn stopper() -> (Stopper, Stopping) {
    let (sender, receiver) = watch::channel(Phase::Serving);
    (Stopper(sender), Stopping(receiver))
}

impl Stopper {
    /// Goes forward to `phase`.
    pub(crate) fn advance(&self, phase: Phase) {
        self.0.send_modify(|now| *now = phase.max(*now));
    }
}

impl Stopping {
    /// Waits until `phase` is reached; at once when it is.
    pub(crate) async fn reached(&self, phase: Phase) {
        // A stopper that is gone can give no order: whoever holds it ends the program.
        let _ = self.0.clone().wait_for(|now| *now >= phase).await;
    }

    pub(crate) fn is(&self, phase: Phase) -> bool {
        *self.0.borrow() >= phase
    }
}

/// The signals that end the program, and the exit code that each stands for.
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen: from here on the program ends in order, not at once.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let on =
            |kind| signal(kind).map_err(|error| Failure::environment(format!("cannot listen for signals: {error}")));
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Done,
        }
    }
}
