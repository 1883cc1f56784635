//! Imports: a map that came with an operation becomes a dataset.
//!
//! The map is copied from the store into a file of this node ([`Workplace`]), imported into its data folder, and published where several
//! nodes share datasets; a large one is refused by its forecast before anything is built. All of that may be done twice, since a
//! dataset is named by what it was made from and is whole or not there: who was cut off wastes time. What makes it the one in
//! use is the operation's completion, in the same transaction ([`operations::Store::complete_and_point`]), which who was cut off
//! does not get through. An import that is cancelled stops at the next block of the map, or before the next larger cut or file
//! while roads are ordered.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use engine::{Budget, DatasetId, ImportError, ImportOptions, ImportPhase, import_within, plan_import};
use operations::{ResultReader, Token};
use wire::{Import, ImportWish, Received, Request};

use super::job::{Job, failure};
use super::maps::{Maps, MapsError};

/// The kind of operation that imports.
pub(super) const KIND: &str = "api.importDataset";

/// What it came to.
pub(super) struct Imported {
    /// The operation's result.
    pub(super) result: Vec<u8>,
    /// The dataset that is to be in use from its completion on.
    pub(super) activate: Option<DatasetId>,
}

/// Imports what came with the job's operation.
pub(super) fn run(job: &Job, import: &Import, request: &Request, budget: &Budget) -> Result<Imported, wire::Failure> {
    let (wish, received) = asked(import, request)?;
    let place = Workplace::new(job.maps.data(), &job.claim.token, &wish.name).map_err(|error| no_room(&error))?;
    fetch_map(job, &place, &received, budget)?;
    let told = |error: ImportError| told(&error, &place.map);
    let options = options(job, &wish.name);
    let report = |phase: ImportPhase| budget.progress(thousandths(phase), 1000);
    let files = [place.map.clone()];
    let made = import_within(&files, job.maps.data(), &options, budget, &report).map_err(told)?;
    job.maps.publish(&made.dataset).map_err(|error| unpublished(&error))?;
    described(&job.maps, &made.dataset, wish.activate, import)
}

/// What is wished, and of which map.
pub(super) fn asked(import: &Import, request: &Request) -> Result<(ImportWish, Received), wire::Failure> {
    let received = serde_json::from_slice(&request.body)
        .map_err(|_| failure("DamagedRequest", "what came with the question cannot be told", false))?;
    Ok(((import.wish)(request)?, received))
}

/// Copies the map to where the attempt works, unless it is expected to need too much memory.
pub(super) fn fetch_map(
    job: &Job,
    place: &Workplace,
    received: &Received,
    budget: &Budget,
) -> Result<(), wire::Failure> {
    let unavailable = |error: operations::Error| failure("StoreUnavailable", &error.to_string(), true);
    let Some(map) = job.runtime.block_on(job.store.open_attachment(&job.claim.token)).map_err(unavailable)? else {
        return Err(failure("MapMissing", "the map is no longer in the store: send it again", false));
    };
    job.runtime.block_on(copy(map, &place.map, received, budget))?;
    check_memory(job, &place.map)
}

/// How to import, as the settings say.
pub(super) fn options(job: &Job, name: &str) -> ImportOptions {
    ImportOptions { name: Some(name.to_owned()), threads: job.import.threads, ..ImportOptions::default() }
}

/// The result: a dataset that was published.
pub(super) fn described(
    maps: &Maps,
    id: &DatasetId,
    activate: bool,
    import: &Import,
) -> Result<Imported, wire::Failure> {
    let Some(mut view) = maps.one(id).map_err(|error| unpublished(&error))? else {
        return Err(failure("DatasetNotPublished", "the dataset was removed while it was made", true));
    };
    view.active |= activate;
    Ok(Imported { result: (import.result)(&view), activate: activate.then(|| id.clone()) })
}

pub(super) fn unpublished(error: &MapsError) -> wire::Failure {
    match error {
        MapsError::Stopped => stopped(),
        _ => failure("DatasetNotPublished", &error.to_string(), true),
    }
}

/// What the settings say of imports.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ImportSettings {
    /// Threads that one may take.
    pub(crate) threads: usize,
    /// The most memory that it may be expected to need.
    pub(crate) memory_bytes: Option<u64>,
}

fn check_memory(job: &Job, map: &Path) -> Result<(), wire::Failure> {
    let Some(limit) = job.import.memory_bytes else { return Ok(()) };
    let needed = plan_import(&[map.to_owned()]).map_err(|error| told(&error, map))?.memory_bytes;
    if needed <= limit {
        return Ok(());
    }
    let message = format!(
        "the import is expected to need {needed} bytes of memory, {limit} is the most (datasets.memory_bytes): raise the setting, or \
         import a smaller map"
    );
    Err(failure("TooMuchMemory", &message, false))
}

/// Where each phase begins, in thousandths of the whole: about as long as they take for a city.
const PHASES: [(&str, usize); 8] = [
    ("reading files", 50),
    ("reading ways", 80),
    ("reading nodes", 200),
    ("joining roads", 350),
    ("turn restrictions", 450),
    ("asking heights", 460),
    ("writing", 470),
    ("ordering roads", ORDERING),
];

/// Where the roads are read and begin to be ordered.
pub(super) const ORDERING: usize = 500;

/// The share of copying the map, before the first phase, and of publishing, behind the last.
const COPYING: usize = 50;
const PUBLISHING: usize = 950;

pub(super) fn thousandths(phase: ImportPhase) -> usize {
    let number = PHASES.iter().position(|(name, _)| *name == phase.name).unwrap_or(0);
    let (begin, end) = (PHASES[number].1, PHASES.get(number + 1).map_or(PUBLISHING, |next| next.1));
    let done = phase.done.min(phase.total) as f64 / phase.total.max(1) as f64;
    begin + ((end - begin) as f64 * done) as usize
}

/// Copies the map, and compares it with what was received.
async fn copy(mut map: ResultReader, to: &Path, received: &Received, budget: &Budget) -> Result<(), wire::Failure> {
    let unavailable = |error: operations::Error| failure("StoreUnavailable", &error.to_string(), true);
    let mut file = File::create(to).map_err(|error| no_room(&error))?;
    let (mut hasher, mut bytes) = (blake3::Hasher::new(), 0_u64);
    while let Some(piece) = map.next().await.map_err(unavailable)? {
        budget.check().map_err(|_| stopped())?;
        file.write_all(&piece).map_err(|error| no_room(&error))?;
        hasher.update(&piece);
        bytes += piece.len() as u64;
        let share = bytes.min(received.bytes) as f64 / received.bytes.max(1) as f64;
        budget.progress((COPYING as f64 * share) as usize, 1000);
    }
    if bytes == received.bytes && hasher.finalize().to_string() == received.blake3 {
        return Ok(());
    }
    Err(failure("MapDamaged", "the map in the store is not the one that was received: send it again", true))
}

pub(super) fn no_room(error: &std::io::Error) -> wire::Failure {
    failure("ImportFailed", &format!("the map cannot be written to this node's disk: {error}"), true)
}

fn stopped() -> wire::Failure {
    failure("Canceled", "the import was stopped", true)
}

/// An import's error in words for its asker, who knows the map but not this node's folders.
pub(super) fn told(error: &ImportError, map: &Path) -> wire::Failure {
    let message = error.to_string().replace(&map.display().to_string(), "the map");
    match error {
        ImportError::BadInput(_) => failure("InvalidMap", &message, false),
        ImportError::Environment(_) => failure("ImportFailed", &message, true),
        ImportError::Stopped => stopped(),
    }
}

/// A folder for one attempt, gone with it.
pub(super) struct Workplace {
    folder: PathBuf,
    /// The map's file.
    pub(super) map: PathBuf,
    /// Held as long as somebody works here.
    _lock: File,
}

/// The lock in each folder.
const LOCK: &str = ".lock";

impl Workplace {
    /// A folder below `data`, after those whose owners died are gone.
    pub(super) fn new(data: &Path, token: &Token, name: &str) -> std::io::Result<Self> {
        let root = data.join("imports");
        fs::create_dir_all(&root)?;
        remove_abandoned(&root)?;
        let folder = root.join(name_of(token));
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join(LOCK))?;
        lock.lock()?;
        let readable: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Ok(Self { map: folder.join(format!("{readable}.osm.pbf")), folder, _lock: lock })
    }

    /// A folder in it with nothing in it.
    pub(super) fn empty(&self) -> std::io::Result<PathBuf> {
        let folder = self.folder.join("dataset");
        fs::create_dir(&folder)?;
        Ok(folder)
    }
}

/// Parts of one import may be worked on beside each other, each for the first time.
fn name_of(Token { op, seq, attempt }: &Token) -> String {
    format!("{op}-{seq}-{attempt}")
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "a map that was imported stays until the next import");
        }
    }
}

/// Removes what nobody holds the lock of. A folder that somebody is just making has none yet, and stays.
fn remove_abandoned(root: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(root)? {
        let folder = entry?.path();
        let Ok(lock) = File::open(folder.join(LOCK)) else { continue };
        match lock.try_lock() {
            Ok(()) => fs::remove_dir_all(&folder)?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_falls_from_phase_to_phase() {
        let mut before = COPYING;
        for (name, _) in PHASES {
            for done in [0, 1, 2] {
                let now = thousandths(ImportPhase { name, done, total: 2 });
                assert!((before..=PUBLISHING).contains(&now), "{name}: {before} then {now}");
                before = now;
            }
        }
        assert_eq!(before, PUBLISHING);
    }

    #[test]
    fn a_workplace_is_gone_with_its_work_and_an_abandoned_one_with_the_next() {
        let data = tempfile::tempdir().unwrap();
        let token = |attempt| Token { op: operations::new_id(), seq: 0, attempt };
        let held_token = token(1);
        let held = Workplace::new(data.path(), &held_token, "../../etc/x").unwrap();
        assert_eq!(held.map.parent(), Some(held.folder.as_path()));
        let abandoned = data.path().join("imports/abandoned");
        fs::create_dir(&abandoned).unwrap();
        fs::write(abandoned.join(LOCK), "").unwrap();
        drop(Workplace::new(data.path(), &token(2), "y").unwrap());
        assert_ne!(name_of(&held_token), name_of(&Token { seq: 1, ..held_token }));
        assert_eq!((held.folder.exists(), abandoned.exists()), (true, false));
        drop(held);
        assert_eq!(fs::read_dir(data.path().join("imports")).unwrap().count(), 0);
    }

    #[test]
    fn who_asked_hears_nothing_of_our_folders() {
        let map = Path::new("/var/lib/x/imports/1/porto.osm.pbf");
        let told = told(&ImportError::BadInput(format!("{} is truncated", map.display())), map);
        assert_eq!(
            (told.code.as_str(), told.message.as_str(), told.retry),
            ("InvalidMap", "the map is truncated", false)
        );
    }
}
