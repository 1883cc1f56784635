//! A backup beside a running server: the operations, keys and payload files of one moment, in a folder of their own.
//!
//! First the database: `VACUUM INTO` writes what one read transaction sees, so the server goes on accepting meanwhile. Then the files
//! that this copy names; they never change once they are named, so a file copied later is the file of that moment. Last the name: all
//! of it is written beside, synced, and renamed into place, so a folder of the wanted name is a whole backup. A file may be gone by the
//! time it is copied, where its operation expired or found a better plan meanwhile; nobody can ask for it after that, or soon not any
//! more, and it is counted.
//!
//! The backup is a data folder like any other: to restore it, serve it, or copy it back. What it says was at work is given out again.

use std::fs::{File, create_dir, create_dir_all, remove_dir_all, rename};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::folder::{Folder, sync_folder};
use crate::Error;
use crate::payload::Reference;

/// What a backup holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backup {
    /// Operations, those that have ended among them.
    pub operations: u64,
    /// Payload files.
    pub files: u64,
    /// Payload files that were gone by the time they were to be copied.
    pub gone: u64,
    /// Bytes of the database and of the files.
    pub bytes: u64,
}

/// Copies what `conn` has open, which is the database of `folder`, to the new folder `to`.
pub(crate) fn back_up(conn: &Connection, folder: &Folder, to: &Path) -> Result<Backup, Error> {
    let (parent, name) = match (to.parent(), to.file_name()) {
        (Some(parent), Some(name)) => (if parent.as_os_str().is_empty() { Path::new(".") } else { parent }, name),
        _ => return Err(refused(to, "a folder of that name cannot be made")),
    };
    if to.exists() {
        return Err(refused(to, "it exists; name a new folder"));
    }
    let beside = parent.join(format!(".{}.{}.partial", name.to_string_lossy(), std::process::id()));
    let done = write_whole(conn, folder, &beside).and_then(|backup| {
        rename(&beside, to).map_err(|cause| Error::folder("rename the backup to", to, cause))?;
        sync_folder(parent)?;
        Ok(backup)
    });
    if done.is_err() {
        // What is left of it is hidden and named as partial; the first error is the one to tell.
        let _ = remove_dir_all(&beside);
    }
    done
}

fn refused(to: &Path, limit: &'static str) -> Error {
    Error::Invalid { field: "backup folder", value: to.display().to_string(), limit }
}

fn write_whole(conn: &Connection, folder: &Folder, beside: &Path) -> Result<Backup, Error> {
    create_dir(beside).map_err(|cause| Error::folder("create", beside, cause))?;
    let copy = beside.join("operations.db");
    let name = copy.to_str().ok_or_else(|| refused(beside, "its name must be UTF-8 text"))?;
    conn.execute("VACUUM INTO ?1", [name])?;
    let copied = Connection::open(&copy)?;
    let operations = copied.query_row("SELECT count(*) FROM operation", [], |row| row.get::<_, i64>(0))?.max(0) as u64;
    let mut backup = Backup { operations, ..Backup::default() };
    let blobs = (folder.blobs()?, beside.join("blobs"));
    create_dir(&blobs.1).map_err(|cause| Error::folder("create", &blobs.1, cause))?;
    for key in named(&copied)? {
        match copy_file(&blobs.0.join(&key), &blobs.1.join(&key)) {
            Ok(bytes) => (backup.files, backup.bytes) = (backup.files + 1, backup.bytes + bytes),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => backup.gone += 1,
            Err(cause) => return Err(Error::folder("copy into", &blobs.1.join(&key), cause)),
        }
    }
    drop(copied);
    let database = File::open(&copy).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
    backup.bytes += database.map_err(|cause| Error::folder("sync", &copy, cause))?.len();
    sync_tree(beside)?;
    Ok(backup)
}

/// The payload files that a database names.
fn named(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = conn.prepare(
        "SELECT request_blob FROM operation UNION SELECT result_blob FROM operation UNION SELECT incumbent_blob FROM operation
         UNION SELECT then_blob FROM operation UNION SELECT input_blob FROM item UNION SELECT output_blob FROM item",
    )?;
    let texts = statement.query_map([], |row| row.get::<_, Option<String>>(0))?;
    let mut keys = Vec::new();
    for text in texts {
        if let Some(text) = text?
            && let Reference::Blob(blob) = Reference::from_text(&text)?
        {
            keys.push(blob.key);
        }
    }
    Ok(keys)
}

fn copy_file(from: &Path, to: &Path) -> io::Result<u64> {
    if let Some(folder) = to.parent() {
        create_dir_all(folder)?;
    }
    let bytes = std::fs::copy(from, to)?;
    File::open(to)?.sync_all()?;
    Ok(bytes)
}

/// Makes sure that every entry of a folder and of those within it is on disk.
fn sync_tree(folder: &Path) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<PathBuf>>>());
    for path in entries.map_err(|cause| Error::folder("read", folder, cause))? {
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    sync_folder(folder)
}
