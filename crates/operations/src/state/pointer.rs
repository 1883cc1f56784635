//! Pointers: names whose value is replaced by compare and set, such as the active dataset of all nodes.

use bytes::Bytes;

use super::Tx;
use crate::Error;
use crate::payload::Payload;
use crate::session::{Session, values};

/// The generation and value of a pointer; generation 0 if it was never set.
pub(crate) fn pointer(session: &mut dyn Session, name: &str) -> Result<(u64, Option<String>), Error> {
    let found = session.row("SELECT generation, value FROM pointer WHERE name = $1", values![name])?;
    found.map_or(Ok((0, None)), |row| Ok((row.count(0)?, Some(row.text(1)?.to_owned()))))
}

/// Sets it if its generation is still the one that was seen; tells whether.
pub(crate) fn set_pointer(tx: &mut Tx<'_>, name: &str, seen: u64, value: &str) -> Result<bool, Error> {
    let changed = if seen == 0 {
        tx.change(
            "INSERT INTO pointer (name, generation, value) VALUES ($1, 1, $2) ON CONFLICT (name) DO NOTHING",
            values![name, value],
        )?
    } else {
        tx.change(
            "UPDATE pointer SET generation = generation + 1, value = $3 WHERE name = $1 AND generation = $2",
            values![name, seen as i64, value],
        )?
    };
    if changed == 0 && tx.in_doubt {
        // Ours, if it is what we would have written over what we saw.
        return Ok(pointer(tx.session, name)? == (seen + 1, Some(value.to_owned())));
    }
    Ok(changed == 1)
}

/// Sets it, whatever it was.
pub(super) fn point(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), Error> {
    tx.change(
        "INSERT INTO pointer (name, generation, value) VALUES ($1, 1, $2)
         ON CONFLICT (name) DO UPDATE SET generation = pointer.generation + 1, value = excluded.value",
        values![name, value],
    )?;
    Ok(())
}

/// Writes something and takes it back: shows whether the disk takes writes again.
pub(crate) fn probe(tx: &mut Tx<'_>) -> Result<(), Error> {
    let reference = Payload::Inline(Bytes::from_static(b"x")).store(tx.session)?;
    reference.remove(tx.session).map(|_| ())
}
