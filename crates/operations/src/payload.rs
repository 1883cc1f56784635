//! Where a request or a result is kept: small ones in the database, large ones in the blob store.
//!
//! A small payload joins the transaction that names it and costs no sync of its own. It has a table of its own, since
//! the row of an operation is rewritten at each step of its life and should stay short.

use std::collections::HashMap;

use blake3::Hash;
use bytes::Bytes;
use uuid::Uuid;

use crate::session::{Session, Value, values};
use crate::{Error, Token};

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
///
/// A result in pieces is written as the blob `<operation>/<item>/<attempt>/pieces`, which is not there: the list is the
/// output of that item, the hash is the list's, and the length that of the whole. A program that knows no lists finds
/// no such blob, says so to who asks for it, and removes all the rest in its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Inline { row: i64, len: Option<u64> },
    Blob(BlobRef),
    Pieces(PiecesRef),
}

/// A result in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PiecesRef {
    /// The join that handed in the list.
    pub(crate) join: Token,
    /// The hash of the list.
    pub(crate) hash: Hash,
    /// The length of the whole.
    pub(crate) len: u64,
}

/// The last word of the key that stands for a list, where others have a fresh id.
pub(crate) const PIECES: &str = "/pieces";

/// A payload as far as the database can give it.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    Here(Bytes),
    Blob(BlobRef),
}

/// A result as far as the database can give it.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Whole(Stored),
    /// The list, and what it is the list of.
    Pieces(Stored, PiecesRef),
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
            Self::Pieces(PiecesRef { join: Token { op, seq, attempt }, hash, len }) => {
                format!("blob:{}:{len}:{op}/{seq}/{attempt}{PIECES}", hash.to_hex())
            }
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
            Self::Pieces(pieces) => Some(pieces.len),
        }
    }

    pub(crate) fn load(self, session: &mut dyn Session) -> Result<Stored, Error> {
        let row = match self {
            Self::Blob(blob) => return Ok(Stored::Blob(blob)),
            Self::Inline { row, .. } => row,
            Self::Pieces(pieces) => return Err(pieces.damaged("it is a list of pieces where bytes were expected")),
        };
        let found = session.row("SELECT bytes FROM payload WHERE id = $1", values![row])?;
        let found = found
            .ok_or_else(|| Error::Damaged { what: format!("payload {row}"), detail: "the row is missing".into() })?;
        Ok(Stored::Here(found.bytes(0)?.to_vec().into()))
    }

    /// What a result consists of.
    pub(crate) fn content(self, session: &mut dyn Session) -> Result<Content, Error> {
        match self {
            Self::Pieces(pieces) => Ok(Content::Pieces(pieces.list(session)?, pieces)),
            one => one.load(session).map(Content::Whole),
        }
    }

    /// Forgets an inline payload; tells the key of a blob that is now to be deleted.
    pub(crate) fn remove(self, session: &mut dyn Session) -> Result<Option<String>, Error> {
        match self {
            Self::Blob(blob) => Ok(Some(blob.key)),
            // Its list and what that names belong to items.
            Self::Pieces(_) => Ok(None),
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
            let (hash, len) = (Hash::from_hex(hash).ok()?, len.parse().ok()?);
            match key.strip_suffix(PIECES) {
                Some(join) => Reference::Pieces(PiecesRef { join: token(join)?, hash, len }),
                None => Reference::Blob(BlobRef { key: key.to_owned(), hash, len: Some(len) }),
            }
        }
        _ => return None,
    })
}

/// `<operation>/<item>/<attempt>`.
fn token(text: &str) -> Option<Token> {
    let mut fields = text.split('/');
    let token = Token {
        op: Uuid::parse_str(fields.next()?).ok()?,
        seq: fields.next()?.parse().ok()?,
        attempt: fields.next()?.parse().ok()?,
    };
    fields.next().is_none().then_some(token)
}

impl PiecesRef {
    /// The list, which the join's item names.
    fn list(&self, session: &mut dyn Session) -> Result<Stored, Error> {
        let Token { op, seq, .. } = &self.join;
        let lost = || self.damaged("its list of pieces is missing");
        let found = session.row("SELECT output_blob FROM item WHERE op = $1 AND seq = $2", values![op, *seq])?;
        Reference::from_text(found.ok_or_else(lost)?.maybe_text(0)?.ok_or_else(lost)?)?.load(session)
    }

    pub(crate) fn damaged(&self, detail: &str) -> Error {
        Error::Damaged { what: format!("the result of operation {}", self.join.op), detail: detail.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_as_written() {
        let blob = |len| Reference::Blob(BlobRef { key: "a/0/1/b:c".into(), hash: blake3::hash(b"x"), len });
        let inline = |len| Reference::Inline { row: 7, len };
        let join = Token { op: Uuid::from_u128(5), seq: 7, attempt: 2 };
        let pieces = Reference::Pieces(PiecesRef { join, hash: blake3::hash(b"x"), len: 9 });
        for reference in [inline(None), inline(Some(3)), blob(None), blob(Some(9)), pieces] {
            assert_eq!(Reference::from_text(&reference.to_text()).unwrap(), reference);
        }
    }

    #[test]
    fn nonsense_is_damage() {
        let hash = blake3::hash(b"x").to_hex();
        let torn = ["1/pieces", "x/1/1/pieces", "00000000-0000-0000-0000-000000000005/1/1/1/pieces"]
            .map(|key| format!("blob:{hash}:1:{key}"));
        let nonsense = ["", "inline:x", "inline:1:x", "file:", "file:00:k", "blob:00:1:k", "http://x"];
        for text in nonsense.into_iter().chain(torn.iter().map(String::as_str)) {
            assert!(matches!(Reference::from_text(text), Err(Error::Damaged { .. })), "{text}");
        }
    }
}
