//! Hints between nodes, over LISTEN and NOTIFY.
//!
//! A notification takes a lock that all commits of the database share, so none is sent per row or per commit: each node
//! sends at most ten a second, over a connection of its own, each naming all that changed since the last. A hint that is lost
//! costs whoever waits one more look.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio_postgres::AsyncMessage;

use super::link::Address;
use crate::Error;
use crate::wakeups::Wakeups;

/// Between two notifications of one node, and between two tries to connect.
const EVERY: Duration = Duration::from_millis(100);
const CONNECT_EVERY: Duration = Duration::from_secs(1);
const CHANNEL: &str = "roundsman";

/// The thread that passes hints on; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Notifier {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Notifier {
    pub(super) fn start(address: Address, wakeups: Arc<Wakeups>) -> Result<Self, Error> {
        let fault = |cause: std::io::Error| Error::Storage { detail: format!("the notifier does not start: {cause}") };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(fault)?;
        let (stop, mut stopped) = watch::channel(false);
        let pass = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = pass_on(&address, &wakeups) => {}
                    // An error says that the sender is gone, which is the same.
                    _ = stopped.wait_for(|stop| *stop) => {}
                }
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("operations-hints".into()).spawn(pass).map_err(fault)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that passes hints on had panicked");
        }
    }
}

/// Connects, passes on until that breaks, and connects again.
async fn pass_on(address: &Address, wakeups: &Wakeups) {
    loop {
        if let Err(error) = pass_on_once(address, wakeups).await {
            tracing::debug!(%error, "hints between nodes are not passed on for now");
        }
        tokio::time::sleep(CONNECT_EVERY).await;
    }
}

async fn pass_on_once(address: &Address, wakeups: &Wakeups) -> Result<(), Error> {
    let (client, mut connection) = address.config().connect(address.tls()).await?;
    let mut heard = stream::poll_fn(move |context| connection.poll_message(context));
    let listen = async {
        while let Some(message) = heard.next().await {
            if let AsyncMessage::Notification(note) = message? {
                hear(note.payload(), wakeups);
            }
        }
        Ok::<(), Error>(())
    };
    let speak = async {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        // What was missed while nobody listened.
        wakeups.ring_all_here();
        loop {
            tokio::time::sleep(EVERY).await;
            if let Some(text) = wakeups.take_news() {
                client.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, &text]).await?;
            }
        }
    };
    tokio::select! {
        ended = listen => ended,
        ended = speak => ended,
    }
}

/// `r` for work that is ready; then the bells of operations that changed, two hexadecimal digits each.
fn hear(payload: &str, wakeups: &Wakeups) {
    let bells = payload.strip_prefix('r').inspect(|_| wakeups.ring_ready_here()).unwrap_or(payload);
    for digits in bells.as_bytes().chunks_exact(2) {
        let bell = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
        if let Some(bell) = bell {
            wakeups.ring_bell_here(bell);
        }
    }
}
