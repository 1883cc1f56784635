//! The schema's versions: expand, migrate, contract.
//!
//! `schema_version` holds two numbers: the version that the tables have, and the oldest program version that can still work
//! with them. A release that needs more *expands* (adds columns with defaults; programs of the release before go on working
//! beside it for hours), *migrates* in small steps, and only the release after it *contracts*, which raises the second
//! number. So two neighbouring releases always work side by side, and going back one release is possible.

use crate::Error;

use super::link::Link;

/// The versions, one step each. A step is never edited once it was released.
const STEPS: [&str; 1] = [include_str!("schema_1.sql")];

/// The version of the tables that this program makes.
const KNOWN: i64 = STEPS.len() as i64;

/// Whoever brings the schema up to date holds this lock, so that of many nodes that start at once one does it.
const LOCK: i64 = 0x726f_756e_6473;

/// Brings the schema to what this program knows, or refuses one that it cannot work with.
pub(super) fn migrate(link: &mut Link) -> Result<(), Error> {
    link.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))?;
    let done = migrate_locked(link).and_then(|()| link.batch("COMMIT"));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = link.batch("ROLLBACK");
    }
    done
}

fn migrate_locked(link: &mut Link) -> Result<(), Error> {
    link.batch("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL, compatible_from BIGINT NOT NULL)")?;
    let found = link.one_line("SELECT version || ' ' || compatible_from FROM schema_version")?;
    let Some((version, compatible_from)) = found.as_deref().and_then(numbers) else {
        link.batch(&STEPS.concat())?;
        return link.batch(&format!("INSERT INTO schema_version VALUES ({KNOWN}, {KNOWN})"));
    };
    if compatible_from > KNOWN {
        return Err(Error::NewerSchema { path: "in PostgreSQL".into(), found: version, known: KNOWN });
    }
    for step in STEPS.iter().skip(version as usize) {
        link.batch(step)?;
    }
    if version < KNOWN { link.batch(&format!("UPDATE schema_version SET version = {KNOWN}")) } else { Ok(()) }
}

fn numbers(line: &str) -> Option<(i64, i64)> {
    let (version, compatible_from) = line.split_once(' ')?;
    Some((version.parse().ok()?, compatible_from.parse().ok()?))
}
