//! The frame of a PBF file: its blobs, found and checked before anything is decoded.
//!
//! [`PbfFile::open`] walks the headers alone and compares them with the file's length, so that what is no map, or is cut
//! short, is told at once and by its own name; no size from the file is believed beyond that length or the format's own limits.
//! [`PbfFile::for_each_block`] then inflates and decodes one block at a time, on as many threads as it is given, and hands
//! them on in the order of the file. Deleted objects, which only history files hold, are refused with such files.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::block::Block;
use super::wire::Fields;
use super::{Fault, Malformed};
use crate::error::Error;

/// The format's limit for a blob, deflated or not.
const LARGEST_BLOB: u64 = 32 * 1024 * 1024;
/// The format's limit for the header of a blob.
const LARGEST_HEADER: u64 = 64 * 1024;
/// How every file goes on after the length of its first header: a type, nine letters long.
const FIRST_HEADER: &[u8] = b"\x0a\x09OSMHeader";
/// What a file may require of its reader.
const SUPPORTED: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];
/// How many inflated blocks may wait for each thread that inflates.
const WAITING: usize = 2;

/// A file whose frame is sound.
pub(crate) struct PbfFile {
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    /// The blobs of data.
    blobs: Vec<Blob>,
}

/// Where a blob lies, without its header.
#[derive(Clone, Copy)]
struct Blob {
    /// Where its header begins.
    at: u64,
    begin: u64,
    end: u64,
}

impl PbfFile {
    /// Checks the frame and the header.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { file: path.into(), source };
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        if length == 0 {
            return Err(Error::Empty { file: path.into() });
        }
        let mut frame = Frame { path, length, file: BufReader::new(file) };
        frame.check_start()?;
        let (mut blobs, mut at) = (Vec::new(), 0);
        while at < length {
            let (kind, blob) = frame.blob(at)?;
            match kind.as_slice() {
                b"OSMHeader" if at == 0 => frame.check_features(blob)?,
                b"OSMData" => blobs.push(blob),
                _ => {}
            }
            at = blob.end;
        }
        Ok(Self { path: path.into(), length, blobs })
    }

    /// How many blocks of data there are.
    pub(crate) fn block_count(&self) -> usize {
        self.blobs.len()
    }

    /// Decodes block after block; `visit` is also told how many bytes of the file have been read.
    pub(crate) fn for_each_block(
        &self,
        threads: usize,
        mut visit: impl FnMut(&Block<'_>, u64) -> Result<(), Fault>,
    ) -> Result<(), Error> {
        let mut each = |blob: &Blob, bytes: Result<Vec<u8>, Error>| {
            let bytes = bytes?;
            let visited = Block::read(&bytes).map_err(Fault::from).and_then(|block| visit(&block, blob.end));
            visited.map_err(|fault| self.error(blob.at, fault))
        };
        if threads < 2 || self.blobs.len() < 2 {
            let mut file = self.reopen()?;
            return self.blobs.iter().try_for_each(|blob| each(blob, self.inflate(&mut file, *blob)));
        }
        std::thread::scope(|scope| {
            // Each thread takes every so manieth block, and a turn is waited for in the order of the file.
            let lanes: Vec<mpsc::Receiver<Result<Vec<u8>, Error>>> = (0..threads)
                .map(|lane| {
                    let (send, receive) = mpsc::sync_channel(WAITING);
                    scope.spawn(move || {
                        let mut file = self.reopen();
                        for blob in self.blobs.iter().skip(lane).step_by(threads) {
                            let bytes = match &mut file {
                                Ok(file) => self.inflate(file, *blob),
                                Err(_) => self.reopen().map(|_| Vec::new()),
                            };
                            if send.send(bytes).is_err() {
                                return; // Nobody waits any more.
                            }
                        }
                    });
                    receive
                })
                .collect();
            let turns = self.blobs.iter().zip(lanes.iter().cycle());
            let outcome = turns.into_iter().try_for_each(|(blob, lane)| {
                each(blob, lane.recv().map_err(|_| self.damaged(blob.at, Malformed("a reader that ended early")))?)
            });
            drop(lanes);
            outcome
        })
    }

    /// Decodes the blocks at these positions only.
    pub(crate) fn sample(
        &self,
        positions: impl Iterator<Item = usize>,
        mut visit: impl FnMut(&Block<'_>) -> Result<(), Malformed>,
    ) -> Result<(), Error> {
        let mut file = self.reopen()?;
        for blob in positions.filter_map(|position| self.blobs.get(position)) {
            let bytes = self.inflate(&mut file, *blob)?;
            Block::read(&bytes)
                .and_then(|block| visit(&block))
                .map_err(|malformed| self.damaged(blob.at, malformed))?;
        }
        Ok(())
    }

    fn error(&self, at: u64, fault: Fault) -> Error {
        match fault {
            Fault::Malformed(malformed) => self.damaged(at, malformed),
            Fault::Other(error) => error,
        }
    }

    /// The error of a block in which something makes no sense.
    fn damaged(&self, at: u64, Malformed(what): Malformed) -> Error {
        Error::Damaged { file: self.path.clone(), at, what: what.into() }
    }

    fn reopen(&self) -> Result<File, Error> {
        File::open(&self.path).map_err(|source| Error::Io { file: self.path.clone(), source })
    }

    fn inflate(&self, file: &mut File, blob: Blob) -> Result<Vec<u8>, Error> {
        let io = |source| Error::Io { file: self.path.clone(), source };
        let mut bytes = vec![0; (blob.end - blob.begin) as usize];
        file.seek(SeekFrom::Start(blob.begin)).and_then(|_| file.read_exact(&mut bytes)).map_err(io)?;
        contents(&bytes).map_err(|malformed| self.damaged(blob.at, malformed))
    }
}

/// What a blob holds.
fn contents(blob: &[u8]) -> Result<Vec<u8>, Malformed> {
    let (mut raw, mut deflated, mut size) = (None, None, None);
    for field in Fields(blob) {
        match field? {
            (1, value) => raw = Some(value.bytes()?),
            (2, value) => size = Some(value.number()?),
            (3, value) => deflated = Some(value.bytes()?),
            (4..=7, _) => return Err(Malformed("a compression other than zlib")),
            _ => {}
        }
    }
    match (raw, deflated) {
        (Some(raw), _) => Ok(raw.to_vec()),
        (None, Some(deflated)) => {
            let size = size.filter(|&size| size <= LARGEST_BLOB).ok_or(Malformed("a block of no believable size"))?;
            let inflated = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(deflated, size as usize);
            inflated.map_err(|_| Malformed("a block that cannot be inflated"))
        }
        (None, None) => Err(Malformed("a block without contents")),
    }
}

/// Walks from blob to blob without decoding them.
struct Frame<'a> {
    path: &'a Path,
    length: u64,
    file: BufReader<File>,
}

impl Frame<'_> {
    /// Tells files of another kind by their first bytes, also those that are shorter than a header.
    fn check_start(&mut self) -> Result<(), Error> {
        let shortest = 4 + FIRST_HEADER.len() as u64;
        let start = self.read(0, shortest.min(self.length))?;
        let size_ends = start.len().min(4);
        let size = start[..size_ends].iter().fold(0, |size, &byte| size << 8 | u64::from(byte));
        match size <= LARGEST_HEADER && FIRST_HEADER.starts_with(&start[size_ends..]) {
            true if self.length < shortest => Err(Error::Truncated { file: self.path.into(), at: 0 }),
            true => Ok(()),
            false => Err(Error::NotPbf { file: self.path.into() }),
        }
    }

    /// The kind of the blob at a position, and where it lies.
    fn blob(&mut self, at: u64) -> Result<(Vec<u8>, Blob), Error> {
        let path = self.path;
        let truncated = || Error::Truncated { file: path.into(), at };
        let damaged = |what: String| Error::Damaged { file: path.into(), at, what };
        if self.length - at < 4 {
            return Err(truncated());
        }
        let size = self.read(at, 4)?.iter().fold(0, |size, &byte| size << 8 | u64::from(byte));
        if size >= LARGEST_HEADER {
            return Err(damaged(format!("a block header of {size} bytes")));
        }
        let begin = at + 4 + size;
        if begin > self.length {
            return Err(truncated());
        }
        let header = self.read(at + 4, size)?;
        let (kind, length) = header_fields(&header).map_err(|Malformed(what)| damaged(what.to_owned()))?;
        let believable = u64::try_from(length).ok().filter(|&length| length <= LARGEST_BLOB);
        let end = begin + believable.ok_or_else(|| damaged(format!("a block of {length} bytes")))?;
        if end > self.length { Err(truncated()) } else { Ok((kind, Blob { at, begin, end })) }
    }

    fn check_features(&mut self, blob: Blob) -> Result<(), Error> {
        let bytes = self.read(blob.begin, blob.end - blob.begin)?;
        let required = contents(&bytes).and_then(|header| {
            let mut required = Vec::new();
            for field in Fields(&header) {
                if let (4, feature) = field? {
                    required.push(String::from_utf8_lossy(feature.bytes()?).into_owned());
                }
            }
            Ok(required)
        });
        let required = required.map_err(|Malformed(what)| Error::Damaged {
            file: self.path.into(),
            at: blob.at,
            what: what.to_owned(),
        })?;
        match required.into_iter().find(|feature| !SUPPORTED.contains(&feature.as_str())) {
            Some(feature) => Err(Error::Unsupported { file: self.path.into(), feature }),
            None => Ok(()),
        }
    }

    fn read(&mut self, at: u64, length: u64) -> Result<Vec<u8>, Error> {
        let io = |source| Error::Io { file: self.path.into(), source };
        let mut bytes = vec![0; length as usize];
        self.file.seek(SeekFrom::Start(at)).map_err(io)?;
        self.file.read_exact(&mut bytes).map_err(io)?;
        Ok(bytes)
    }
}

/// Kind and length of a blob.
fn header_fields(header: &[u8]) -> Result<(Vec<u8>, i64), Malformed> {
    let (mut kind, mut length) = (Vec::new(), 0);
    for field in Fields(header) {
        match field? {
            (1, value) => kind = value.bytes()?.to_vec(),
            (3, value) => length = value.signed()?,
            _ => {}
        }
    }
    Ok((kind, length))
}
