//! Who may ask: named keys, each of a tenant.
//!
//! A key is 244 random bits, so a plain fast hash is enough to keep it: nobody can try them out. The key itself is told
//! once, when it is made. Each verification reads the table, so what the command line changes beside a running server is
//! in force with the next question.

use uuid::Uuid;

use crate::Error;
use crate::operation::check_name;
use crate::session::{Row, Session, values};

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
    session: &mut dyn Session,
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
    let added = session.change(
        "INSERT INTO \"key\" (name, tenant, hash, rate, created) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO NOTHING",
        values![name, tenant, &hash(&key)[..], rate, now_ms],
    )?;
    if added == 0 {
        return Err(Error::KeyExists { name: name.to_owned() });
    }
    let holder = KeyHolder { name: name.to_owned(), tenant: tenant.to_owned(), rate, created_ms: now_ms };
    Ok(NewKey { holder, key })
}

/// All keys by name.
pub(crate) fn list(session: &mut dyn Session) -> Result<Vec<KeyHolder>, Error> {
    let found = session.rows("SELECT name, tenant, rate, created FROM \"key\" ORDER BY name", &[])?;
    found.iter().map(holder).collect()
}

/// Removes a key; tells whether there was one.
pub(crate) fn revoke(session: &mut dyn Session, name: &str) -> Result<bool, Error> {
    Ok(session.change("DELETE FROM \"key\" WHERE name = $1", values![name])? == 1)
}

pub(crate) fn verify(session: &mut dyn Session, key: &str) -> Result<Option<KeyHolder>, Error> {
    let hash = hash(key);
    let found = session.row("SELECT name, tenant, rate, created FROM \"key\" WHERE hash = $1", values![&hash[..]])?;
    found.as_ref().map(holder).transpose()
}

pub(crate) fn any(session: &mut dyn Session) -> Result<bool, Error> {
    Ok(session.row("SELECT 1 FROM \"key\" LIMIT 1", &[])?.is_some())
}

fn hash(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}

fn holder(row: &Row) -> Result<KeyHolder, Error> {
    Ok(KeyHolder {
        name: row.text(0)?.to_owned(),
        tenant: row.text(1)?.to_owned(),
        rate: row.maybe_real(2)?,
        created_ms: row.int(3)?,
    })
}
