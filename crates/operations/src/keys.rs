//! Who may ask: named keys, each of a tenant.
//!
//! A key is 244 random bits, so a plain fast hash is enough to keep it: nobody can try them out. The key itself is told
//! once, when it is made. Each verification reads the table, so what the command line changes beside a running server is
//! in force with the next question.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::Error;
use crate::operation::check_name;

/// The holder of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyHolder {
    /// The key's name.
    pub name: String,
    /// The tenant that it speaks for.
    pub tenant: String,
    /// How many questions a second it may ask; no bound of its own if not given.
    pub rate: Option<f64>,
    /// When it was made.
    pub created_ms: i64,
}

/// A key that was just made: the only time that it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct NewKey {
    /// Whose it is.
    pub holder: KeyHolder,
    /// The key itself.
    pub key: String,
}

/// Makes a key. Without a tenant the name is the tenant.
pub(crate) fn add(
    conn: &Connection,
    name: &str,
    tenant: Option<&str>,
    rate: Option<f64>,
    now_ms: i64,
) -> Result<NewKey, Error> {
    let tenant = tenant.unwrap_or(name);
    check_name("key name", name)?;
    check_name("tenant", tenant)?;
    if let Some(rate) = rate.filter(|rate| !rate.is_finite() || *rate <= 0.0) {
        return Err(Error::Invalid { field: "rate", value: rate.to_string(), limit: "a number above 0" });
    }
    let key = format!("rm-{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let added = conn
        .prepare_cached(
            "INSERT INTO \"key\" (name, tenant, hash, rate, created) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name) DO NOTHING",
        )?
        .execute(params![name, tenant, hash(&key), rate, now_ms])?;
    if added == 0 {
        return Err(Error::KeyExists { name: name.to_owned() });
    }
    let holder = KeyHolder { name: name.to_owned(), tenant: tenant.to_owned(), rate, created_ms: now_ms };
    Ok(NewKey { holder, key })
}

/// All keys by name.
pub(crate) fn list(conn: &Connection) -> Result<Vec<KeyHolder>, Error> {
    let mut statement = conn.prepare_cached("SELECT name, tenant, rate, created FROM \"key\" ORDER BY name")?;
    let found = statement.query_map([], holder)?.collect::<Result<_, _>>()?;
    Ok(found)
}

/// Removes a key; tells whether there was one.
pub(crate) fn revoke(conn: &Connection, name: &str) -> Result<bool, Error> {
    Ok(conn.prepare_cached("DELETE FROM \"key\" WHERE name = ?1")?.execute([name])? == 1)
}

pub(crate) fn verify(conn: &Connection, key: &str) -> Result<Option<KeyHolder>, Error> {
    let found = conn
        .prepare_cached("SELECT name, tenant, rate, created FROM \"key\" WHERE hash = ?1")?
        .query_row([hash(key)], holder)
        .optional()?;
    Ok(found)
}

pub(crate) fn any(conn: &Connection) -> Result<bool, Error> {
    Ok(conn.prepare_cached("SELECT 1 FROM \"key\" LIMIT 1")?.exists([])?)
}

fn hash(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}

fn holder(row: &Row<'_>) -> rusqlite::Result<KeyHolder> {
    Ok(KeyHolder { name: row.get(0)?, tenant: row.get(1)?, rate: row.get(2)?, created_ms: row.get(3)? })
}
