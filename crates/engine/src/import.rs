//! From OpenStreetMap files to a dataset folder, written beside and renamed into place whole.
//!
//! The files are hashed first: to one version of the program the same files under the same name have the same id, and a
//! dataset that is there already is not built again. Then the map is read into memory, and only when
//! that has succeeded is anything written, under the builders' lock of the folder: network, what routers need, a verification that reads
//! every byte back, manifest, sync, rename, sync. So a bad file leaves nothing at all behind, and a crash at any moment leaves at most
//! a `.building-…` folder, which the next import removes.
//!
//! Never in here: tags and PBF (`osm` knows them), and a dataset under its name that is not whole.

mod parts;

pub use parts::{ImportShare, import_network, import_shares};

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use network::Network;
use osm::Imported;
pub use osm::Plan as ImportPlan;
use routing::{Atlas, PrepareError, Profile, Share};

use crate::Budget;
use crate::dataset::{Building, DatasetError, DatasetId, Datasets, FileEntry, Manifest, files, manifest};

/// How to import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// The dataset's readable name; unset: that of the first file.
    pub name: Option<String>,
    /// Whether it becomes the active dataset.
    pub activate: bool,
    /// How many threads may compute; unset or 0: as many as the machine has.
    pub threads: usize,
    /// The most memory in bytes; a map whose forecast needs more is refused, and so is an import that comes to need it.
    pub memory_limit: Option<u64>,
    /// A folder of SRTM tiles (`N43E007.hgt`) to take heights from.
    pub heights: Option<PathBuf>,
}

impl ImportOptions {
    fn threads(&self) -> usize {
        let machine = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.threads == 0 { machine() } else { self.threads }
    }
}

/// How far an import is; phases come one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportPhase {
    /// What is being done, for people: `reading nodes`.
    pub name: &'static str,
    /// How much of it is done.
    pub done: u64,
    /// How much there is.
    pub total: u64,
}

/// What an import has made.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The dataset.
    pub dataset: DatasetId,
    /// Whether it was there already, so that nothing was built.
    pub already_there: bool,
    /// Whether it is the active dataset now because this import made it so.
    pub activated: bool,
    /// Nodes of its road network.
    pub nodes: u64,
    /// Directed edges of its road network.
    pub edges: u64,
    /// Who can travel on it.
    pub profiles: Vec<String>,
    /// Wall-clock seconds of this import.
    pub seconds: f64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Counts of what was read and of what had to be left out, by name.
    pub counts: BTreeMap<String, u64>,
}

/// Why an import failed; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The files, or how they were named: other files are needed.
    #[error("{0}")]
    BadInput(String),
    /// Disk, memory or permissions: the same files may do once that is mended.
    #[error("{0}")]
    Environment(String),
    /// The budget was spent: it was told to stop.
    #[error("the import was stopped")]
    Stopped,
}

/// How often who waits for another import looks whether it has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The first bytes of a map that [`begins_as_map`] wants to see.
const FIRST_BYTES: usize = 64;

/// Whether a file that begins so may be a map, or why not: worth asking before the rest of it has come. A PBF file begins with the
/// length of a block's header, and the header with what the block is.
pub fn begins_as_map(first: &[u8]) -> bool {
    const LONGEST_HEADER: u32 = 64 << 10;
    let Some((length, header)) = first.split_first_chunk::<4>() else { return false };
    let has_length = (1..=LONGEST_HEADER).contains(&u32::from_be_bytes(*length));
    has_length && header[..header.len().min(FIRST_BYTES)].windows(9).any(|word| word == b"OSMHeader")
}

/// Builds a dataset of `data_dir` from `files`; `progress` hears how far it is.
pub fn import(
    files: &[PathBuf],
    data_dir: &Path,
    options: &ImportOptions,
    progress: &dyn Fn(ImportPhase),
) -> Result<ImportReport, ImportError> {
    import_within(files, data_dir, options, &Budget::default(), progress)
}

/// [`import()`], ended early when the budget is spent: at the next block of the map, or before the next larger cut or file while roads
/// are ordered. What was not whole by then is gone.
pub fn import_within(
    files: &[PathBuf],
    data_dir: &Path,
    options: &ImportOptions,
    budget: &Budget,
    progress: &dyn Fn(ImportPhase),
) -> Result<ImportReport, ImportError> {
    let begun = Instant::now();
    let identity = identify(files, options, budget, progress)?;
    let (datasets, id) = (Datasets::new(data_dir), identity.id.clone());
    let there = there_already(&datasets, &id, &identity.sources);
    let already_there = there.is_some();
    let manifest = match there {
        Some(manifest) => manifest,
        None => build(&datasets, files, identity, options, (budget, progress))?,
    };
    if options.activate {
        datasets.activate(&id)?;
    }
    Ok(report(manifest, id, already_there, options.activate, begun))
}

/// What an import of `files` will take, before it starts.
pub fn plan_import(files: &[PathBuf]) -> Result<ImportPlan, ImportError> {
    Ok(osm::plan(files)?)
}

fn go_on(budget: &Budget) -> Result<(), ImportError> {
    budget.check().map_err(|_| ImportError::Stopped)
}

fn check_forecast(files: &[PathBuf], limit: u64) -> Result<(), ImportError> {
    let plan = plan_import(files)?;
    if plan.memory_bytes <= limit {
        return Ok(());
    }
    Err(ImportError::Environment(format!(
        "the import is expected to need {} MB of memory, more than its limit of {} MB: raise --memory-limit or take a smaller map",
        plan.memory_bytes.div_ceil(1_000_000),
        limit / 1_000_000
    )))
}

fn report(
    manifest: Manifest,
    dataset: DatasetId,
    already_there: bool,
    activated: bool,
    begun: Instant,
) -> ImportReport {
    ImportReport {
        dataset,
        already_there,
        activated,
        nodes: manifest.nodes,
        edges: manifest.edges,
        disk_bytes: manifest.disk_bytes(),
        profiles: manifest.profiles,
        counts: manifest.counts,
        seconds: begun.elapsed().as_secs_f64(),
    }
}

/// What a dataset is called and made from.
struct Identity {
    id: DatasetId,
    name: String,
    sources: Vec<FileEntry>,
}

/// Reads the files through, unless they are expected to need too much memory.
fn identify(
    files: &[PathBuf],
    options: &ImportOptions,
    budget: &Budget,
    progress: &dyn Fn(ImportPhase),
) -> Result<Identity, ImportError> {
    if let Some(limit) = options.memory_limit {
        check_forecast(files, limit)?;
    }
    let sources = hash_sources(files, options.heights.as_deref(), progress)?;
    go_on(budget)?;
    let name = options.name.clone().unwrap_or_else(|| usual_name(&files[0]));
    Ok(Identity { id: DatasetId::new(&name, &content_hash(&sources)), name, sources })
}

fn hash_sources(
    paths: &[PathBuf],
    heights: Option<&Path>,
    progress: &dyn Fn(ImportPhase),
) -> Result<Vec<FileEntry>, ImportError> {
    if paths.is_empty() {
        return Err(ImportError::BadInput("no map was named: give at least one .osm.pbf file".to_owned()));
    }
    let sizes = paths.iter().map(|path| std::fs::metadata(path).map(|data| data.len()).map_err(unreadable(path)));
    let total = sizes.sum::<Result<u64, _>>()?;
    let (mut sources, mut before) = (Vec::new(), 0);
    for path in paths {
        let report = |read| progress(ImportPhase { name: "reading files", done: before + read, total });
        let (hash, bytes) = files::hash(path, &report).map_err(unreadable(path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sources.push(FileEntry { name, bytes, blake3: hash.to_string() });
        before += bytes;
    }
    for tile in heights.map(tiles).transpose()?.unwrap_or_default() {
        let (hash, bytes) = files::hash(&tile, &|_| {}).map_err(unreadable(&tile))?;
        let name = tile.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sources.push(FileEntry { name, bytes, blake3: hash.to_string() });
    }
    Ok(sources)
}

/// The SRTM tiles in a folder, by name.
fn tiles(folder: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let entries = std::fs::read_dir(folder).map_err(unreadable(folder))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable(folder)));
    let mut tiles = paths.collect::<Result<Vec<_>, _>>()?;
    tiles.retain(|path| path.extension().is_some_and(|ending| ending == "hgt"));
    tiles.sort();
    Ok(tiles)
}

/// A file that is not there or no file at all is a matter of how it was named; anything else of the machine.
fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> ImportError {
    move |error| match error.kind() {
        ErrorKind::NotFound => ImportError::BadInput(format!("there is no file {}", path.display())),
        ErrorKind::IsADirectory => {
            ImportError::BadInput(format!("{} is a folder: give a .osm.pbf file", path.display()))
        }
        _ => ImportError::Environment(format!("cannot read {}: {error}", path.display())),
    }
}

/// The readable name of a dataset made from `file`: `porto` for `maps/porto.osm.pbf`.
fn usual_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The hash of what a dataset holds: its sources, in their order, and what turned them into it. A new version of the program
/// reads tags in its own way, so it makes a dataset of its own beside the old one.
fn content_hash(sources: &[FileEntry]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&manifest::FORMAT.to_le_bytes());
    hasher.update(manifest::PROGRAM.as_bytes());
    for source in sources {
        hasher.update(source.blake3.as_bytes());
    }
    hasher.finalize()
}

/// The manifest of `id` if it is there, whole, openable, and made from these very sources.
fn there_already(datasets: &Datasets, id: &DatasetId, sources: &[FileEntry]) -> Option<Manifest> {
    let manifest = datasets.whole(id).ok()?;
    let hashes = |files: &[FileEntry]| files.iter().map(|file| file.blake3.clone()).collect::<Vec<_>>();
    let folder = datasets.folder(id);
    let opens = || Network::open(&folder).is_ok_and(|network| Atlas::open(&folder, &Arc::new(network)).is_ok());
    (hashes(&manifest.sources) == hashes(sources) && opens()).then_some(manifest)
}

fn build(
    datasets: &Datasets,
    files: &[PathBuf],
    identity: Identity,
    options: &ImportOptions,
    (budget, progress): (&Budget, &dyn Fn(ImportPhase)),
) -> Result<Manifest, ImportError> {
    let how = how(options, budget);
    let imported = osm::import_with(files, &how, &|step| progress(phase(step)))?;
    let building = turn(datasets, &identity.id, budget)?;
    write(&imported.network, &building.folder, progress)?;
    go_on(budget)?;
    derive(&imported.network, &building.folder, &Share::ALL, how.bounds(), (options.threads(), progress))?;
    go_on(budget)?;
    let id = identity.id.clone();
    let manifest = describe(identity, &imported, &building.folder)?;
    manifest.write(&building.folder)?;
    datasets.publish(&building, &id)?;
    Ok(manifest)
}

fn how(options: &ImportOptions, budget: &Budget) -> osm::Options {
    osm::Options {
        heights: options.heights.clone(),
        memory_limit: options.memory_limit,
        threads: options.threads(),
        stop: budget.stop(),
    }
}

/// Writes the network and reads it back.
fn write(network: &Network, folder: &Path, progress: &dyn Fn(ImportPhase)) -> Result<(), ImportError> {
    progress(ImportPhase { name: "writing", done: 0, total: 1 });
    network.write(folder)?;
    Network::verify(folder)?;
    progress(ImportPhase { name: "writing", done: 1, total: 1 });
    Ok(())
}

/// Waits for who is building now, as long as the budget lasts.
fn turn(datasets: &Datasets, id: &DatasetId, budget: &Budget) -> Result<Building, ImportError> {
    loop {
        go_on(budget)?;
        if let Some(building) = datasets.try_building(id)? {
            return Ok(building);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Writes what routers need, or some shares of it, which is read back as it is written.
fn derive(
    network: &Network,
    folder: &Path,
    shares: &[Share],
    bounds: osm::Bounds<'_>,
    (threads, progress): (usize, &dyn Fn(ImportPhase)),
) -> Result<(), ImportError> {
    // `progress` is not made for several threads: they count, and this one tells.
    let (done, total) = (AtomicUsize::new(0), AtomicUsize::new(1));
    let why = OnceLock::new();
    let count = |parts: usize, of: usize| {
        done.store(parts, Ordering::Relaxed);
        total.store(of, Ordering::Relaxed);
        match bounds.check() {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                why.get_or_init(|| error);
                ControlFlow::Break(())
            }
        }
    };
    let tell = || {
        let (done, total) = (done.load(Ordering::Relaxed) as u64, total.load(Ordering::Relaxed) as u64);
        progress(ImportPhase { name: "ordering roads", done, total });
    };
    tell();
    let prepared = routing::prepare(network, folder, shares, threads, &count);
    tell();
    match (prepared, why.into_inner()) {
        (Err(PrepareError::Interrupted), Some(why)) => Err(why.into()),
        (Err(PrepareError::Interrupted), None) => Err(ImportError::Stopped),
        (Err(PrepareError::Network(error)), _) => Err(error.into()),
        (Ok(()), _) => Ok(()),
    }
}

fn phase(step: osm::Progress) -> ImportPhase {
    let name = match step.phase {
        osm::Phase::Ways => "reading ways",
        osm::Phase::Nodes => "reading nodes",
        osm::Phase::Roads => "joining roads",
        osm::Phase::Restrictions => "turn restrictions",
        osm::Phase::Heights => "asking heights",
    };
    ImportPhase { name, done: step.done, total: step.total }
}

/// The manifest of what lies in `folder`.
fn describe(identity: Identity, imported: &Imported, folder: &Path) -> Result<Manifest, DatasetError> {
    let Identity { id, name, sources } = identity;
    let network = &imported.network;
    Ok(Manifest {
        format: manifest::FORMAT,
        id: id.to_string(),
        name,
        made_by: manifest::PROGRAM.to_owned(),
        created_ms: now_ms(),
        sources,
        nodes: network.node_count() as u64,
        edges: network.edge_count() as u64,
        profiles: Profile::ALL.map(|profile| profile.name().to_owned()).to_vec(),
        counts: counts(&imported.statistics),
        bounding_box: network.bounding_box().map(Manifest::corners),
        files: list_files(folder)?,
    })
}

/// The files in `folder` with their hashes, by name.
fn list_files(folder: &Path) -> Result<Vec<FileEntry>, DatasetError> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DatasetError::io("read", folder))? {
        let entry = entry.map_err(DatasetError::io("read", folder))?;
        let path = entry.path();
        let (hash, bytes) = files::hash(&path, &|_| {}).map_err(DatasetError::io("read", &path))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.push(FileEntry { name, bytes, blake3: hash.to_string() });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as i64)
}

/// The counts of an import under the names that `osm` gives them.
fn counts(statistics: &osm::Statistics) -> BTreeMap<String, u64> {
    let named = [
        ("nodes", statistics.nodes),
        ("ways", statistics.ways),
        ("relations", statistics.relations),
        ("roads", statistics.roads),
        ("repeated_roads", statistics.repeated_roads),
        ("cut_roads", statistics.cut_roads),
        ("conditional_roads", statistics.conditional_roads),
        ("unread_conditions", statistics.unread_conditions),
        ("missing_nodes", statistics.missing_nodes),
        ("duplicate_nodes", statistics.duplicate_nodes),
        ("repeated_nodes", statistics.repeated_nodes),
        ("empty_pieces", statistics.empty_pieces),
        ("car_edges", statistics.car_edges),
        ("restrictions", statistics.restrictions),
        ("repeated_restrictions", statistics.repeated_restrictions),
        ("applied_restrictions", statistics.applied_restrictions),
        ("conditional_restrictions", statistics.conditional_restrictions),
        ("malformed_restrictions", statistics.malformed_restrictions),
        ("incomplete_restrictions", statistics.incomplete_restrictions),
        ("unmatched_restrictions", statistics.unmatched_restrictions),
    ];
    named.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

impl From<osm::Error> for ImportError {
    fn from(error: osm::Error) -> Self {
        match error {
            osm::Error::Io { file, source } => unreadable(&file)(source),
            osm::Error::Network(error) => error.into(),
            osm::Error::Stopped => Self::Stopped,
            osm::Error::TooMuchMemory { .. } => Self::Environment(error.to_string()),
            other => Self::BadInput(other.to_string()),
        }
    }
}

impl From<network::Error> for ImportError {
    fn from(error: network::Error) -> Self {
        match error {
            network::Error::TooLarge { .. } => Self::BadInput(error.to_string()),
            other => Self::Environment(other.to_string()),
        }
    }
}

impl From<DatasetError> for ImportError {
    fn from(error: DatasetError) -> Self {
        Self::Environment(error.to_string())
    }
}
