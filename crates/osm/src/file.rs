//! The frame of a PBF file: its blocks, found and checked before anything is decoded.
//!
//! A file is a sequence of blobs, each after its length and a small header. [`PbfFile::open`] walks the headers alone and
//! compares them with the file's length, so that what is no map, or is cut short, is told at once and by its own name;
//! no size from the file is believed beyond that length or the format's own limits. [`PbfFile::for_each_block`] then
//! decodes the data one block at a time. Deleted objects, which only history files hold, are refused with such files.
//!
//! The decoder panics on some nonsense inside a block (a member of no known type, differences that overflow), where no
//! question could be asked before; such a panic is caught here and becomes an error that names the file.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use osmpbf::{BlobDecode, BlobReader, BlobType, ByteOffset, PrimitiveBlock};

use crate::error::Error;

/// The format's limit for a blob.
const LARGEST_BLOB: u64 = 32 * 1024 * 1024;
/// The format's limit for the header of a blob.
const LARGEST_HEADER: u64 = 64 * 1024;
/// How every file goes on after the length of its first header: a type, nine letters long.
const FIRST_HEADER: &[u8] = b"\x0a\x09OSMHeader";
/// What a file may require of its reader.
const SUPPORTED: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];

/// A file whose frame is sound.
pub(crate) struct PbfFile {
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    /// Where the blobs of data begin.
    blobs: Vec<u64>,
}

impl PbfFile {
    /// Checks the frame and the header.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { file: path.into(), source };
        let length = std::fs::metadata(path).map_err(io)?.len();
        if length == 0 {
            return Err(Error::Empty { file: path.into() });
        }
        check_start(path, length)?;
        let mut frame = Frame::open(path, length)?;
        let mut blobs = Vec::new();
        let mut at = 0;
        while at < length {
            let (is_data, end) = frame.blob(at)?;
            if is_data {
                blobs.push(at);
            }
            at = end;
        }
        frame.check_features()?;
        Ok(Self { path: path.into(), length, blobs })
    }

    /// Decodes block after block; `visit` is also told how many bytes of the file have been read.
    pub(crate) fn for_each_block(
        &self,
        mut visit: impl FnMut(&PrimitiveBlock, u64) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut reader =
            BlobReader::seekable_from_path(&self.path).map_err(|error| read_error(&self.path, 0, &error))?;
        for (number, &at) in self.blobs.iter().enumerate() {
            let blob = reader.blob_from_offset(ByteOffset(at)).map_err(|error| read_error(&self.path, at, &error))?;
            let block = blob.to_primitiveblock().map_err(|error| read_error(&self.path, at, &error))?;
            let read = self.blobs.get(number + 1).copied().unwrap_or(self.length);
            // What a panic leaves half done is never seen: the error ends the import.
            catch_unwind(AssertUnwindSafe(|| visit(&block, read))).map_err(|_| self.damaged(at))??;
        }
        Ok(())
    }

    fn damaged(&self, at: u64) -> Error {
        Error::Damaged { file: self.path.clone(), at, what: "a block makes no sense".into() }
    }
}

/// Tells files of another kind by their first bytes, also those that are shorter than a header.
fn check_start(path: &Path, length: u64) -> Result<(), Error> {
    let io = |source| Error::Io { file: path.into(), source };
    let mut start = Vec::new();
    File::open(path).map_err(io)?.take(4 + FIRST_HEADER.len() as u64).read_to_end(&mut start).map_err(io)?;
    let size_ends = start.len().min(4);
    let size = start[..size_ends].iter().fold(0, |size, &byte| size << 8 | u64::from(byte));
    let is_pbf = size <= LARGEST_HEADER && FIRST_HEADER.starts_with(&start[size_ends..]);
    match is_pbf {
        true if length < 4 + FIRST_HEADER.len() as u64 => Err(Error::Truncated { file: path.into(), at: 0 }),
        true => Ok(()),
        false => Err(Error::NotPbf { file: path.into() }),
    }
}

/// Walks from blob to blob without decoding them.
struct Frame<'a> {
    path: &'a Path,
    length: u64,
    /// For the lengths between the blobs: the reader takes one that is itself cut off for the end of the file.
    file: File,
    reader: BlobReader<BufReader<File>>,
}

impl<'a> Frame<'a> {
    fn open(path: &'a Path, length: u64) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Io { file: path.into(), source })?;
        let reader = BlobReader::seekable_from_path(path).map_err(|error| read_error(path, 0, &error))?;
        Ok(Self { path, length, file, reader })
    }

    /// Whether the blob at a position holds data, and where it ends.
    fn blob(&mut self, at: u64) -> Result<(bool, u64), Error> {
        let truncated = || Error::Truncated { file: self.path.into(), at };
        let damaged = |what: String| Error::Damaged { file: self.path.into(), at, what };
        if self.length - at < 4 {
            return Err(truncated());
        }
        let header_size =
            header_size(&mut self.file, at).map_err(|source| Error::Io { file: self.path.into(), source })?;
        if header_size >= LARGEST_HEADER {
            return Err(damaged(format!("a block header of {header_size} bytes")));
        }
        let header_end = at + 4 + header_size;
        if header_end > self.length {
            return Err(truncated());
        }
        self.reader.seek(ByteOffset(at)).map_err(|error| read_error(self.path, at, &error))?;
        let (header, _) = self
            .reader
            .next_header_skip_blob()
            .ok_or_else(truncated)?
            .map_err(|error| read_error(self.path, at, &error))?;
        let size = u64::try_from(header.get_blob_size()).ok().filter(|&size| size <= LARGEST_BLOB);
        let end = header_end + size.ok_or_else(|| damaged(format!("a block of {} bytes", header.get_blob_size())))?;
        if end > self.length { Err(truncated()) } else { Ok((header.blob_type() == BlobType::OsmData, end)) }
    }

    fn check_features(&mut self) -> Result<(), Error> {
        let blob = self.reader.blob_from_offset(ByteOffset(0)).map_err(|error| read_error(self.path, 0, &error))?;
        let BlobDecode::OsmHeader(header) = blob.decode().map_err(|error| read_error(self.path, 0, &error))? else {
            return Err(Error::NotPbf { file: self.path.into() });
        };
        match header.required_features().iter().find(|feature| !SUPPORTED.contains(&feature.as_str())) {
            Some(feature) => Err(Error::Unsupported { file: self.path.into(), feature: feature.clone() }),
            None => Ok(()),
        }
    }
}

fn header_size(file: &mut File, at: u64) -> std::io::Result<u64> {
    let mut size = [0; 4];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut size)?;
    Ok(u64::from(u32::from_be_bytes(size)))
}

fn read_error(path: &Path, at: u64, error: &osmpbf::Error) -> Error {
    Error::Damaged { file: path.into(), at, what: error.to_string() }
}
