//! What can go wrong, told apart by what the caller can do about it.
//!
//! Errors can be cloned because one failed commit answers every command that was gathered into it; causes are
//! therefore kept as text. Nothing here knows HTTP: the server maps variants to status codes.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use uuid::Uuid;

/// A fault of the operation store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process serves from this folder.
    #[error(
        "the data folder {} is in use by another server (process {holder}); stop that one, or choose another folder with --data",
        folder.display()
    )]
    Locked {
        /// The data folder.
        folder: PathBuf,
        /// The process id that the holder wrote down, or `unknown`.
        holder: String,
    },
    /// Nothing was ever kept in this folder, so there is nothing to list or change.
    #[error(
        "there are no operations and no keys in {}: nothing was served from it yet; name the folder of the server with --data",
        folder.display()
    )]
    NoStore {
        /// The data folder as it was named.
        folder: PathBuf,
    },
    /// The folder lies on a network file system, where locks and syncs do not hold what SQLite needs.
    #[error("the data folder {} is on {kind}, a network file system, which cannot keep operations safe; choose a folder on a local disk with --data", folder.display())]
    NetworkDisk {
        /// The data folder.
        folder: PathBuf,
        /// The file system as the kernel names it.
        kind: String,
    },
    /// The folder cannot be made, read or written.
    #[error("cannot {doing} {}: {detail}", path.display())]
    Folder {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause in the system's words.
        detail: String,
    },
    /// The database or a stored payload is not what was written.
    #[error("{what} is damaged: {detail}; restore the data folder from a backup, or move it aside to start anew")]
    Damaged {
        /// The file, or the payload's name.
        what: String,
        /// What was found.
        detail: String,
    },
    /// The database was written by a later release.
    #[error("the database {} has schema version {found}, but this program knows versions up to {known}; use the newer program", path.display())]
    NewerSchema {
        /// The database file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The disk or the database refused; the state is as before, or, in doubt, as it will be found.
    #[error(
        "the operation store could not be read or written: {detail}; check the disk's space and health, then try again"
    )]
    Storage {
        /// The cause in SQLite's or the system's words.
        detail: String,
    },
    /// Too much is waiting; nothing was stored.
    #[error("there is no room for more: {used} {what}, the limit is {limit}; try again in {retry_after_s} seconds")]
    Overloaded {
        /// What fills the room.
        what: &'static str,
        /// How much there is now.
        used: u64,
        /// How much there may be.
        limit: u64,
        /// When it is worth trying again.
        retry_after_s: u32,
    },
    /// The key was used for another request.
    #[error(
        "the key '{key}' was used for another request, which is operation {id}; send each request under a key of its own"
    )]
    KeyReused {
        /// The client's key.
        key: String,
        /// What it stands for.
        id: Uuid,
    },
    /// An operation with this id was accepted before.
    #[error("operation {id} was accepted before; ask for its state, or use a new id")]
    Duplicate {
        /// The id.
        id: Uuid,
    },
    /// A key with this name exists.
    #[error("a key named '{name}' exists; revoke it first, or choose another name")]
    KeyExists {
        /// The name.
        name: String,
    },
    /// An argument is out of bounds.
    #[error("{field} is '{value}', but must be {limit}")]
    Invalid {
        /// Which argument.
        field: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        limit: &'static str,
    },
    /// Another node changed the same rows at the same moment, more often than is tried; nothing was changed.
    #[error("the database was too busy with the same operation; try again")]
    Contended,
    /// The database of several machines cannot be reached, or is not the one to be written to.
    #[error(
        "the operation database cannot be reached: {detail}; what was asked is retried when it is back, or ask again"
    )]
    Unreachable {
        /// The cause in its words.
        detail: String,
        /// Whether the connection went while a commit was under way, so that nobody knows whether it was made.
        in_doubt: bool,
    },
    /// The database is set up so that it may forget what it has acknowledged, or is too old.
    #[error("the operation database has {setting} = {value}, {why}; {remedy}")]
    UnfitDatabase {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with that.
        why: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The store was closed, or its writer died.
    #[error("the operation store is closed; start the server again")]
    Closed,
}

impl Error {
    pub(crate) fn folder(doing: &'static str, path: &Path, cause: impl std::fmt::Display) -> Self {
        Self::Folder { doing, path: path.to_path_buf(), detail: cause.to_string() }
    }

    /// Whether the same command may go well when it is run again at once.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Contended | Self::Unreachable { .. })
    }

    /// Whether nobody knows if the transaction was committed.
    pub(crate) fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Unreachable { in_doubt: true, .. })
    }

    /// Whether the transaction certainly left no trace, so that a blob written for it can go at once. After a failed
    /// commit that is in doubt (a restart may still find the frames whole), and the sweep by age decides.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Duplicate { .. }
                | Self::Overloaded { .. }
                | Self::Invalid { .. }
                | Self::KeyReused { .. }
                | Self::KeyExists { .. }
        )
    }
}

impl From<rusqlite::Error> for Error {
    fn from(cause: rusqlite::Error) -> Self {
        match cause.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { what: "the operation database".into(), detail: cause.to_string() }
            }
            _ => Self::Storage { detail: cause.to_string() },
        }
    }
}

impl From<object_store::Error> for Error {
    fn from(cause: object_store::Error) -> Self {
        match cause {
            object_store::Error::NotFound { path, .. } => {
                Self::Damaged { what: format!("payload {path}"), detail: "the file is missing".into() }
            }
            other => Self::Storage { detail: other.to_string() },
        }
    }
}
