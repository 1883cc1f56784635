//! The database file: how a connection is opened, what the tables are, and whether the file is whole.
//!
//! `synchronous=FULL` makes a commit wait for the disk, which is what a 202 promises; `NORMAL` lost thousands of
//! acknowledged operations in our power-cut tests. The schema's version is SQLite's `user_version`; a release that
//! changes the schema appends a step to [`STEPS`] and never edits one.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// The schema, one step a version.
const STEPS: [&str; 2] = [include_str!("schema_1.sql"), include_str!("schema_2.sql")];

/// How long a short transaction waits for another process (`keys add` beside a server, or the server itself).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared on each connection; above the number of statements in this crate.
const STATEMENT_CACHE: usize = 128;

/// Opens the database for writing, makes it or brings it up to date.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = open(path, flags)?;
    let name_file = |cause| named(path, cause);
    // On macOS a plain fsync leaves the data in the drive's cache; `fullfsync` does nothing elsewhere. One page is 4 KiB: the log is folded back after 16 MiB, seldom enough not to be felt, often enough to stay small.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
         PRAGMA wal_autocheckpoint = 4096; PRAGMA journal_size_limit = 67108864;",
    )
    .map_err(name_file)?;
    migrate(&conn, path)?;
    Ok(conn)
}

/// Opens the database, which exists, for questions only.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, Error> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Not opened read-only: the last connection to a log must be able to fold it back.
    conn.execute_batch("PRAGMA query_only = ON").map_err(|cause| named(path, cause))?;
    Ok(conn)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let conn = Connection::open_with_flags(path, flags).map_err(|cause| named(path, cause))?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(conn)
}

/// Brings the schema to the newest version. Two processes may try at once: the version is read again under the lock.
fn migrate(conn: &Connection, path: &Path) -> Result<(), Error> {
    let known = STEPS.len() as i64;
    let found = version(conn).map_err(|cause| named(path, cause))?;
    if found > known {
        return Err(Error::NewerSchema { path: path.to_path_buf(), found, known });
    }
    if found == known {
        return Ok(());
    }
    conn.execute_batch("BEGIN IMMEDIATE").map_err(|cause| named(path, cause))?;
    let done = version(conn)
        .and_then(|found| STEPS.iter().skip(found as usize).try_for_each(|step| conn.execute_batch(step)))
        .and_then(|()| conn.pragma_update(None, "user_version", known))
        .and_then(|()| conn.execute_batch("COMMIT"));
    done.map_err(|cause| {
        // Dropping the connection would roll back as well; the first error is the one to tell.
        let _ = conn.execute_batch("ROLLBACK");
        named(path, cause)
    })
}

fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// An error at opening, with the file's name.
pub(super) fn named(path: &Path, cause: rusqlite::Error) -> Error {
    match Error::from(cause) {
        Error::Damaged { detail, .. } => {
            Error::Damaged { what: format!("the operation database {}", path.display()), detail }
        }
        Error::Storage { detail } => Error::folder("open the operation database", path, detail),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operations.db");
        let conn = open_for_writing(&path).unwrap();
        let setting = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        // FULL is 2: with less, an acknowledged commit may be gone after a power cut, and no other test here would see it.
        assert_eq!((setting("synchronous"), setting("fullfsync")), (2, 1));
        let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("operations.db");
        open_for_writing(&path).unwrap();
        let reader = open_for_reading(&path).unwrap();
        assert!(reader.execute("DELETE FROM operation", []).is_err());
    }
}
