//! A result that is put together while it is read: a list of stretches of what the parts handed in, with text between
//! them.
//!
//! **Why.** The answer to a large question is gigabytes that lie in the store already, in the parts' outputs. To copy
//! them into one blob is work that one worker does alone while all others wait, and doubles what is stored. **How.**
//! The join hands in a list, which is a payload as any other and is kept as the output of the join's item; the
//! operation names it by a [`crate::payload::Reference`] of its own kind. A reader opens one stretch after the other.
//! **How long.** Parts and list are outputs of items of the operation, so they are there as long as it is: what
//! expires, what a backup copies and what no sweep may take is found as before. **What never happens:** a short answer.
//! A stretch that is missing, or shorter than it was, is an error of the reader.

use std::ops::Range;

use bytes::Bytes;

use crate::payload::Reference;
use crate::{Error, Part};

/// A stretch of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// These bytes.
    Text(Bytes),
    /// These bytes of what a part of the same operation handed in.
    Of(Part, Range<u64>),
}

/// A stretch as the list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stretch {
    Text(Bytes),
    Of(Reference, Range<u64>),
}

/// The first line of a list.
const BEGIN: &[u8] = b"pieces 1\n";

impl Piece {
    fn stretch(&self) -> Result<Stretch, Error> {
        let (part, bytes) = match self {
            Self::Text(text) => return Ok(Stretch::Text(text.clone())),
            Self::Of(part, bytes) => (part, bytes),
        };
        let reference = part.output.as_deref().map(Reference::from_text).transpose()?;
        let within = |known: &Reference| bytes.start <= bytes.end && known.len().is_none_or(|len| bytes.end <= len);
        match reference.filter(within) {
            Some(reference) => Ok(Stretch::Of(reference, bytes.clone())),
            None => Err(Error::Invalid {
                field: "piece",
                value: format!("bytes {bytes:?} of part {}", part.seq),
                limit: "bytes of what a part handed in",
            }),
        }
    }
}

impl Stretch {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Of(_, bytes) => bytes.end - bytes.start,
        }
    }

    /// What of it lies within `wanted`, where it begins at `at` itself.
    fn cut(&self, at: u64, wanted: &Range<u64>) -> Option<Self> {
        let (from, to) = (wanted.start.max(at) - at, wanted.end.min(at + self.len()).saturating_sub(at));
        (from < to).then(|| match self {
            Self::Text(text) => Self::Text(text.slice(from as usize..to as usize)),
            Self::Of(reference, bytes) => Self::Of(reference.clone(), bytes.start + from..bytes.start + to),
        })
    }
}

/// The list of `pieces`, and the length of the whole.
pub(crate) fn write(pieces: &[Piece]) -> Result<(Vec<u8>, u64), Error> {
    let (mut list, mut len) = (BEGIN.to_vec(), 0);
    for piece in pieces {
        let stretch = piece.stretch()?;
        len += stretch.len();
        match stretch {
            Stretch::Text(text) => {
                list.extend_from_slice(format!("text {}\n", text.len()).as_bytes());
                list.extend_from_slice(&text);
                list.push(b'\n');
            }
            Stretch::Of(reference, bytes) => {
                let line = format!("part {} {} {}\n", bytes.start, bytes.end, reference.to_text());
                list.extend_from_slice(line.as_bytes());
            }
        }
    }
    Ok((list, len))
}

/// What lies within `wanted` of the whole that a list describes; none if it is no list.
pub(crate) fn read(list: &Bytes, wanted: &Range<u64>) -> Option<Vec<Stretch>> {
    let mut rest = list.strip_prefix(BEGIN).map(|rest| list.slice_ref(rest))?;
    let (mut found, mut at) = (Vec::new(), 0);
    while !rest.is_empty() {
        let line = rest.split_to(rest.iter().position(|byte| *byte == b'\n')? + 1);
        let line = std::str::from_utf8(&line).ok()?.trim_end();
        let stretch = match line.split_once(' ')? {
            ("text", len) => {
                let len: usize = len.parse().ok()?;
                let text = (len < rest.len()).then(|| rest.split_to(len))?;
                if rest.split_to(1)[0] != b'\n' {
                    return None;
                }
                Stretch::Text(text)
            }
            ("part", place) => {
                let mut fields = place.splitn(3, ' ');
                let (start, end) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
                let reference = Reference::from_text(fields.next()?).ok().filter(|_| start <= end)?;
                Stretch::Of(reference, start..end)
            }
            _ => return None,
        };
        found.extend(stretch.cut(at, wanted));
        at += stretch.len();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(seq: u32, output: &str) -> Part {
        Part { seq, done: true, output_len: None, error: None, output: Some(output.to_owned()) }
    }

    /// Brackets and a comma around letters, which lie in two parts.
    fn pieces() -> Vec<Piece> {
        vec![
            Piece::Text("[\n".into()),
            Piece::Of(part(1, "inline:7:10"), 4..7),
            Piece::Text(",".into()),
            Piece::Of(part(1, "inline:7:10"), 7..7),
            Piece::Of(part(2, "inline:9:5"), 0..5),
            Piece::Text("]".into()),
        ]
    }

    #[test]
    fn every_range_of_a_list_is_that_of_the_whole() {
        let (list, len) = write(&pieces()).unwrap();
        let (list, whole) = (Bytes::from(list), b"[\nabc,defgh]");
        assert_eq!(len, whole.len() as u64);
        let outputs = |reference: &Reference| match reference.to_text().as_str() {
            "inline:7:10" => &b"....abc..."[..],
            _ => b"defgh",
        };
        for start in 0..=len {
            for end in start..=len {
                let mut text = Vec::new();
                for stretch in read(&list, &(start..end)).unwrap() {
                    match stretch {
                        Stretch::Text(bytes) => text.extend_from_slice(&bytes),
                        Stretch::Of(reference, bytes) => {
                            assert!(bytes.start < bytes.end, "nothing is opened for nothing");
                            text.extend_from_slice(&outputs(&reference)[bytes.start as usize..bytes.end as usize]);
                        }
                    }
                }
                assert_eq!(text, whole[start as usize..end as usize], "{start}..{end}");
            }
        }
    }

    #[test]
    fn what_is_no_list_is_not_read_and_what_a_part_has_not_is_not_listed() {
        let (list, len) = write(&pieces()).unwrap();
        for end in [0, 5, list.len() - 1, list.len() - 3] {
            assert_eq!(read(&Bytes::copy_from_slice(&list[..end]), &(0..len)), None, "{end}");
        }
        for wrong in ["pieces 2\n", "pieces 1\npart 3 2 inline:1:9\n", "pieces 1\ntext 1\nab", "pieces 1\nx 1\n"] {
            assert_eq!(read(&Bytes::from(wrong), &(0..9)), None, "{wrong}");
        }
        for (part, bytes) in [(part(1, "inline:7:10"), 4..11), (Part { output: None, ..part(1, "") }, 0..0)] {
            assert!(matches!(write(&[Piece::Of(part, bytes)]), Err(Error::Invalid { field: "piece", .. })));
        }
    }
}
