//! Protocol buffers, the encoding beneath PBF: fields, numbers of variable length, packed lists.
//!
//! See "Protocol Buffers: Encoding" in their documentation. Groups, which PBF never had, are refused.

use super::Malformed;

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], Malformed> {
        match self {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Number(_) => Err(Malformed("a number where bytes belong")),
        }
    }

    pub(super) fn number(self) -> Result<u64, Malformed> {
        match self {
            Value::Number(number) => Ok(number),
            Value::Bytes(_) => Err(Malformed("bytes where a number belongs")),
        }
    }

    /// A number that was written as such, not zigzag.
    pub(super) fn signed(self) -> Result<i64, Malformed> {
        self.number().map(|number| number as i64)
    }
}

/// The fields of a message, in their order.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Value<'a>), Malformed> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => Value::Number(self.fixed::<8>().map(u64::from_le_bytes)?),
            2 => {
                let length = varint(&mut self.0)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Number(self.fixed::<4>().map(|bytes| u64::from(u32::from_le_bytes(bytes)))?),
            _ => return Err(Malformed("a field of an unknown type")),
        };
        Ok((key >> 3, value))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| Malformed("a length beyond the end"))?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed("a length beyond the end"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed("a number beyond the end"))?;
        self.0 = rest;
        Ok(*taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[]; // Nothing behind it can be trusted.
        }
        Some(field)
    }
}

/// A packed list of numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl Packed<'_> {
    /// The next number; `None` at the end.
    pub(super) fn number(&mut self) -> Result<Option<u64>, Malformed> {
        if self.0.is_empty() { Ok(None) } else { varint(&mut self.0).map(Some) }
    }

    /// The next number, written zigzag.
    pub(super) fn signed(&mut self) -> Result<Option<i64>, Malformed> {
        Ok(self.number()?.map(zigzag))
    }

    /// How many numbers are left: as many as bytes that end one.
    pub(super) fn len(self) -> usize {
        self.0.iter().filter(|&&byte| byte < 0x80).count()
    }
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Seven bits a byte, the lowest first.
fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    // Most numbers have one byte.
    if let Some((&byte, rest)) = bytes.split_first().filter(|(byte, _)| **byte < 0x80) {
        *bytes = rest;
        return Ok(u64::from(byte));
    }
    let mut number = 0;
    for (place, &byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            *bytes = &bytes[place + 1..];
            return Ok(number);
        }
    }
    Err(Malformed("a number without an end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length() {
        for (bytes, expected) in [
            (&[0][..], Ok(0)),
            (&[0x7f], Ok(127)),
            (&[0x80, 1], Ok(128)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], Ok(u64::MAX)),
            (&[0x80], Err(())),
            (&[], Err(())),
            (&[0x80; 11], Err(())),
        ] {
            let mut rest = bytes;
            assert_eq!(varint(&mut rest).map_err(|_| ()), expected, "{bytes:?}");
        }
        for (number, expected) in [(0, 0), (1, -1), (2, 1), (u64::MAX, i64::MIN), (u64::MAX - 1, i64::MAX)] {
            assert_eq!(zigzag(number), expected);
        }
    }

    #[test]
    fn a_message_that_is_cut_is_malformed() {
        let message = [0x08, 0x96, 0x01, 0x12, 0x03, b'a', b'b', b'c'];
        let fields = |bytes| Fields(bytes).collect::<Result<Vec<_>, _>>().map(|fields| fields.len());
        assert_eq!(fields(&message), Ok(2));
        for cut in [1, 2, 4, 5, 7] {
            assert!(fields(&message[..cut]).is_err(), "{cut}");
        }
        assert!(fields(&[0x0b]).is_err(), "a group");
    }
}
