//! Imports in stages, where several workers share a bucket: first the network, then what routers need by shares, then the manifest.
//!
//! A planned operation like a plan in rounds. Its planner cuts one part, which reads the map; the join behind it cuts the shares
//! ([`ImportShare`]), and the join behind those ends the operation, with the dataset as its result. Each item is claimed, fenced and tried again by
//! itself, so a worker that dies costs what it was at. What an item hands in is small ([`Made`]). The files themselves go into the bucket, to
//! where the dataset will be: they are a dataset from the moment on that the last join writes its manifest ([`Maps::name`]), and until
//! then nobody sees them. Who was cut off may put a file there at any later time; it is the same file, since each depends on the map alone.
//! What never becomes a dataset is swept by its age.
//!
//! Two releases at work read a map in two ways, and their parts do not fit. Each part tells whose it is; where they do not agree, the next stage is one part
//! that makes all of it, by whoever takes it.
//!
//! Never in here: what is in the files, and which operations are cut (`datasets.cut_bytes`).

use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use engine::{Budget, DatasetId, FileEntry, ImportPhase, ImportShare, Manifest, import_network, import_shares};
use operations::Role;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::{Cut, Import, ImportWish, Received, Request, Stage};

use super::importing::{
    ORDERING, Workplace, asked, described, fetch_map, no_room, options, thousandths, told, unpublished,
};
use super::job::{Job, Product, failure, parts_before};

/// The form of stored questions that such imports came with.
pub(crate) const FORM: u32 = 4;

/// What a part is asked. A manifest is text here, as it will be written: another release's is handed on as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Task {
    /// To read the map.
    Network,
    /// To make a share of what routers need.
    Share { name: String, draft: String },
    /// To make everything.
    All,
}

/// What a part came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Made {
    /// The network, and the manifest as far as it goes.
    Network { draft: String },
    /// More files.
    Share { files: Vec<FileEntry> },
    /// Nothing: the network is of another release.
    OtherRelease,
    /// Everything.
    All { manifest: String },
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
enum Next {
    Cut(Vec<Task>),
    /// To name the dataset, which is all there.
    Name(Box<Manifest>),
}

/// Runs an item.
pub(super) fn run(job: &Job, import: &Import, request: &Request, budget: &Budget) -> Result<Product, wire::Failure> {
    let (wish, received) = asked(import, request)?;
    let work = Work { job, import, wish, received, budget };
    match job.claim.role {
        Role::Planner => work.begin(),
        Role::Part => work.part().map(|made| Product::Bytes(json(&made))),
        Role::Join => work.join(),
        Role::Whole => Err(failure("UnknownKind", "an import that is not cut has no stages", false)),
    }
}

/// What comes after the parts of all stages so far.
fn next(made: Vec<Made>) -> Next {
    let parsed = |text: &str| Manifest::parse(text.as_bytes(), PathBuf::new()).ok();
    let Some(first) = made.iter().rposition(|made| matches!(made, Made::Network { .. } | Made::All { .. })) else {
        return Next::Cut(vec![Task::Network]);
    };
    let mut behind = made.into_iter().skip(first);
    let named = match behind.next() {
        Some(Made::All { manifest }) => parsed(&manifest),
        Some(Made::Network { draft }) => {
            let manifest = parsed(&draft);
            let mut behind = behind.peekable();
            if behind.peek().is_none() && manifest.as_ref().is_some_and(Manifest::is_of_this_program) {
                let share = |share: ImportShare| Task::Share { name: share.name().to_owned(), draft: draft.clone() };
                return Next::Cut(ImportShare::ALL.map(share).into());
            }
            let files = |made| if let Made::Share { files } = made { Some(files) } else { None };
            let files: Option<Vec<Vec<FileEntry>>> = behind.map(files).collect();
            let files = files.filter(|files| !files.is_empty());
            manifest.zip(files).map(|(manifest, files)| manifest.with_files(files.into_iter().flatten()))
        }
        _ => None,
    };
    named.map_or_else(|| Next::Cut(vec![Task::All]), |manifest| Next::Name(Box::new(manifest)))
}

/// One item's work.
struct Work<'a> {
    job: &'a Job,
    import: &'a Import,
    wish: ImportWish,
    received: Received,
    budget: &'a Budget,
}

impl Work<'_> {
    /// Nothing is cut where the dataset is there already.
    fn begin(&self) -> Result<Product, wire::Failure> {
        let id = DatasetId::of_map(&self.wish.name, &self.received.blake3);
        if self.job.maps.offers(&id).map_err(|error| unpublished(&error))? {
            return self.described(&id);
        }
        Ok(Product::Cuts(stage(&[Task::Network], 1 + ImportShare::ALL.len())))
    }

    fn part(&self) -> Result<Made, wire::Failure> {
        let place = Workplace::new(self.job.maps.data(), &self.job.claim.token, &self.wish.name);
        let place = place.map_err(|error| no_room(&error))?;
        match read(&self.job.claim.input)? {
            Task::Network => Ok(Made::Network { draft: text(&self.network(&place, 0..ORDERING)?.1) }),
            Task::All => {
                let (folder, draft) = self.network(&place, 0..1000)?;
                let files = self.shares(&folder, &draft, &ImportShare::ALL, 0..1000)?;
                Ok(Made::All { manifest: text(&draft.with_files(files)) })
            }
            Task::Share { name, draft } => {
                let Some(draft) =
                    Manifest::parse(draft.as_bytes(), PathBuf::new()).ok().filter(Manifest::is_of_this_program)
                else {
                    return Ok(Made::OtherRelease);
                };
                let share = ImportShare::from_name(&name).ok_or_else(|| {
                    failure("DamagedRequest", &format!("there is no share {name} of an import"), false)
                })?;
                let folder = place.empty().map_err(|error| no_room(&error))?;
                let got = self.job.maps.get(&id_of(&draft)?, &folder, &draft.files, self.budget);
                got.map_err(|error| unpublished(&error))?;
                Ok(Made::Share { files: self.shares(&folder, &draft, &[share], ORDERING..1000)? })
            }
        }
    }

    /// Reads the map, and puts its network into the bucket; where it lies here, and the manifest so far.
    fn network(&self, place: &Workplace, span: Range<usize>) -> Result<(PathBuf, Manifest), wire::Failure> {
        fetch_map(self.job, place, &self.received, self.budget)?;
        let folder = place.empty().map_err(|error| no_room(&error))?;
        let options = options(self.job, &self.wish.name);
        let files = std::slice::from_ref(&place.map);
        let made = import_network(files, &folder, &options, self.budget, &|phase| self.report(&span, phase));
        let draft = made.map_err(|error| told(&error, &place.map))?;
        self.put(&draft, &folder, &draft.files)?;
        Ok((folder, draft))
    }

    /// Makes shares beside the network in `folder`, and puts them into the bucket.
    fn shares(
        &self,
        folder: &Path,
        draft: &Manifest,
        shares: &[ImportShare],
        span: Range<usize>,
    ) -> Result<Vec<FileEntry>, wire::Failure> {
        let options = options(self.job, &self.wish.name);
        let made = import_shares(folder, shares, &options, self.budget, &|phase| self.report(&span, phase));
        let files = made.map_err(|error| told(&error, folder))?;
        self.put(draft, folder, &files)?;
        Ok(files)
    }

    fn put(&self, draft: &Manifest, folder: &Path, files: &[FileEntry]) -> Result<(), wire::Failure> {
        let put = self.job.maps.put(&id_of(draft)?, folder, files, self.budget);
        put.map_err(|error| unpublished(&error))
    }

    /// Tells how far it is, where the part spans so many thousandths of an import.
    fn report(&self, span: &Range<usize>, phase: ImportPhase) {
        self.budget.progress(thousandths(phase).saturating_sub(span.start), span.len());
    }

    /// Cuts the next stage, or makes a dataset of what the parts put into the bucket.
    fn join(&self) -> Result<Product, wire::Failure> {
        let Job { claim, maps, store, runtime, .. } = self.job;
        let waiting = |error: operations::Error| failure("StoreUnavailable", &error.to_string(), true);
        let ended = runtime.block_on(parts_before(store, &claim.token)).map_err(waiting)?;
        let outputs = ended.iter().map(|part| runtime.block_on(store.part_output(part)).map_err(waiting));
        let outputs = outputs.collect::<Result<Vec<Option<Bytes>>, _>>()?;
        let made = outputs.iter().map(|output| read(output.as_deref().unwrap_or_default()));
        match next(made.collect::<Result<_, _>>()?) {
            Next::Cut(tasks) => Ok(Product::Cuts(stage(&tasks, ended.len() + tasks.len()))),
            Next::Name(manifest) => {
                let id = id_of(&manifest)?;
                maps.name(&id, &manifest).map_err(|error| unpublished(&error))?;
                self.described(&id)
            }
        }
    }

    fn described(&self, id: &DatasetId) -> Result<Product, wire::Failure> {
        described(&self.job.maps, id, self.wish.activate, self.import).map(Product::Imported)
    }
}

/// A part of an import is as much work as a full tile of a matrix, or more.
const WEIGHT: u32 = 100;

fn stage(tasks: &[Task], expected: usize) -> Stage {
    let cuts = tasks.iter().map(|task| Cut { input: json(task), weight: WEIGHT, required: true }).collect();
    Stage { cuts, expected: Some(expected) }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings and numbers always have a JSON form")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, wire::Failure> {
    serde_json::from_slice(bytes).map_err(|_| failure("DamagedRequest", "a part of the import cannot be read", false))
}

fn text(manifest: &Manifest) -> String {
    String::from_utf8_lossy(&manifest.to_text()).into_owned()
}

fn id_of(manifest: &Manifest) -> Result<DatasetId, wire::Failure> {
    DatasetId::parse(&manifest.id).map_err(|error| failure("DamagedRequest", &error.to_string(), false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn file(name: &str) -> FileEntry {
        FileEntry { name: name.to_owned(), bytes: 1, blake3: "ab".repeat(32) }
    }

    /// A manifest with one file, and other values in some places.
    fn draft(other: &Value) -> String {
        let own = engine::Manifest {
            format: 0,
            id: "porto-af1349b9f5f9".to_owned(),
            name: "Porto".to_owned(),
            made_by: String::new(),
            created_ms: 1,
            sources: vec![],
            nodes: 1,
            edges: 2,
            profiles: vec![],
            counts: std::collections::BTreeMap::default(),
            bounding_box: None,
            files: vec![file("network.bin")],
        };
        let mut value: Value = serde_json::from_str(&text(&own)).unwrap();
        value["format"] = engine::Manifest::THIS_FORMAT.into();
        value["made_by"] = env!("CARGO_PKG_VERSION").into();
        for (key, other) in other.as_object().unwrap() {
            value[key] = other.clone();
        }
        value.to_string()
    }

    #[test]
    fn stages_follow_each_other() {
        let (own, network) = (draft(&json!({})), |draft: &str| Made::Network { draft: draft.to_owned() });
        let share = |name: &str| Made::Share { files: vec![file(name)] };
        assert_eq!(next(vec![]), Next::Cut(vec![Task::Network]));
        let Next::Cut(shares) = next(vec![network(&own)]) else { panic!("the shares come next") };
        assert_eq!(shares.len(), ImportShare::ALL.len());
        assert_eq!(shares[0], Task::Share { name: "motor".to_owned(), draft: own.clone() });
        let names = |next| match next {
            Next::Name(manifest) => manifest.files.into_iter().map(|file| file.name).collect::<Vec<_>>(),
            Next::Cut(tasks) => panic!("{tasks:?}"),
        };
        assert_eq!(names(next(vec![network(&own), share("z"), share("a")])), ["a", "network.bin", "z"]);
        // Of two releases that mix, one makes everything; the other hands it on, if it can read it.
        let all = |draft: &str| Made::All { manifest: draft.to_owned() };
        let again = || Next::Cut(vec![Task::All]);
        assert_eq!(next(vec![network(&own), share("a"), Made::OtherRelease]), again());
        assert_eq!(next(vec![network(&draft(&json!({"made_by": "0.0.9"})))]), again());
        let mixed = |last: &str| next(vec![network(&own), share("a"), Made::OtherRelease, all(last)]);
        assert_eq!(names(mixed(&draft(&json!({"made_by": "0.0.9"})))), ["network.bin"]);
        assert_eq!(mixed(&draft(&json!({"format": 999}))), again());
    }

    #[test]
    fn tasks_and_answers_read_back_as_written() {
        for task in [Task::Network, Task::All, Task::Share { name: "foot".to_owned(), draft: draft(&json!({})) }] {
            assert_eq!(read::<Task>(&json(&task)).unwrap(), task);
        }
        let made = Made::Share { files: vec![file("foot.topology")] };
        assert_eq!(read::<Made>(&json(&made)).unwrap(), made);
        assert_eq!(read::<Made>(b"").unwrap_err().code, "DamagedRequest");
    }
}
