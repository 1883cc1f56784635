//! The running server: what it is made of, how it starts, and how it stops.
//!
//! Starting goes from the outside in, so that whatever cannot be had is told before anything is changed: the port, the data
//! folder and its lock, the threads, the map. When all is there, the address is known and work begins. Stopping goes the
//! other way: no new connections and no new work, a grace for what runs, then what is left is handed back and the store
//! is closed. See [`stop`].

mod live;
mod pool;
mod rates;
mod stop;
mod view;
mod workers;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use operations::{Clock, Store, StoreOptions};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::dialects;
use crate::exit::{Exit, Failure, Outcome};
use crate::http;
use live::Live;
use rates::Rates;
use stop::{Signals, Stopper};
use workers::Workshop;

pub(crate) use pool::{Pool, PoolError};
pub(crate) use stop::{Phase, Stopping};
pub(crate) use view::view;

/// How often expired operations and leases are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How long handing back may take after the grace.
const HAND_BACK_WITHIN: Duration = Duration::from_secs(3);

/// What every request can reach.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) live: Arc<Live>,
    pub(crate) store: Store,
    /// Computes the answers that somebody waits for.
    pub(crate) answers: Pool,
    pub(crate) rates: Rates,
    pub(crate) clock: Clock,
    pub(crate) address: SocketAddr,
    pub(crate) stopping: Stopping,
}

impl App {
    /// Whether everybody who reaches the address may ask when there is no key.
    pub(crate) fn may_be_open(&self) -> bool {
        may_be_open(&self.config, self.address)
    }
}

fn may_be_open(config: &Config, address: SocketAddr) -> bool {
    address.ip().is_loopback() || config.server.open
}

/// A server that has all it needs and is not serving yet.
pub(crate) struct Server {
    app: Arc<App>,
    shop: Arc<Workshop>,
    listener: TcpListener,
    stopper: Stopper,
    signals: Signals,
}

impl Server {
    /// Takes the port, the data folder and the threads, and opens the active dataset. From here on signals stop it in order.
    pub(crate) async fn start(config: Config, data: &Path) -> Result<Self, Failure> {
        let signals = Signals::listen()?;
        let listener = bind(config.server.listen).await?;
        let address = listener.local_addr().map_err(Failure::environment)?;
        let clock = Clock::system();
        let store = open_store(&config, data, clock.clone())?;
        guard_the_door(&config, address, &store).await?;
        let pool = |name, threads, limit| {
            Pool::start(name, threads, limit)
                .map_err(|error| Failure::environment(format!("cannot start threads: {error}")))
        };
        let answers = pool("answer", config.server.compute_threads, config.server.queue)?;
        let work = pool("work", config.operations.workers, config.operations.workers)?;
        let live = {
            let (data, settings) = (data.to_owned(), config.engine.clone());
            let opening = tokio::task::spawn_blocking(move || Live::open(&data, settings));
            Arc::new(opening.await.map_err(|_| Failure::environment("opening the active dataset failed; see the log"))?)
        };
        let (stopper, stopping) = stop::stopper();
        let shop = Arc::new(Workshop {
            store: store.clone(),
            live: Arc::clone(&live),
            pool: work,
            questions: dialects::long_questions(),
            lease: Duration::from_secs(config.operations.lease_s),
            stopping: stopping.clone(),
        });
        let app = Arc::new(App { config, live, store, answers, rates: Rates::default(), clock, address, stopping });
        Ok(Self { app, shop, listener, stopper, signals })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.app.address
    }

    /// Serves until a signal comes or `ended` does, and stops in order.
    pub(crate) async fn run(self, ended: impl Future<Output = Exit>) -> Outcome {
        let Self { app, shop, listener, stopper, mut signals } = self;
        let mut helpers = JoinSet::new();
        helpers.spawn(Arc::clone(&app.live).watch());
        helpers.spawn(sweep(app.store.clone()));
        let mut tasks = JoinSet::new();
        for number in 0..app.config.operations.workers {
            tasks.spawn(workers::work(Arc::clone(&shop), format!("{}-{number}", std::process::id())));
        }
        tasks.spawn(http::serve(listener, Arc::clone(&app)));
        let exit = tokio::select! {
            exit = signals.next() => exit,
            exit = ended => exit,
        };
        drain(&mut tasks, &stopper, &mut signals, app.config.server.grace).await;
        helpers.shutdown().await;
        app.store.close().await.map_err(Failure::environment)?;
        tracing::info!("stopped");
        Ok(exit)
    }
}

/// Takes the port.
async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "the port is taken; stop who has it, or choose another with --listen".to_owned()
            }
            _ => error.to_string(),
        };
        Failure::environment(format!("cannot listen on {address}: {why}"))
    })
}

fn open_store(config: &Config, data: &Path, clock: Clock) -> Result<Store, Failure> {
    let options = StoreOptions { clock, ..config.operations.store_options() };
    Store::open(data, options).map_err(Failure::environment)
}

/// Without keys everybody who reaches the port may ask, so only this machine may reach it unless told otherwise.
async fn guard_the_door(config: &Config, address: SocketAddr, store: &Store) -> Result<(), Failure> {
    if store.has_keys().await.map_err(Failure::environment)? {
        return Ok(());
    }
    if !may_be_open(config, address) {
        return Err(Failure::input(format!(
            "{address} can be reached from other machines and no key is configured: add one with `roundsman keys add NAME`, \
             or serve everybody with --open"
        )));
    }
    tracing::warn!("no key is configured: everybody who can reach {address} may ask");
    Ok(())
}

/// Expires what has had its time, and gives the work of lost workers to others.
async fn sweep(store: Store) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = store.sweep().await {
            tracing::error!(%error, "cannot sweep the store of operations");
        }
    }
}

/// Lets what runs end within the grace (a second signal ends the grace), then takes back what is left.
async fn drain(tasks: &mut JoinSet<()>, stopper: &Stopper, signals: &mut Signals, grace: Duration) {
    tracing::info!(grace_s = grace.as_secs_f64(), "stopping: nothing new is begun");
    stopper.advance(Phase::Draining);
    tokio::select! {
        () = all(tasks) => return,
        () = tokio::time::sleep(grace) => {}
        _ = signals.next() => {}
    }
    stopper.advance(Phase::Over);
    if tokio::time::timeout(HAND_BACK_WITHIN, all(tasks)).await.is_err() {
        tracing::warn!("some work did not end in time");
    }
}

async fn all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
