//! A [`Session`] on PostgreSQL: values by the type that the server infers for each placeholder.

use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::session::{Cell, Value};

type Fault = Box<dyn StdError + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match *self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Int(value) => put_int(value, kind, out)?,
            Self::Real(value) => out.put_f64(value),
            Self::Text(value) => out.put_slice(value.as_bytes()),
            Self::Bytes(value) => out.put_slice(value),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A whole number in the width of its column.
fn put_int(value: i64, kind: &Type, out: &mut BytesMut) -> Result<(), Fault> {
    match *kind {
        Type::INT8 => out.put_i64(value),
        Type::INT4 => out.put_i32(i32::try_from(value)?),
        Type::FLOAT8 => out.put_f64(value as f64),
        ref other => return Err(format!("a whole number is no {other}").into()),
    }
    Ok(())
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(match *kind {
            Type::INT8 => Self::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Type::FLOAT8 => Self::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::TEXT | Type::VARCHAR => Self::Text(std::str::from_utf8(raw)?.to_owned()),
            Type::BYTEA | Type::UUID => Self::Bytes(raw.to_vec()),
            ref other => return Err(format!("a column of type {other} was not expected").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
