//! `datasets list|activate|rollback|prune`: the dataset folders. A running server notices a change within a second.

use std::collections::HashSet;

use clap::Subcommand;
use engine::{DatasetError, DatasetId, Manifest};
use operations::{Beside, ListFilter, State, Store};
use serde_json::{Value, json};

use crate::cli::Common;
use crate::config::{Place, Raw};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

use super::operations::{store_failure, time};

/// Operations read at once when looking for the datasets that they need; the most that the store gives.
const PAGE: usize = 1000;

#[derive(Subcommand)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman datasets list\n\
    \x20 roundsman datasets activate seattle-udistrict-4ab8e7ecc653")]
pub(crate) enum Datasets {
    /// Lists the datasets, oldest first; the active one is marked.
    List,
    /// Makes a dataset the active one.
    Activate {
        /// Its id, as `datasets list` shows it.
        id: String,
    },
    /// Makes the dataset active that was so before.
    Rollback,
    /// Reads every byte of a dataset and compares it with its checksums; exit code 3 names the file that is damaged.
    Verify {
        /// Its id [default: the active one].
        id: Option<String>,
    },
    /// Removes every dataset but the active one, the one before it, and those that unfinished operations need.
    Prune,
}

impl Datasets {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        let datasets = engine::Datasets::new(&common.data);
        match self {
            Self::List => list(&datasets, common.json),
            Self::Activate { id } => {
                let id = DatasetId::parse(&id).map_err(failure)?;
                datasets.activate(&id).map_err(failure)?;
                say_active(&id, common.json);
                Ok(Exit::Done)
            }
            Self::Rollback => {
                say_active(&datasets.rollback().map_err(failure)?, common.json);
                Ok(Exit::Done)
            }
            Self::Verify { id } => verify(&datasets, id.as_deref(), common.json),
            Self::Prune => prune(&datasets, common),
        }
    }
}

fn verify(datasets: &engine::Datasets, id: Option<&str>, as_json: bool) -> Outcome {
    let none = || Failure::input("no dataset is active: name one of `roundsman datasets list`");
    let id = match id {
        Some(id) => DatasetId::parse(id).map_err(failure)?,
        None => datasets.active_id().map_err(failure)?.ok_or_else(none)?,
    };
    let manifest = datasets.verify(&id).map_err(failure)?;
    let (files, bytes) = (manifest.files.len(), manifest.disk_bytes());
    if as_json {
        output::json(&json!({"dataset": id.as_str(), "files": files, "bytes": bytes}));
    } else {
        output::line(format_args!("{id} is whole: {files} files, {bytes} bytes"));
    }
    Ok(Exit::Done)
}

fn list(datasets: &engine::Datasets, as_json: bool) -> Outcome {
    let active = datasets.active_id().map_err(failure)?;
    let is_active = |manifest: &Manifest| active.as_ref().is_some_and(|id| id.as_str() == manifest.id);
    let all = datasets.list().map_err(failure)?;
    if as_json {
        output::json(&all.iter().map(|manifest| row(manifest, is_active(manifest))).collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    for manifest in &all {
        let mark = if is_active(manifest) { '*' } else { ' ' };
        output::line(format_args!(
            "{mark} {:<48} {:>9} nodes {:>9} edges {:>8.1} MB  {}",
            manifest.id,
            manifest.nodes,
            manifest.edges,
            manifest.disk_bytes() as f64 / 1e6,
            time(manifest.created_ms),
        ));
    }
    if all.is_empty() {
        eprintln!("There are no datasets: import one with `roundsman import FILE.osm.pbf`.");
    }
    Ok(Exit::Done)
}

fn row(manifest: &Manifest, active: bool) -> Value {
    json!({
        "dataset": manifest.id,
        "name": manifest.name,
        "active": active,
        "createdAt": time(manifest.created_ms),
        "nodes": manifest.nodes,
        "edges": manifest.edges,
        "profiles": manifest.profiles,
        "disk_bytes": manifest.disk_bytes(),
    })
}

fn say_active(id: &DatasetId, as_json: bool) {
    if as_json {
        output::json(&json!({"active": id.as_str()}));
    } else {
        output::line(format_args!("{id} is active"));
    }
}

fn prune(datasets: &engine::Datasets, common: &Common) -> Outcome {
    let needed = needed_by_operations(common)?;
    let removed = datasets.prune(&|id| needed.contains(id.as_str())).map_err(failure)?;
    if common.json {
        output::json(&json!({"removed": removed.iter().map(DatasetId::as_str).collect::<Vec<_>>()}));
    } else {
        for id in &removed {
            output::line(format_args!("removed {id}"));
        }
    }
    Ok(Exit::Done)
}

/// The datasets that unfinished operations were accepted with.
fn needed_by_operations(common: &Common) -> Result<HashSet<String>, Failure> {
    let found = match common.config(Raw::default())?.operations.place(&common.data) {
        Place::Folder(folder) => Store::find_beside(&folder),
        Place::Shared { database, .. } => Store::connect_beside(&database),
    };
    let store = match found {
        Ok(store) => store,
        Err(operations::Error::NoStore { .. }) => return Ok(HashSet::new()),
        Err(error) => return Err(store_failure(error)),
    };
    let mut needed = HashSet::new();
    for state in [State::NotStarted, State::Running] {
        collect_datasets(&store, state, &mut needed)?;
    }
    Ok(needed)
}

fn collect_datasets(store: &Beside, state: State, needed: &mut HashSet<String>) -> Result<(), Failure> {
    let mut filter = ListFilter { state: Some(state), limit: PAGE, ..ListFilter::default() };
    loop {
        let page = store.list(&filter).map_err(store_failure)?;
        filter.after = page.last().map(|operation| operation.id);
        let is_last = page.len() < PAGE;
        needed.extend(page.into_iter().filter_map(|operation| operation.dataset));
        if is_last {
            return Ok(());
        }
    }
}

/// What the user named wrongly is bad input, the rest the environment.
pub(super) fn failure(error: DatasetError) -> Failure {
    match error {
        DatasetError::NotAnId { .. } | DatasetError::Unknown { .. } => Failure::input(error),
        DatasetError::NoPrevious => Failure::no(error),
        _ => Failure::environment(error),
    }
}
