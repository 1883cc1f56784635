//! A [`Session`] on SQLite.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

use crate::Error;
use crate::session::{Cell, Row, Session, Value};

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(value),
            Self::Real(value) => ValueRef::Real(value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Bytes(value) => ValueRef::Blob(value),
        }))
    }
}

/// The statement as SQLite writes it: numbered placeholders, and no row locks, for its one writer is alone.
fn translated(sql: &str) -> String {
    sql.split_once(" FOR UPDATE").map_or(sql, |(before, _)| before).replace('$', "?")
}

fn with_values<T>(
    conn: &Connection,
    sql: &str,
    values: &[Value<'_>],
    run: impl FnOnce(&mut Statement<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut statement = conn.prepare_cached(&translated(sql))?;
    for (number, value) in (1..).zip(values) {
        statement.raw_bind_parameter(number, value)?;
    }
    run(&mut statement)
}

impl Session for &Connection {
    fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        with_values(self, sql, values, |statement| {
            let columns = statement.column_count();
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let cells = (0..columns).map(|column| cell(row.get_ref(column)?)).collect::<Result<_, _>>()?;
                found.push(Row(cells));
            }
            Ok(found)
        })
    }

    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        with_values(self, sql, values, |statement| Ok(statement.raw_execute()? as u64))
    }
}

fn cell(value: ValueRef<'_>) -> Result<Cell, Error> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Real(value) => Cell::Real(value),
        ValueRef::Text(value) => {
            let damaged = |cause| Error::Damaged { what: "a text in the database".into(), detail: format!("{cause}") };
            Cell::Text(std::str::from_utf8(value).map_err(damaged)?.to_owned())
        }
        ValueRef::Blob(value) => Cell::Bytes(value.to_vec()),
    })
}
