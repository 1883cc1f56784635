//! Dataset folders: made whole, switched, rolled back, pruned; and what bad files leave behind.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{
    Budget, DatasetError, DatasetId, Datasets, ImportError, ImportOptions, ImportPhase, ImportReport, ImportShare,
    Manifest, import, import_network, import_shares, import_within,
};
use testkit::Map;

use crate::town::{drawn_town, town, write_map};

const ACTIVATE: ImportOptions =
    ImportOptions { name: None, activate: true, threads: 0, memory_limit: None, heights: None };

/// Imports the `number`-th of any number of different maps.
fn import_map(folder: &tempfile::TempDir, number: usize) -> ImportReport {
    let tags = [("highway", "residential"), ("name", "Street")];
    let map = Map::new("a b c").origin(10.0 + number as f64, 20.0).way("abc", &tags);
    let file = write_map(&map, folder, &format!("map{number}.osm.pbf"));
    import(&[file], &data(folder), &ACTIVATE, &|_| {}).unwrap()
}

fn data(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("data")
}

/// Every file and folder below `folder`, but the locks.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| !path.to_string_lossy().ends_with(".lock")).collect();
    found.sort();
    found.into_iter().flat_map(|path| [vec![path.clone()], files(&path)].concat()).collect()
}

#[test]
fn an_import_makes_a_whole_dataset() {
    let town = town();
    let dataset = town.engine.dataset().unwrap();
    assert!(dataset.id.as_str().starts_with("town-"), "{}", dataset.id);
    assert_eq!(town.datasets.active_id().unwrap().as_ref(), Some(&dataset.id));
    let manifest = &town.datasets.list().unwrap()[0];
    assert_eq!((manifest, manifest.sources[0].name.as_str()), (&dataset.manifest, "town.osm.pbf"));
    assert_eq!(
        (manifest.nodes, manifest.edges),
        (dataset.network().node_count() as u64, dataset.network().edge_count() as u64)
    );
    assert!(manifest.disk_bytes() > 0 && manifest.created_ms > 0 && manifest.counts["roads"] == 9);
    assert!(Arc::ptr_eq(dataset, &town.datasets.open(&dataset.id).unwrap()), "an opened dataset is shared");
}

#[test]
fn an_import_is_stopped_in_every_phase_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_map(&drawn_town(), &folder, "town.osm.pbf");
    let heard = RefCell::new(Vec::new());
    let whole = import(std::slice::from_ref(&file), &folder.path().join("whole"), &ACTIVATE, &|phase| {
        heard.borrow_mut().push(phase.name);
    });
    assert!(whole.is_ok());
    let mut phases = heard.into_inner();
    phases.dedup();
    assert_eq!(phases.last(), Some(&"ordering roads"));
    for phase in phases {
        let cancel = Arc::new(AtomicBool::new(false));
        let last = Cell::new(None);
        let stop_in_it = |heard: ImportPhase| {
            cancel.fetch_or(heard.name == phase, Ordering::Relaxed);
            last.set(Some(heard));
        };
        let budget = Budget::until(Arc::clone(&cancel));
        let stopped = import_within(std::slice::from_ref(&file), &data(&folder), &ACTIVATE, &budget, &stop_in_it);
        assert!(matches!(stopped, Err(ImportError::Stopped)), "{phase}: {stopped:?}");
        let orders = last.take().filter(|heard| heard.name == "ordering roads");
        assert!(orders.is_none_or(|heard| heard.done == 0), "nothing is ordered any more: {orders:?}");
        let left: Vec<_> = files(&data(&folder)).into_iter().filter(|path| path.is_file()).collect();
        assert_eq!(left, Vec::<PathBuf>::new(), "{phase}");
    }
}

#[test]
fn an_import_in_parts_makes_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_map(&drawn_town(), &folder, "town.osm.pbf");
    let whole = import(std::slice::from_ref(&file), &data(&folder), &ACTIVATE, &|_| {}).unwrap();
    let whole = Datasets::new(data(&folder)).whole(&whole.dataset).unwrap();

    let place = |part: &str| {
        let place = folder.path().join(part);
        fs::create_dir(&place).unwrap();
        place
    };
    let first = place("network");
    let budget = Budget::default();
    let draft = import_network(std::slice::from_ref(&file), &first, &ACTIVATE, &budget, &|_| {}).unwrap();
    assert_eq!(draft.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["network.bin"]);
    assert_eq!(DatasetId::of_map(&draft.name, &draft.sources[0].blake3).as_str(), draft.id);
    assert_eq!(Manifest::parse(&draft.to_text(), PathBuf::new()).unwrap(), draft);
    assert!(draft.is_of_this_program());
    assert!(!Manifest { made_by: "0.0.9".to_owned(), ..draft.clone() }.is_of_this_program());
    // The last share first: what comes of them does not depend on who is done first.
    let mut files = Vec::new();
    for share in ImportShare::ALL.into_iter().rev() {
        let here = place(share.name());
        fs::copy(first.join("network.bin"), here.join("network.bin")).unwrap();
        let heard = Cell::new((0, 0));
        let report = |phase: ImportPhase| heard.set((phase.done, phase.total));
        let made = import_shares(&here, &[share], &ACTIVATE, &budget, &report).unwrap();
        assert_eq!(heard.get(), (made.len() as u64, made.len() as u64));
        assert_eq!(ImportShare::from_name(share.name()), Some(share));
        files.extend(made);
    }
    let together = draft.with_files(files);
    assert_eq!(together.files, whole.files);
    assert_eq!(Manifest { created_ms: whole.created_ms, ..together }, whole);

    let stop = Arc::new(AtomicBool::new(true));
    let (here, budget) = (place("stopped"), Budget::until(stop));
    fs::copy(first.join("network.bin"), here.join("network.bin")).unwrap();
    let stopped = import_shares(&here, &[ImportShare::Index], &ACTIVATE, &budget, &|_| {});
    assert!(matches!(stopped, Err(ImportError::Stopped)));
    let stopped = import_network(&[file], &place("stopped too"), &ACTIVATE, &budget, &|_| {});
    assert!(matches!(stopped, Err(ImportError::Stopped)));
}

#[test]
fn the_same_files_are_the_same_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let (first, again) = (import_map(&folder, 0), import_map(&folder, 0));
    assert_eq!((&again.dataset, again.already_there, first.already_there), (&first.dataset, true, false));
    assert_eq!((again.nodes, again.edges, again.disk_bytes), (first.nodes, first.edges, first.disk_bytes));
    let other = import_map(&folder, 1);
    assert_ne!(other.dataset, first.dataset);
    let named = ImportOptions { name: Some("Île de Paix".to_owned()), threads: 1, ..ImportOptions::default() };
    let named = import(&[folder.path().join("map0.osm.pbf")], &data(&folder), &named, &|_| {}).unwrap();
    assert!(named.dataset.as_str().starts_with("le-de-paix-") && !named.activated);
    let hash = |id: &DatasetId| id.as_str().rsplit('-').next().unwrap().to_owned();
    assert_eq!(hash(&named.dataset), hash(&first.dataset));
}

#[test]
fn a_damaged_dataset_is_noticed_and_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let id = import_map(&folder, 0).dataset;
    let datasets = Datasets::new(data(&folder));
    let place = data(&folder).join("datasets").join(id.as_str());
    let names: Vec<String> = datasets.list().unwrap()[0].files.iter().map(|file| file.name.clone()).collect();
    assert!(
        ["car.layout", "car.metric", "motor.topology", "network.bin", "roads.index"]
            .iter()
            .all(|needed| names.iter().any(|name| name == needed))
    );
    for name in names {
        let file = place.join(name);
        let whole = fs::read(&file).unwrap();
        for damage in [&whole[..whole.len() - 1], &[]] {
            fs::write(&file, damage).unwrap();
            assert!(matches!(datasets.open(&id), Err(DatasetError::Damaged { .. })));
            assert!(datasets.list().unwrap().is_empty());
        }
        let mut flipped = whole.clone();
        flipped[0] ^= 1;
        fs::write(&file, flipped).unwrap();
        assert!(matches!(datasets.open(&id), Err(DatasetError::Network(_) | DatasetError::Damaged { .. })));
        let again = import_map(&folder, 0);
        assert_eq!((&again.dataset, again.already_there), (&id, false));
        assert_eq!(fs::read(&file).unwrap(), whole);
        assert!(datasets.open(&id).is_ok());
    }
}

/// Headers are checked when a dataset is opened, the content when it is verified; both name the file.
#[test]
fn a_file_with_any_byte_flipped_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let id = import_map(&folder, 0).dataset;
    let datasets = Datasets::new(data(&folder));
    let place = data(&folder).join("datasets").join(id.as_str());
    for entry in datasets.verify(&id).unwrap().files {
        let file = place.join(&entry.name);
        let whole = fs::read(&file).unwrap();
        for byte in (0..whole.len()).step_by(7) {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << (byte % 8);
            fs::write(&file, flipped).unwrap();
            let error = datasets.verify(&id).unwrap_err().to_string();
            assert!(error.contains(&entry.name), "byte {byte} of {}: {error}", entry.name);
            if byte < 128 {
                let error = datasets.open(&id).unwrap_err().to_string();
                assert!(error.contains(&entry.name), "byte {byte} of {}: {error}", entry.name);
            }
        }
        fs::write(&file, whole).unwrap();
    }
    assert!(datasets.verify(&id).is_ok() && datasets.open(&id).is_ok());
}

#[test]
fn manifests_of_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (id, other) = (import_map(&folder, 0).dataset, import_map(&folder, 1).dataset);
    let datasets = Datasets::new(data(&folder));
    let path = |id: &DatasetId| data(&folder).join("datasets").join(id.as_str()).join("manifest.json");
    let text = fs::read_to_string(path(&id)).unwrap();
    fs::copy(path(&other), path(&id)).unwrap();
    assert!(matches!(datasets.open(&id), Err(DatasetError::Damaged { .. })));
    fs::write(path(&id), text.replace("\"format\": 4", "\"format\": 999")).unwrap();
    assert!(matches!(datasets.open(&id), Err(DatasetError::ForeignFormat { found: 999, .. })));
    fs::write(path(&id), "{").unwrap();
    assert!(matches!(datasets.open(&id), Err(DatasetError::Damaged { .. })));
    fs::remove_file(path(&id)).unwrap();
    assert!(matches!(datasets.open(&id), Err(DatasetError::Io { .. })));
}

#[test]
fn bad_files_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let good = drawn_town().pbf_bytes();
    let roadless = Map::new("a b").way("ab", &[("waterway", "river")]).pbf_bytes();
    let bad: [(&str, &[u8]); 4] = [
        ("truncated.osm.pbf", &good[..good.len() - 7]),
        ("empty.osm.pbf", &[]),
        ("picture.osm.pbf", b"\x89PNG\r\n\x1a\n and so on, for long enough to be read as a header"),
        ("roadless.osm.pbf", &roadless),
    ];
    let mut paths: Vec<PathBuf> = bad.iter().map(|(name, _)| folder.path().join(name)).collect();
    paths.iter().zip(&bad).for_each(|(path, (_, bytes))| fs::write(path, bytes).unwrap());
    paths.extend([folder.path().join("missing.osm.pbf"), folder.path().to_owned()]);
    for path in &paths {
        let error = import(std::slice::from_ref(path), &data(&folder), &ACTIVATE, &|_| {}).unwrap_err();
        assert!(matches!(error, ImportError::BadInput(_)), "{error:?}");
        assert!(error.to_string().contains(&*path.file_name().unwrap().to_string_lossy()), "{error}");
        assert!(!data(&folder).exists());
    }
    assert!(matches!(import(&[], &data(&folder), &ACTIVATE, &|_| {}), Err(ImportError::BadInput(_))));

    let kept = import_map(&folder, 0).dataset;
    let before = files(&data(&folder));
    for path in &paths {
        import(std::slice::from_ref(path), &data(&folder), &ACTIVATE, &|_| {}).unwrap_err();
    }
    assert_eq!(files(&data(&folder)), before);
    assert_eq!(Datasets::new(data(&folder)).active_id().unwrap(), Some(kept));
}

#[test]
fn a_place_that_cannot_be_written_is_the_environments_fault() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_map(&drawn_town(), &folder, "town.osm.pbf");
    fs::write(data(&folder), "not a folder").unwrap();
    let error = import(&[file], &data(&folder), &ACTIVATE, &|_| {}).unwrap_err();
    assert!(matches!(error, ImportError::Environment(_)), "{error:?}");
}

#[test]
fn leavings_of_dead_imports_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dead = data(&folder).join("datasets/.building-x-0123456789ab");
    fs::create_dir_all(&dead).unwrap();
    fs::write(dead.join("network.bin"), "half").unwrap();
    import_map(&folder, 0);
    assert!(!dead.exists());
}

#[test]
fn imports_at_the_same_time_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut ids: Vec<DatasetId> = std::thread::scope(|scope| {
        let imports: Vec<_> = (0..4)
            .map(|number| {
                scope.spawn({
                    let folder = &folder;
                    move || import_map(folder, number).dataset
                })
            })
            .collect();
        imports.into_iter().map(|import| import.join().unwrap()).collect()
    });
    let datasets = Datasets::new(data(&folder));
    let mut listed: Vec<String> = datasets.list().unwrap().into_iter().map(|manifest| manifest.id).collect();
    ids.sort();
    listed.sort();
    assert_eq!(listed, ids.iter().map(DatasetId::to_string).collect::<Vec<_>>());
    assert!(ids.contains(&datasets.active_id().unwrap().unwrap()));
}

#[test]
fn who_opens_at_the_same_time_gets_the_same_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let id = import_map(&folder, 0).dataset;
    let datasets = Datasets::new(data(&folder));
    std::thread::scope(|scope| {
        let opening: Vec<_> = (0..4).map(|_| scope.spawn(|| datasets.open(&id).unwrap())).collect();
        let opened: Vec<_> = opening.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(opened.iter().all(|dataset| Arc::ptr_eq(dataset, &opened[0])));
    });
    let again = datasets.open(&id).unwrap();
    assert_eq!(Arc::strong_count(&again), 1, "nobody else keeps it alive");
}

#[test]
fn activation_rolls_back_and_forth() {
    let folder = tempfile::tempdir().unwrap();
    let datasets = Datasets::new(data(&folder));
    assert_eq!(datasets.active_id().unwrap(), None);
    assert!(matches!(datasets.rollback(), Err(DatasetError::NoPrevious)));
    let ids: Vec<DatasetId> = (0..3).map(|number| import_map(&folder, number).dataset).collect();
    assert_eq!(datasets.active_id().unwrap().as_ref(), Some(&ids[2]));
    assert_eq!(datasets.rollback().unwrap(), ids[1]);
    assert_eq!(datasets.rollback().unwrap(), ids[2]);
    datasets.activate(&ids[0]).unwrap();
    datasets.activate(&ids[0]).unwrap();
    assert_eq!(datasets.rollback().unwrap(), ids[2], "activating the active one forgets nothing");
    let unknown = DatasetId::parse("nowhere-0123456789ab").unwrap();
    assert!(matches!(datasets.activate(&unknown), Err(DatasetError::Unknown { .. })));
    assert!(matches!(datasets.open(&unknown), Err(DatasetError::Unknown { .. })));
}

#[test]
fn pruning_spares_what_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let datasets = Datasets::new(data(&folder));
    assert!(datasets.prune(&|_| false).unwrap().is_empty());
    let ids: Vec<DatasetId> = (0..5).map(|number| import_map(&folder, number).dataset).collect();
    let opened = datasets.open(&ids[0]).unwrap();
    let mut removed = datasets.prune(&|id| *id == ids[1]).unwrap();
    removed.sort();
    assert_eq!(removed, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(datasets.list().unwrap().len(), 3);
    assert!(opened.network().edge_count() > 0, "an opened dataset outlives its folder");
    assert!(datasets.rollback().is_ok());
}
