//! `operations list|show|watch|cancel|purge|resubmit|backup`: what was accepted, in the neutral view. Works beside a running server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use operations::{Backup, Beside, Cancellation, ListFilter, Operation, Resubmission, State, Store};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::Common;
use crate::config::{Place, Raw};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

#[derive(Subcommand)]
#[command(after_help = "\
    Examples:\n\
    \x20 roundsman operations list --state running\n\
    \x20 roundsman operations backup /backups/monday\n\
    \x20 roundsman operations cancel 01a200a1-ca5c-754e-a48f-08c4665ce0af --json")]
pub(crate) enum Operations {
    /// Lists operations, newest first.
    List {
        /// Only in this state.
        #[arg(long)]
        state: Option<StateName>,
        /// Only of this kind, e.g. `bing.optimizeItinerary`.
        #[arg(long)]
        kind: Option<String>,
        /// Only of this tenant.
        #[arg(long)]
        tenant: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        /// Continue behind this one, the last of the list before.
        #[arg(long, value_name = "ID")]
        after: Option<Uuid>,
    },
    /// Shows one operation.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Follows an operation until it ends, a line for every change; exit code 1 if it does not succeed.
    Watch {
        /// Its id.
        id: Uuid,
    },
    /// Cancels an operation that has not ended.
    Cancel {
        /// Its id.
        id: Uuid,
    },
    /// Lets an operation that has ended expire now, and its result with it.
    Purge {
        /// Its id.
        id: Uuid,
    },
    /// Asks what failed or was canceled once more, as a new operation that takes its request along; shows the new one.
    Resubmit {
        /// Its id.
        id: Uuid,
    },
    /// Copies operations, keys and results of this moment to a new folder, which is a data folder; the server goes on meanwhile.
    Backup {
        /// The folder to make; on the same disk it costs least.
        folder: PathBuf,
    },
}

/// The states by the names that the HTTP interface has for them.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "camelCase")]
pub(crate) enum StateName {
    NotStarted,
    Running,
    Succeeded,
    Failed,
    Canceled,
}

impl From<StateName> for State {
    fn from(name: StateName) -> Self {
        match name {
            StateName::NotStarted => Self::NotStarted,
            StateName::Running => Self::Running,
            StateName::Succeeded => Self::Succeeded,
            StateName::Failed => Self::Failed,
            StateName::Canceled => Self::Canceled,
        }
    }
}

impl Operations {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        // With the server's settings: a cancelled operation is kept as long as any other.
        let operations = common.config(Raw::default())?.operations;
        let store = beside(&operations, common)?.with_options(&operations.store_options());
        match self {
            Self::List { state, kind, tenant, limit, after } => {
                let state = state.map(State::from);
                let filter = ListFilter { tenant, state, kind, limit: limit.into(), after, follow_ups: false };
                list(&store.list(&filter).map_err(store_failure)?, common.json);
            }
            Self::Show { id } => {
                let found = store.show(id).map_err(store_failure)?.ok_or_else(|| unknown(id))?;
                show(&found, common.json);
            }
            Self::Watch { id } => return watch(&store, id, common.json),
            Self::Cancel { id } => match store.request_cancel(id).map_err(store_failure)? {
                Cancellation::Canceled(operation) => show(&operation, common.json),
                Cancellation::TooLate(operation) => {
                    show(&operation, common.json);
                    return Err(Failure::no(format!("{id} had already {}", operation.state.name())));
                }
                Cancellation::Unknown => return Err(unknown(id)),
            },
            Self::Purge { id } => {
                let found = store.show(id).map_err(store_failure)?.ok_or_else(|| unknown(id))?;
                if !store.purge(id).map_err(store_failure)? {
                    let state = found.state.name();
                    return Err(Failure::no(format!(
                        "{id} is {state}: cancel it, or wait for its end, before it is purged"
                    )));
                }
                show(&found, common.json);
            }
            Self::Resubmit { id } => match store.resubmit(id).map_err(store_failure)? {
                Resubmission::Accepted(operation) => show(&operation, common.json),
                Resubmission::NotFailed(operation) => {
                    let state = operation.state.name();
                    return Err(Failure::no(format!(
                        "{id} is {state}: only what failed or was canceled is asked once more"
                    )));
                }
                Resubmission::HandedOn(_) => {
                    return Err(Failure::no(format!(
                        "{id} was resubmitted before: its request went to another operation"
                    )));
                }
                Resubmission::Unknown => return Err(unknown(id)),
            },
            Self::Backup { folder } => backup(&store, &folder, common.json)?,
        }
        Ok(Exit::Done)
    }
}

fn backup(store: &Beside, folder: &Path, as_json: bool) -> Result<(), Failure> {
    let Backup { operations, files, gone, bytes } = store.back_up(folder).map_err(store_failure)?;
    if as_json {
        let folder = folder.display().to_string();
        output::json(
            &json!({"folder": folder, "operations": operations, "files": files, "gone": gone, "bytes": bytes}),
        );
    } else {
        let place = folder.display();
        output::line(format_args!("{place}: {operations} operations, {files} files of payloads, {bytes} bytes"));
        output::line(format_args!(
            "to restore: roundsman serve --data {place} (import the map there, or copy `datasets` and `active`)"
        ));
    }
    Ok(())
}

/// The store that the configuration names, which must be there, opened beside the servers that use it.
pub(super) fn beside(settings: &crate::config::Operations, common: &Common) -> Result<Beside, Failure> {
    match settings.place(&common.data) {
        Place::Folder(folder) => Store::find_beside(&folder),
        Place::Shared { database, .. } => Store::connect_beside(&database),
    }
    .map_err(store_failure)
}

/// How often the store is looked at: a change must show within a second.
const LOOK_EVERY: Duration = Duration::from_millis(250);

fn watch(store: &Beside, id: Uuid, as_json: bool) -> Outcome {
    let mut seen = 0;
    loop {
        let found = store.show(id).map_err(store_failure)?.ok_or_else(|| unknown(id))?;
        if found.version > seen {
            seen = found.version;
            show(&found, as_json);
        }
        match found.state {
            State::Succeeded => return Ok(Exit::Done),
            State::Failed | State::Canceled => return Ok(Exit::No),
            State::NotStarted | State::Running => std::thread::sleep(LOOK_EVERY),
        }
    }
}

fn list(operations: &[Operation], as_json: bool) {
    if as_json {
        output::json(&json!({"operations": operations.iter().map(neutral).collect::<Vec<_>>()}));
    } else {
        operations.iter().for_each(line);
    }
}

fn show(operation: &Operation, as_json: bool) {
    if as_json {
        output::json(&neutral(operation));
    } else {
        line(operation);
        if let Some(failure) = &operation.error {
            output::line(format_args!("  {}: {}", failure.code, failure.message));
        }
    }
}

fn line(operation: &Operation) {
    output::line(format_args!(
        "{}  {:<10} {:>4.0} %  {:<26} {:<16} {}",
        operation.id,
        operation.state.name(),
        operation.progress * 100.0,
        operation.kind,
        operation.tenant,
        time(operation.created_ms),
    ));
}

/// The neutral view, as `/api/v1/operations` has it.
fn neutral(operation: &Operation) -> Value {
    let result_url =
        matches!(operation.state, State::Succeeded).then(|| format!("/api/v1/operations/{}/result", operation.id));
    json!({
        "id": operation.id.to_string(),
        "kind": operation.kind,
        "tenant": operation.tenant,
        "state": operation.state.name(),
        "progress": {"done": operation.items_done, "total": operation.items_total, "fraction": operation.progress},
        "version": operation.version,
        "createdAt": time(operation.created_ms),
        "startedAt": operation.started_ms.map(time),
        "finishedAt": operation.finished_ms.map(time),
        "expiresAt": operation.expires_ms.map(time),
        "attempts": operation.attempts,
        "resultUrl": result_url,
        "error": operation.error.as_ref().map(|failure| json!({"code": failure.code, "message": failure.message})),
    })
}

/// Unix milliseconds as RFC 3339 text in UTC.
pub(super) fn time(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(|_| unix_ms.to_string(), |time| time.to_string())
}

fn unknown(id: Uuid) -> Failure {
    Failure::no(format!("there is no operation {id}, or not any more"))
}

/// A fault of the store: the arguments if it says so, else the environment.
pub(super) fn store_failure(error: operations::Error) -> Failure {
    match error {
        operations::Error::KeyExists { .. } | operations::Error::Invalid { .. } | operations::Error::NoStore { .. } => {
            Failure::input(error)
        }
        _ => Failure::environment(error),
    }
}
