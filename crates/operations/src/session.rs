//! One transaction on either database: the seam between the state machine and the two stores.
//!
//! The transitions in [`crate::state`] are written once, in the SQL that SQLite and PostgreSQL share, and see nothing but
//! a [`Session`]: run this statement, read these rows. Placeholders are `$1`, `$2`, …; a row lock (`FOR UPDATE …`) stands
//! at a statement's end, where SQLite, whose writer is alone, cuts it off. What else differs between the two (how a
//! group is committed, what a lost connection means) is decided below this line and never in a transition.

use uuid::Uuid;

use crate::Error;

/// A parameter of a statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A field of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row(pub(crate) Vec<Cell>);

/// A connection within a transaction.
pub(crate) trait Session {
    /// Runs a statement and gives back its rows.
    fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error>;

    /// Runs a statement and tells how many rows it changed.
    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error>;

    /// The first row of an answer, if there is one.
    fn row(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, Error> {
        self.maybe_int(column)?.ok_or_else(|| self.unreadable(column))
    }

    /// What is counted never falls below zero.
    pub(crate) fn count(&self, column: usize) -> Result<u64, Error> {
        Ok(self.int(column)?.max(0) as u64)
    }

    pub(crate) fn flag(&self, column: usize) -> Result<bool, Error> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, Error> {
        match self.0.get(column) {
            Some(Cell::Int(value)) => Ok(Some(*value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.unreadable(column)),
        }
    }

    pub(crate) fn real(&self, column: usize) -> Result<f64, Error> {
        match self.0.get(column) {
            Some(Cell::Real(value)) => Ok(*value),
            Some(Cell::Int(value)) => Ok(*value as f64),
            _ => Err(self.unreadable(column)),
        }
    }

    pub(crate) fn maybe_real(&self, column: usize) -> Result<Option<f64>, Error> {
        if let Some(Cell::Null) = self.0.get(column) { Ok(None) } else { self.real(column).map(Some) }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, Error> {
        self.maybe_text(column)?.ok_or_else(|| self.unreadable(column))
    }

    pub(crate) fn maybe_text(&self, column: usize) -> Result<Option<&str>, Error> {
        match self.0.get(column) {
            Some(Cell::Text(value)) => Ok(Some(value)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.unreadable(column)),
        }
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], Error> {
        match self.0.get(column) {
            Some(Cell::Bytes(value)) => Ok(value),
            _ => Err(self.unreadable(column)),
        }
    }

    pub(crate) fn uuid(&self, column: usize) -> Result<Uuid, Error> {
        self.maybe_uuid(column)?.ok_or_else(|| self.unreadable(column))
    }

    pub(crate) fn maybe_uuid(&self, column: usize) -> Result<Option<Uuid>, Error> {
        match self.0.get(column) {
            Some(Cell::Bytes(value)) => Uuid::from_slice(value).map(Some).map_err(|_| self.unreadable(column)),
            Some(Cell::Null) => Ok(None),
            _ => Err(self.unreadable(column)),
        }
    }

    fn unreadable(&self, column: usize) -> Error {
        let found = self.0.get(column);
        Error::Damaged { what: format!("column {column} of an answer"), detail: format!("{found:?} was not expected") }
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a Uuid> for Value<'a> {
    fn from(value: &'a Uuid) -> Self {
        Self::Bytes(value.as_bytes())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The parameters of a statement, each of a type that a [`Value`] can hold.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::session::Value::from($value)),*] };
}
pub(crate) use values;
