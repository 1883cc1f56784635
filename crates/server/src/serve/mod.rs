//! The running server: what it is made of, how it starts, and how it stops.
//!
//! Starting goes from the outside in, so that whatever cannot be had is told before anything is changed: the port, the data
//! folder and its lock, the threads, the map. When all is there, the address is known and work begins. Stopping goes the
//! other way: no new connections and no new work, a grace for what runs, then what is left is handed back and the store
//! is closed. See [`stop`].

mod ahead;
mod estimate;
mod gauges;
mod hand;
mod importing;
mod incumbents;
mod job;
mod keyring;
mod live;
mod maps;
mod metrics;
mod pool;
mod rates;
mod stages;
mod stop;
mod trace;
mod view;
mod webhook;
mod workers;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::OperationView;
use operations::{Clock, Commits, Operation, Store, StoreOptions};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::{Config, Place};
use crate::dialects;
use crate::exit::{Exit, Failure, Outcome};
use crate::http;
use estimate::{Estimate, Queue};
use hand::Hand;
use keyring::Keyring;
use live::Live;
use maps::Maps;
use rates::Rates;
use stop::{Signals, Stopper};
use workers::Workshop;

pub(crate) use hand::MOST_AHEAD;
pub(crate) use importing::ImportSettings;
pub(crate) use maps::MapsError;
pub(crate) use metrics::Metrics;
pub(crate) use pool::{Pool, PoolError};
pub(crate) use stages::FORM as IMPORT_IN_STAGES;
pub(crate) use stop::{Phase, Stopping};
pub(crate) use trace::Trace;
pub(crate) use view::stored_state;
pub(crate) use webhook::Webhook;

/// The latest form of stored questions that this version knows; a worker leaves later ones to newer workers. Plans in
/// rounds came with the second, matrices whose parts are text with the third ([`wire::Parts::form`]), imports in stages
/// with the fourth, matrices whose result lies in their parts with the fifth.
pub(crate) const FORM: u32 = 5;

/// How often expired operations and leases are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// By how much the threads of long questions give way to those that somebody waits for: at ten they get a tenth of a core that
/// both want, and all of one that nobody else does.
const WORK_NICENESS: i32 = 10;

/// How long handing back may take after the grace.
const HAND_BACK_WITHIN: Duration = Duration::from_secs(3);

/// What a node is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// To answer, and to work on what was accepted.
    Server,
    /// Only to work; `probes` tells whether it listens for those who watch it.
    Worker {
        /// Whether it listens.
        probes: bool,
    },
}

/// What every request can reach.
pub(crate) struct App {
    pub(crate) role: Role,
    pub(crate) config: Config,
    pub(crate) live: Arc<Live>,
    pub(crate) maps: Arc<Maps>,
    pub(crate) store: Store,
    /// Computes the answers that somebody waits for.
    pub(crate) answers: Pool,
    pub(crate) rates: Rates,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) estimate: Estimate,
    pub(crate) keyring: Keyring,
    pub(crate) clock: Clock,
    pub(crate) address: SocketAddr,
    pub(crate) stopping: Stopping,
}

impl App {
    /// What clients may see of an operation.
    pub(crate) fn view(&self, operation: Operation) -> OperationView {
        let queue = Queue { waiting: self.store.queued() as usize, workers: self.config.operations.workers };
        let retry_after_s = self.estimate.retry_after_s(&operation, queue, self.clock.now_ms());
        view::view(operation, retry_after_s)
    }

    /// What the client saw of an operation when it was accepted.
    pub(crate) fn view_as_accepted(&self, operation: Operation) -> OperationView {
        view::as_accepted(self.view(operation))
    }

    /// All figures, as Prometheus reads them.
    pub(crate) async fn metrics_text(&self) -> String {
        let mut text = self.metrics.text();
        gauges::of_the_store(&mut text, &self.store, self.clock.now_ms()).await;
        text.gauge(
            "ready",
            "Whether questions about the map are answered.",
            u8::from(self.live.why_not_ready().is_none()),
        );
        if let Some(dataset) = self.live.engine().dataset() {
            ahead::tell(&mut text, dataset.fit_counts());
        }
        text.gauge("draining", "Whether the server is stopping.", u8::from(self.stopping.is(Phase::Draining)));
        text.into_string()
    }

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
    /// For what is made ahead of being asked for.
    ahead: Pool,
    listener: Option<TcpListener>,
    stopper: Stopper,
    signals: Signals,
}

impl Server {
    /// Takes the port, the data folder and the threads, and opens the active dataset. From here on signals stop it in order.
    pub(crate) async fn start(config: Config, data: &Path, role: Role) -> Result<Self, Failure> {
        let signals = Signals::listen()?;
        let listener = match role {
            Role::Worker { probes: false } => None,
            Role::Server | Role::Worker { probes: true } => Some(bind(config.server.listen).await?),
        };
        let own = listener.as_ref().map(TcpListener::local_addr).transpose().map_err(Failure::environment)?;
        let address = own.unwrap_or(config.server.listen);
        let clock = Clock::system();
        let metrics = Arc::new(Metrics::default());
        let store = open_store(&config, data, clock.clone(), &metrics).await?;
        if role == Role::Server {
            guard_the_door(&config, address, &store).await?;
        }
        let threads = |error| Failure::environment(format!("cannot start threads: {error}"));
        let answers = Pool::start("answer", config.server.compute_threads, config.server.queue, 0).map_err(threads)?;
        let (workers, kept) = (config.operations.workers, config.operations.kept_workers());
        let work = Pool::start_keeping("work", (workers, kept), workers + MOST_AHEAD, WORK_NICENESS);
        let work = work.map_err(threads)?;
        let ahead = Pool::start("ahead", 1, 1, WORK_NICENESS).map_err(threads)?;
        let shared = matches!(config.operations.place(data), Place::Shared { .. });
        let maps = Arc::new(Maps::new(data, store.clone(), shared));
        let live = {
            let (data, settings, maps) = (data.to_owned(), config.engine.clone(), Arc::clone(&maps));
            let opening = tokio::task::spawn_blocking(move || {
                // A node that has nothing yet begins with what the others have.
                if let Err(error) = maps.follow() {
                    tracing::warn!(%error, "cannot have the dataset that the store names; trying again");
                }
                Live::open(&data, settings, Some(maps))
            });
            Arc::new(opening.await.map_err(|_| Failure::environment("opening the active dataset failed; see the log"))?)
        };
        let (stopper, stopping) = stop::stopper();
        let shop = Arc::new(Workshop {
            store: store.clone(),
            metrics: Arc::clone(&metrics),
            live: Arc::clone(&live),
            maps: Arc::clone(&maps),
            import: config.datasets.import,
            pool: work,
            hand: Arc::new(Hand::new(workers, kept)),
            questions: dialects::long_questions(),
            webhooks: config.webhooks.clone(),
            clock: clock.clone(),
            lease: Duration::from_secs(config.operations.lease_s),
            stopping: stopping.clone(),
        });
        let (rates, estimate, keyring) = (Rates::default(), Estimate::default(), Keyring::default());
        let app = Arc::new(App {
            role,
            config,
            live,
            maps,
            store,
            answers,
            rates,
            metrics,
            estimate,
            keyring,
            clock,
            address,
            stopping,
        });
        Ok(Self { app, shop, ahead, listener, stopper, signals })
    }

    /// Where it listens; a worker need not.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|_| self.app.address)
    }

    /// Serves until a signal comes or `ended` does, and stops in order.
    pub(crate) async fn run(self, ended: impl Future<Output = Exit>) -> Outcome {
        let Self { app, shop, ahead, listener, stopper, mut signals } = self;
        let mut helpers = JoinSet::new();
        helpers.spawn(Arc::clone(&app.live).watch());
        helpers.spawn(ahead::work(Arc::clone(&app.live), ahead));
        helpers.spawn(Arc::clone(&app.maps).watch());
        helpers.spawn(Arc::clone(&app.maps).tidy());
        helpers.spawn(sweep(app.store.clone(), Arc::clone(&app.metrics)));
        let mut tasks = JoinSet::new();
        if app.config.operations.workers > 0 {
            tasks.spawn(workers::work(shop, format!("{}-{}", host_name(), std::process::id())));
        }
        if let Some(listener) = listener {
            tasks.spawn(http::serve(listener, Arc::clone(&app)));
        }
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

/// What this machine is called, for those who look for causes.
fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.chars().filter(|c| !c.is_control()).take(100).collect()
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

/// The store of this machine alone, in a folder, or the one that several machines share.
async fn open_store(config: &Config, data: &Path, clock: Clock, metrics: &Arc<Metrics>) -> Result<Store, Failure> {
    let metrics = Arc::clone(metrics);
    let commits = Commits::new(move |took| metrics.fsync.note(took));
    let options = StoreOptions { clock, commits, ..config.operations.store_options() };
    match &config.operations.place(data) {
        Place::Folder(folder) => Store::open(folder, options).map_err(Failure::environment),
        Place::Shared { database, blobs } => {
            Store::connect(database, blobs, options).await.map_err(Failure::environment)
        }
    }
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
async fn sweep(store: Store, metrics: Arc<Metrics>) {
    let mut tick = tokio::time::interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        match store.sweep().await {
            Ok(report) => {
                metrics.leases_expired.add((report.requeued + report.failed) as u64);
                metrics.expired.add(report.expired as u64);
                metrics.orphans.add(report.orphans as u64);
            }
            Err(error) => tracing::error!(%error, "cannot sweep the store of operations"),
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
