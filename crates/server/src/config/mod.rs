//! What the program is configured with, in two steps: text to raw values without side effects, then once to checked settings.
//!
//! A value comes from, in this order of strength, a flag, the environment (`ROUNDSMAN_SECTION__KEY`), the configuration
//! file (TOML), or the default. [`raw`] gathers the first three as they are written, each with its [`raw::Origin`]; [`Config::check`]
//! turns them into numbers, addresses and limits, and is the only place that knows the keys: what it never asked for is an
//! unknown key, answered with the nearest one that exists. All faults are found, not just the first.
//!
//! Nothing else in the server reads the environment or the file, and no setting changes while the program runs.

mod nearest;
mod raw;
mod reader;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::{Settings, SolverSettings, StraightLine, VehicleSettings};
use operations::{Limits, Retention, StoreOptions, TenantLimits};

pub(crate) use raw::Raw;
pub(crate) use reader::Effective;

use crate::exit::Failure;
use crate::serve::ImportSettings;
use reader::Reader;

/// The checked settings.
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) operations: Operations,
    pub(crate) webhooks: Webhooks,
    pub(crate) datasets: DatasetSettings,
    pub(crate) engine: Settings,
    /// Every key with the value in force and where it came from, in the order of the documentation.
    pub(crate) effective: Vec<Effective>,
}

/// `server.*`
pub(crate) struct Server {
    /// Where HTTP is served; port 0 picks one.
    pub(crate) listen: SocketAddr,
    /// The address that clients use, when it differs from the one that their requests name.
    pub(crate) public_url: Option<String>,
    /// Serve without keys also beyond this machine.
    pub(crate) open: bool,
    /// Threads that compute answers somebody waits for.
    pub(crate) compute_threads: usize,
    /// Questions that may wait for a thread; one more is refused.
    pub(crate) queue: usize,
    /// Connections that may be open at once.
    pub(crate) connections: usize,
    /// How long a connection may be open without a request.
    pub(crate) idle: Duration,
    /// How long a question may take that somebody waits for.
    pub(crate) answer: Duration,
    /// How long work may go on after the signal to stop.
    pub(crate) grace: Duration,
}

/// `operations.*`
pub(crate) struct Operations {
    /// The folder or the database in which operations are kept; none: the data folder.
    pub(crate) store: Option<StoreUrl>,
    /// Where large payloads are kept when several machines share them.
    pub(crate) blobs: Option<String>,
    /// Long questions worked on at once.
    pub(crate) workers: usize,
    /// How long a worker may be silent before its work is given to another.
    pub(crate) lease_s: u64,
    /// How often work on an operation may be begun.
    pub(crate) max_attempts: u32,
    /// How long results are kept.
    pub(crate) retention_s: u64,
    /// How much may wait, of all and of one tenant.
    pub(crate) queued: u64,
    pub(crate) tenant_queued: u64,
    /// How much of one tenant is worked on at once; more waits.
    pub(crate) tenant_running: Option<u64>,
    /// How much of one tenant is stored.
    pub(crate) tenant_stored_bytes: Option<u64>,
    /// Waiting this long lifts work by one class.
    pub(crate) ageing_s: u64,
    /// Whether a database is taken that may forget what it has acknowledged.
    pub(crate) allow_unsafe_database: bool,
}

/// `webhooks.*`
#[derive(Clone, Debug, Default)]
pub(crate) struct Webhooks {
    /// What events are signed with; without it there are none.
    pub(crate) secret: Option<String>,
    /// The hosts that may be called.
    pub(crate) hosts: Vec<String>,
}

/// `datasets.*`
#[derive(Clone, Debug, Default)]
pub(crate) struct DatasetSettings {
    /// The tenants whose keys may import, activate and delete.
    pub(crate) tenants: Vec<String>,
    /// The largest map that is taken over HTTP.
    pub(crate) upload_bytes: u64,
    /// Maps of at least so many bytes are imported in stages where nodes share a store.
    pub(crate) cut_bytes: u64,
    /// How maps are imported.
    pub(crate) import: ImportSettings,
}

/// What `operations.store` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://…`
    Postgres(String),
}

/// Where operations are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a folder of this machine alone.
    Folder(PathBuf),
    /// Where several machines reach them.
    Shared {
        /// The database.
        database: String,
        /// The bucket or folder of large payloads.
        blobs: String,
    },
}

impl Operations {
    /// Where operations are kept, for a node with this data folder.
    pub(crate) fn place(&self, data: &Path) -> Place {
        match &self.store {
            None => Place::Folder(data.to_owned()),
            Some(StoreUrl::Sqlite(folder)) => Place::Folder(folder.clone()),
            Some(StoreUrl::Postgres(url)) => {
                let beside = || format!("file:{}", data.join("blobs").display());
                Place::Shared { database: url.clone(), blobs: self.blobs.clone().unwrap_or_else(beside) }
            }
        }
    }

    /// The workers that do only what somebody waits for: a quarter, where there are enough to share.
    pub(crate) fn kept_workers(&self) -> usize {
        self.workers / 4
    }

    /// The same for the store.
    pub(crate) fn store_options(&self) -> StoreOptions {
        let tenant = TenantLimits {
            queued: self.tenant_queued,
            running: self.tenant_running.unwrap_or(u64::MAX),
            stored_bytes: self.tenant_stored_bytes.unwrap_or(u64::MAX),
            ..TenantLimits::default()
        };
        StoreOptions {
            lease_s: self.lease_s,
            max_attempts: self.max_attempts,
            retention: Retention { default_s: self.retention_s, ..Retention::default() },
            limits: Limits { queued: self.queued, tenant, ..Limits::default() },
            // What is claimed ahead, and as much again whose completion is being committed.
            slots: self.workers.max(1) + 2 * crate::serve::MOST_AHEAD,
            reserved_slots: self.kept_workers(),
            ageing_s: self.ageing_s,
            allow_unsafe_database: self.allow_unsafe_database,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: crate::serve::FORM,
            ..StoreOptions::default()
        }
    }
}

impl Config {
    /// The settings in force, from the file (if any), the environment, and the flags given.
    pub(crate) fn load(source: &Source, flags: Raw) -> Result<Self, Failure> {
        let mut raw = match source.file() {
            Some(path) => raw::from_file(&path)?,
            None => Raw::default(),
        };
        raw.overlay(raw::from_environment(std::env::vars()));
        raw.overlay(flags);
        Self::check(raw).map_err(|faults| Failure::input(faults.join("; ")))
    }

    /// Raw values to settings; every fault is a sentence that names the key, its origin, the value and what is allowed.
    fn check(raw: Raw) -> Result<Self, Vec<String>> {
        let mut read = Reader::new(raw);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let server = read_server(&mut read, cores);
        let operations = read_operations(&mut read, cores);
        let webhooks = read_webhooks(&mut read);
        let datasets = read_datasets(&mut read);
        let engine = Settings {
            limits: read_limits(&mut read),
            solver: SolverSettings {
                time_limit_s: read.optional_number("solver.time_limit_s", 0.001..=86_400.0),
                islands: read.count("solver.islands", 1, 1..=64),
            },
            straight_line: read_straight_line(&mut read),
            vehicles: read_vehicles(&mut read),
        };
        let effective = read.finish()?;
        Ok(Self { server, operations, webhooks, datasets, engine, effective })
    }
}

/// Where the configuration file is.
pub(crate) struct Source {
    /// `--config`, or the environment's `ROUNDSMAN_CONFIG`: must exist.
    pub(crate) named: Option<PathBuf>,
    /// The data folder, whose `roundsman.toml` is read if it is there.
    pub(crate) data: PathBuf,
}

impl Source {
    fn file(&self) -> Option<PathBuf> {
        let beside_the_data = || Some(self.data.join("roundsman.toml")).filter(|path| Path::is_file(path));
        self.named.clone().or_else(beside_the_data)
    }
}

fn read_server(read: &mut Reader, cores: usize) -> Server {
    Server {
        listen: read.address("server.listen", "127.0.0.1:8080"),
        public_url: read.optional_url("server.public_url"),
        open: read.switch("server.open", false),
        compute_threads: read.count("server.compute_threads", cores, 1..=1024),
        queue: read.count("server.queue", 256, 1..=1_000_000),
        connections: read.count("server.connections", 512, 1..=1_000_000),
        idle: Duration::from_secs_f64(read.number("server.idle_s", 75.0, 0.1..=3600.0)),
        answer: Duration::from_secs_f64(read.number("server.answer_s", 60.0, 0.1..=3600.0)),
        grace: Duration::from_secs_f64(read.number("server.grace_s", 30.0, 0.0..=3600.0)),
    }
}

fn read_operations(read: &mut Reader, cores: usize) -> Operations {
    Operations {
        store: read.optional_store("operations.store"),
        blobs: read.optional_blobs("operations.blobs"),
        workers: read.count("operations.workers", cores, 0..=1024),
        lease_s: read.count("operations.lease_s", 30, 1..=86_400) as u64,
        max_attempts: read.count("operations.max_attempts", 4, 1..=1000) as u32,
        retention_s: read.count("operations.retention_s", 86_400, 1..=315_360_000) as u64,
        queued: read.count("operations.queued", 100_000, 1..=100_000_000) as u64,
        tenant_queued: read.count("operations.tenant_queued", 100_000, 1..=100_000_000) as u64,
        tenant_running: read.optional_count("operations.tenant_running", 1..=1_000_000).map(|count| count as u64),
        tenant_stored_bytes: read
            .optional_count("operations.tenant_stored_bytes", 1..=1 << 60)
            .map(|bytes| bytes as u64),
        ageing_s: read.count("operations.ageing_s", 300, 1..=86_400) as u64,
        allow_unsafe_database: read.switch("operations.allow_unsafe_database", false),
    }
}

fn read_webhooks(read: &mut Reader) -> Webhooks {
    Webhooks {
        secret: read.optional_secret("webhooks.secret"),
        hosts: read.optional_text("webhooks.hosts").as_deref().map_or_else(Vec::new, listed),
    }
}

fn read_datasets(read: &mut Reader) -> DatasetSettings {
    DatasetSettings {
        tenants: read.optional_text("datasets.tenants").as_deref().map_or_else(Vec::new, listed),
        upload_bytes: read.count("datasets.upload_bytes", 4 << 30, 1024..=1 << 40) as u64,
        cut_bytes: read.count("datasets.cut_bytes", 2_000_000, 0..=1 << 40) as u64,
        import: ImportSettings {
            threads: read.count("datasets.threads", 1, 1..=1024),
            memory_bytes: read.optional_count("datasets.memory_bytes", 1..=1 << 50).map(|bytes| bytes as u64),
        },
    }
}

/// The names in a text that separates them by commas.
fn listed(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn read_limits(read: &mut Reader) -> engine::Limits {
    let usual = engine::Limits::default();
    engine::Limits {
        matrix_cells: read.optional_count("limits.matrix_cells", 1..=1_000_000_000),
        batch_items: read.optional_count("limits.batch_items", 1..=1_000_000),
        itinerary_agents: read.count("limits.itinerary_agents", usual.itinerary_agents, 1..=100_000),
        itinerary_items: read.count("limits.itinerary_items", usual.itinerary_items, 1..=1_000_000),
        agent_shifts: read.count("limits.agent_shifts", usual.agent_shifts, 1..=1000),
        interactive_shifts: read.count("limits.interactive_shifts", usual.interactive_shifts, 1..=100_000),
        interactive_items: read.count("limits.interactive_items", usual.interactive_items, 1..=1_000_000),
        waypoints: read.count("limits.waypoints", usual.waypoints, 2..=100_000),
        snap_distance_m: read.number("limits.snap_distance_m", usual.snap_distance_m, 1.0..=1_000_000.0),
        body_bytes: read.count("limits.body_bytes", usual.body_bytes, 1024..=1 << 30),
    }
}

fn read_straight_line(read: &mut Reader) -> StraightLine {
    let usual = StraightLine::default();
    StraightLine {
        radius_m: read.number("straight_line.radius_m", usual.radius_m, 1.0..=1e9),
        speed_kmh: read.number("straight_line.speed_kmh", usual.speed_kmh, 0.1..=10_000.0),
    }
}

fn read_vehicles(read: &mut Reader) -> VehicleSettings {
    let usual = VehicleSettings::default();
    VehicleSettings {
        memory_bytes: read.count("vehicles.memory_bytes", usual.memory_bytes as usize, 0..=1 << 40) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(toml: &str, environment: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let mut raw = raw::from_text(toml, "roundsman.toml").map_err(|fault| vec![fault])?;
        let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        raw.overlay(raw::from_environment(pairs));
        Config::check(raw)
    }

    fn faults(toml: &str, environment: &[(&str, &str)]) -> Vec<String> {
        check(toml, environment).err().expect("the configuration is wrong")
    }

    #[test]
    fn the_defaults_are_the_documented_ones() {
        let config = check("", &[]).unwrap();
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!((config.operations.lease_s, config.operations.max_attempts), (30, 4));
        assert_eq!(config.operations.retention_s, 86_400);
        assert_eq!(config.engine, Settings::default());
    }

    #[test]
    fn environment_wins_over_file_and_flag_over_both() {
        let file = "[limits]\nitinerary_items = 3\nwaypoints = 7\n[operations]\nlease_s = 9";
        let mut raw = raw::from_text(file, "roundsman.toml").unwrap();
        let variables =
            [("ROUNDSMAN_LIMITS__WAYPOINTS", "8"), ("ROUNDSMAN_OPERATIONS__LEASE_S", "10"), ("PATH", "/bin")];
        raw.overlay(raw::from_environment(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))));
        let mut flags = Raw::default();
        flags.flag("operations.lease_s", "--lease", &11);
        raw.overlay(flags);
        let config = Config::check(raw).unwrap();
        assert_eq!((config.engine.limits.itinerary_items, config.engine.limits.waypoints), (3, 8));
        assert_eq!(config.operations.lease_s, 11);
        let shown = |key: &str| config.effective.iter().find(|row| row.key == key).unwrap().origin.to_string();
        assert_eq!(shown("limits.itinerary_items"), "roundsman.toml");
        assert_eq!(shown("limits.waypoints"), "environment ROUNDSMAN_LIMITS__WAYPOINTS");
        assert_eq!(shown("operations.lease_s"), "flag --lease");
        assert_eq!(shown("server.listen"), "default");
    }

    #[test]
    fn every_fault_is_named_with_its_remedy() {
        let found = faults("[limits]\nwaypoint = 7\nbody_bytes = \"many\"\n[server]\nlisten = \"here\"", &[]);
        assert_eq!(found.len(), 3, "{found:?}");
        let all = found.join("\n");
        assert!(all.contains("unknown key limits.waypoint (roundsman.toml): did you mean limits.waypoints?"), "{all}");
        assert!(all.contains("limits.body_bytes (roundsman.toml) must be a whole number from 1024 to"), "{all}");
        assert!(all.contains("server.listen (roundsman.toml) must be an address with a port"), "{all}");
    }

    #[test]
    fn values_out_of_range_are_refused_wherever_they_come_from() {
        let found = faults("", &[("ROUNDSMAN_OPERATIONS__LEASE_S", "0")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("environment ROUNDSMAN_OPERATIONS__LEASE_S"), "{found:?}");
        assert!(faults("[server]\npublic_url = \"maps.example\"", &[])[0].contains("http://"));
        assert!(faults("not toml", &[])[0].contains("roundsman.toml"));
    }
}
