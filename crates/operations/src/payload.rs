//! Where a request or a result is kept: small ones in the database, large ones in the blob store.
//!
//! A small payload joins the transaction that names it and costs no sync of its own. It has a table of its own, since
//! the row of an operation is rewritten at each step of its life and should stay short.

use std::collections::HashMap;

use blake3::Hash;
use bytes::Bytes;

use crate::Error;
use crate::session::{Session, Value, values};

/// Payloads up to this size (64 KiB) are kept inside the database.
pub const INLINE_LIMIT: usize = 64 * 1024;

/// A payload that is ready to be named by a transaction.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    Inline(Bytes),
    /// A blob that is already safe.
    Blob(BlobRef),
}

/// A blob as a transaction names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlobRef {
    pub(crate) key: String,
    pub(crate) hash: Hash,
    /// Its length; unknown of those that version 1 wrote.
    pub(crate) len: Option<u64>,
}

/// The stored reference: `inline:<row>:<length>` or `blob:<hash>:<length>:<key>`; version 1 wrote `inline:<row>` and
/// `file:<hash>:<key>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Inline { row: i64, len: Option<u64> },
    Blob(BlobRef),
}

/// A payload as far as the database can give it.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    Here(Bytes),
    Blob(BlobRef),
}

impl Payload {
    /// Makes the payload nameable within the transaction under way.
    pub(crate) fn store(&self, session: &mut dyn Session) -> Result<Reference, Error> {
        match self {
            Self::Blob(blob) => Ok(Reference::Blob(blob.clone())),
            Self::Inline(bytes) => {
                let row = session.row("INSERT INTO payload (bytes) VALUES ($1) RETURNING id", values![&bytes[..]])?;
                let row = row.ok_or_else(|| Error::Storage { detail: "a payload got no number".into() })?.int(0)?;
                Ok(Reference::Inline { row, len: Some(bytes.len() as u64) })
            }
        }
    }

    /// The same for many, by one statement. Which row got which number is told by the bytes, since no database promises an order.
    pub(crate) fn store_all(all: &[&Self], session: &mut dyn Session) -> Result<Vec<Reference>, Error> {
        let inline = all.iter().filter_map(|payload| match payload {
            Self::Inline(bytes) => Some(&bytes[..]),
            Self::Blob(_) => None,
        });
        let inline: Vec<Value<'_>> = inline.map(Value::from).collect();
        let mut numbers: HashMap<Vec<u8>, Vec<i64>> = HashMap::new();
        if !inline.is_empty() {
            let marks: Vec<String> = (1..=inline.len()).map(|number| format!("(${number})")).collect();
            let sql = format!("INSERT INTO payload (bytes) VALUES {} RETURNING id, bytes", marks.join(", "));
            for row in session.rows(&sql, &inline)? {
                numbers.entry(row.bytes(1)?.to_vec()).or_default().push(row.int(0)?);
            }
        }
        let mut reference = |payload: &&Self| match payload {
            Self::Blob(blob) => Ok(Reference::Blob(blob.clone())),
            Self::Inline(bytes) => {
                let row = numbers.get_mut(&bytes[..]).and_then(Vec::pop);
                let row = row.ok_or_else(|| Error::Storage { detail: "a payload got no number".into() })?;
                Ok(Reference::Inline { row, len: Some(bytes.len() as u64) })
            }
        };
        all.iter().map(&mut reference).collect()
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
            Self::Blob(blob) => blob.len.unwrap_or(0),
        }
    }

    /// The blob that was written for this payload, if it has one.
    pub(crate) fn blob_key(&self) -> Option<&str> {
        match self {
            Self::Blob(blob) => Some(&blob.key),
            Self::Inline(_) => None,
        }
    }
}

impl Reference {
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Inline { row, len: None } => format!("inline:{row}"),
            Self::Inline { row, len: Some(len) } => format!("inline:{row}:{len}"),
            Self::Blob(BlobRef { key, hash, len: None }) => format!("file:{}:{key}", hash.to_hex()),
            Self::Blob(BlobRef { key, hash, len: Some(len) }) => format!("blob:{}:{len}:{key}", hash.to_hex()),
        }
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, Error> {
        let damaged = || Error::Damaged { what: format!("payload reference '{text}'"), detail: "not readable".into() };
        parsed(text).ok_or_else(damaged)
    }

    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Inline { len, .. } => *len,
            Self::Blob(blob) => blob.len,
        }
    }

    pub(crate) fn load(self, session: &mut dyn Session) -> Result<Stored, Error> {
        let row = match self {
            Self::Blob(blob) => return Ok(Stored::Blob(blob)),
            Self::Inline { row, .. } => row,
        };
        let found = session.row("SELECT bytes FROM payload WHERE id = $1", values![row])?;
        let found = found
            .ok_or_else(|| Error::Damaged { what: format!("payload {row}"), detail: "the row is missing".into() })?;
        Ok(Stored::Here(found.bytes(0)?.to_vec().into()))
    }

    /// Forgets an inline payload; tells the key of a blob that is now to be deleted.
    pub(crate) fn remove(self, session: &mut dyn Session) -> Result<Option<String>, Error> {
        match self {
            Self::Blob(blob) => Ok(Some(blob.key)),
            Self::Inline { row, .. } => {
                session.change("DELETE FROM payload WHERE id = $1", values![row])?;
                Ok(None)
            }
        }
    }
}

fn parsed(text: &str) -> Option<Reference> {
    let (form, rest) = text.split_once(':')?;
    Some(match form {
        "inline" => match rest.split_once(':') {
            Some((row, len)) => Reference::Inline { row: row.parse().ok()?, len: Some(len.parse().ok()?) },
            None => Reference::Inline { row: rest.parse().ok()?, len: None },
        },
        "file" => {
            let (hash, key) = rest.split_once(':')?;
            Reference::Blob(BlobRef { key: key.to_owned(), hash: Hash::from_hex(hash).ok()?, len: None })
        }
        "blob" => {
            let (hash, rest) = rest.split_once(':')?;
            let (len, key) = rest.split_once(':')?;
            let (hash, len) = (Hash::from_hex(hash).ok()?, Some(len.parse().ok()?));
            Reference::Blob(BlobRef { key: key.to_owned(), hash, len })
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_as_written() {
        let blob = |len| Reference::Blob(BlobRef { key: "a/0/1/b:c".into(), hash: blake3::hash(b"x"), len });
        let inline = |len| Reference::Inline { row: 7, len };
        for reference in [inline(None), inline(Some(3)), blob(None), blob(Some(9))] {
            assert_eq!(Reference::from_text(&reference.to_text()).unwrap(), reference);
        }
    }

    #[test]
    fn nonsense_is_damage() {
        for text in ["", "inline:x", "inline:1:x", "file:", "file:00:k", "blob:00:1:k", "http://x"] {
            assert!(matches!(Reference::from_text(text), Err(Error::Damaged { .. })), "{text}");
        }
    }
}
