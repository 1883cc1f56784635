//! Where a request or a result is kept: small ones in the database, large ones in a file.
//!
//! A small payload joins the transaction that names it and costs no sync of its own. It has a table of its own, since
//! the row of an operation is rewritten at each step of its life and should stay short.

use blake3::Hash;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use crate::Error;

/// Payloads up to this size (64 KiB) are kept inside the database.
pub const INLINE_LIMIT: usize = 64 * 1024;

/// A payload that is ready to be named by a transaction.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Inline(Bytes),
    /// The key of a file that is already safe on disk, and its contents' hash.
    File(String, Hash),
}

/// The stored reference: `inline:<row>` or `file:<hash>:<key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Inline(i64),
    File { key: String, hash: Hash },
}

/// A payload as far as the database can give it.
#[derive(Debug)]
pub(crate) enum Stored {
    Here(Bytes),
    File { key: String, hash: Hash },
}

impl Payload {
    /// Makes the payload nameable within the transaction under way.
    pub(crate) fn store(&self, conn: &Connection) -> Result<Reference, Error> {
        match self {
            Self::File(key, hash) => Ok(Reference::File { key: key.clone(), hash: *hash }),
            Self::Inline(bytes) => {
                conn.prepare_cached("INSERT INTO payload (bytes) VALUES (?1)")?.execute([&bytes[..]])?;
                Ok(Reference::Inline(conn.last_insert_rowid()))
            }
        }
    }

    /// The file that was written for this payload, if it has one.
    pub(crate) fn file_key(&self) -> Option<String> {
        match self {
            Self::File(key, _) => Some(key.clone()),
            Self::Inline(_) => None,
        }
    }
}

impl Reference {
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Inline(row) => format!("inline:{row}"),
            Self::File { key, hash } => format!("file:{}:{key}", hash.to_hex()),
        }
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, Error> {
        let damaged = || Error::Damaged { what: format!("payload reference '{text}'"), detail: "not readable".into() };
        if let Some(row) = text.strip_prefix("inline:") {
            return row.parse().map(Self::Inline).map_err(|_| damaged());
        }
        let (hash, key) = text.strip_prefix("file:").and_then(|rest| rest.split_once(':')).ok_or_else(damaged)?;
        let hash = Hash::from_hex(hash).map_err(|_| damaged())?;
        Ok(Self::File { key: key.to_owned(), hash })
    }

    pub(crate) fn load(self, conn: &Connection) -> Result<Stored, Error> {
        let row = match self {
            Self::File { key, hash } => return Ok(Stored::File { key, hash }),
            Self::Inline(row) => row,
        };
        let bytes: Option<Vec<u8>> = conn
            .prepare_cached("SELECT bytes FROM payload WHERE id = ?1")?
            .query_row([row], |found| found.get(0))
            .optional()?;
        let bytes = bytes
            .ok_or_else(|| Error::Damaged { what: format!("payload {row}"), detail: "the row is missing".into() })?;
        Ok(Stored::Here(bytes.into()))
    }

    /// Forgets an inline payload; tells the key of a file that is now to be deleted.
    pub(crate) fn remove(self, conn: &Connection) -> Result<Option<String>, Error> {
        match self {
            Self::File { key, .. } => Ok(Some(key)),
            Self::Inline(row) => {
                conn.prepare_cached("DELETE FROM payload WHERE id = ?1")?.execute(params![row])?;
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_as_written() {
        for reference in [Reference::Inline(7), Reference::File { key: "a/0/1/b:c".into(), hash: blake3::hash(b"x") }] {
            assert_eq!(Reference::from_text(&reference.to_text()).unwrap(), reference);
        }
    }

    #[test]
    fn nonsense_is_damage() {
        for text in ["", "inline:x", "file:", "file:00:k", "http://x"] {
            assert!(matches!(Reference::from_text(text), Err(Error::Damaged { .. })), "{text}");
        }
    }
}
