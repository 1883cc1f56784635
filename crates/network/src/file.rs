//! A file of named arrays, used in place.
//!
//! | bytes | what |
//! |---|---|
//! | 0..128 | header: magic, version, byte order, number of arrays, length of the file, kind, checksum of header and table |
//! | then 64 each | table: name, size of an element, offset, number of elements, checksum of the array |
//! | then | the arrays, each at a multiple of 64 bytes, in the machine's (little-endian) order |
//!
//! A file is written under another name, synced, and renamed into place: a reader sees none of it or all of it, and a
//! file that is mapped somewhere is never written to. Opening reads header and table only; [`ArrayFile::verify`]
//! compares every array with its checksum (BLAKE3, cut to 128 bits in the table). What never happens here: knowing what
//! the arrays mean, and trusting a number from the file before it was compared with the file's length.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use memmap2::Mmap;

use crate::array::Array;
use crate::error::Error;

const MAGIC: [u8; 16] = *b"Roundsman arrays";
/// Reads as another number on a machine of the other byte order.
const BYTE_ORDER: u32 = 0x0102_0304;
/// Room for the arrays that later versions bring, and little enough to be read at once from a foreign file.
const MOST_ARRAYS: u64 = 4096;
/// A cache line, and more than any element needs.
const ALIGNMENT: u64 = 64;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Header {
    magic: [u8; 16],
    version: u32,
    byte_order: u32,
    arrays: u64,
    file_length: u64,
    /// What the arrays are about, padded with zeros.
    kind: [u8; 24],
    reserved: [u64; 4],
    checksum: [u8; 32],
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Entry {
    name: [u8; 24],
    element_size: u64,
    offset: u64,
    count: u64,
    checksum: [u8; 16],
}

impl Entry {
    fn new(name: &str, element_size: usize, offset: u64, bytes: &[u8]) -> Self {
        Self {
            name: padded(name),
            element_size: element_size as u64,
            offset,
            count: (bytes.len() / element_size) as u64,
            checksum: checksum(bytes),
        }
    }

    fn name(&self) -> &str {
        text(&self.name)
    }

    /// The bytes of the array in the file; `None` if they do not lie within `file_length`.
    fn range(&self, file_length: u64) -> Option<std::ops::Range<usize>> {
        let end = self.element_size.checked_mul(self.count)?.checked_add(self.offset)?;
        let aligned = self.offset.is_multiple_of(ALIGNMENT);
        (aligned && end <= file_length).then_some(self.offset as usize..end as usize)
    }
}

fn padded(name: &str) -> [u8; 24] {
    let mut padded = [0; 24];
    padded[..name.len()].copy_from_slice(name.as_bytes());
    padded
}

fn text(padded: &[u8; 24]) -> &str {
    let length = padded.iter().position(|&byte| byte == 0).unwrap_or(padded.len());
    std::str::from_utf8(&padded[..length]).unwrap_or("?")
}

fn checksum(bytes: &[u8]) -> [u8; 16] {
    let mut cut = [0; 16];
    cut.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    cut
}

/// Header (without its checksum) and table.
fn head_checksum(header: &Header, table: &[Entry]) -> [u8; 32] {
    let header = Header { checksum: [0; 32], ..*header };
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytemuck::bytes_of(&header)).update(bytemuck::cast_slice(table));
    *hasher.finalize().as_bytes()
}

/// Writes a file of arrays: [`create`](Self::create), [`array`](Self::array) for each, [`finish`](Self::finish). Until then
/// there is no file of that name.
pub struct ArrayWriter {
    target: PathBuf,
    temporary: PathBuf,
    file: BufWriter<File>,
    kind: [u8; 24],
    version: u32,
    position: u64,
    table: Vec<Entry>,
    in_place: bool,
}

/// What could not be finished is taken away.
impl Drop for ArrayWriter {
    fn drop(&mut self) {
        if !self.in_place {
            // It may not be there, and whoever asked for it already gets the error that matters.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

impl ArrayWriter {
    /// Begins a file of a kind (at most 24 bytes) that is to hold `arrays` arrays.
    pub fn create(target: &Path, kind: &str, version: u32, arrays: usize) -> Result<Self, Error> {
        let temporary = target.with_extension("part");
        let file = File::create(&temporary).map_err(|source| io_error("write", &temporary, source))?;
        let mut writer = Self {
            target: target.to_path_buf(),
            temporary,
            file: BufWriter::with_capacity(1 << 20, file),
            kind: padded(kind),
            version,
            position: 0,
            table: Vec::with_capacity(arrays),
            in_place: false,
        };
        // The header and the table are written last, when the checksums are known.
        writer.write(&vec![0; size_of::<Header>() + arrays * size_of::<Entry>()])?;
        Ok(writer)
    }

    /// Writes the next array; names have at most 24 bytes.
    pub fn array<T: Pod>(&mut self, name: &str, elements: &[T]) -> Result<(), Error> {
        self.bytes(name, size_of::<T>(), bytemuck::cast_slice(elements))
    }

    pub(crate) fn bytes(&mut self, name: &str, element_size: usize, bytes: &[u8]) -> Result<(), Error> {
        let padding = self.position.next_multiple_of(ALIGNMENT) - self.position;
        self.write(&[0; ALIGNMENT as usize][..padding as usize])?;
        self.table.push(Entry::new(name, element_size, self.position, bytes));
        self.write(bytes)
    }

    /// Writes the header, syncs, and gives the file its name.
    pub fn finish(mut self) -> Result<(), Error> {
        assert_eq!(self.table.len(), self.table.capacity(), "as many arrays as were announced");
        let mut header = Header {
            magic: MAGIC,
            version: self.version,
            byte_order: BYTE_ORDER,
            arrays: self.table.len() as u64,
            file_length: self.position,
            kind: self.kind,
            reserved: [0; 4],
            checksum: [0; 32],
        };
        header.checksum = head_checksum(&header, &self.table);
        self.file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(bytemuck::bytes_of(&header)))
            .and_then(|()| self.file.write_all(bytemuck::cast_slice(&self.table)))
            .and_then(|()| self.file.flush())
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| std::fs::rename(&self.temporary, &self.target))
            .and_then(|()| sync_folder(&self.target))
            .map_err(|source| io_error("write", &self.target, source))?;
        self.in_place = true;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.position += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|source| io_error("write", &self.temporary, source))
    }
}

/// After a rename the folder's own entry must reach the disk too.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(folder) if cfg!(unix) && !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// A file of arrays, mapped.
pub struct ArrayFile {
    path: PathBuf,
    map: Arc<Mmap>,
    table: Vec<Entry>,
}

impl std::fmt::Debug for ArrayFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ArrayFile({}, {} arrays)", self.path.display(), self.table.len())
    }
}

impl std::fmt::Debug for ArrayWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ArrayWriter({}, {} bytes so far)", self.target.display(), self.position)
    }
}

impl ArrayFile {
    /// Maps a file of a kind and checks its header, its table and its length.
    pub fn open(path: &Path, kind: &str, version: u32) -> Result<Self, Error> {
        Self::open_as(path, Some((kind, version)))
    }

    /// Reads a file of whatever kind and compares every array in it with its checksum.
    pub fn verify_at(path: &Path) -> Result<(), Error> {
        Self::open_as(path, None)?.verify()
    }

    fn open_as(path: &Path, wanted: Option<(&str, u32)>) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(|source| io_error("open", path, source))?;
        let length = file.metadata().map_err(|source| io_error("open", path, source))?.len();
        let header = read_header(&mut file, path, length, wanted)?;
        let mut table = vec![Entry::zeroed(); header.arrays as usize];
        file.read_exact(bytemuck::cast_slice_mut(&mut table)).map_err(|source| io_error("read", path, source))?;
        if head_checksum(&header, &table) != header.checksum {
            return Err(damaged(path, "the header does not match its checksum"));
        }
        let map = map(&file).map_err(|source| io_error("map", path, source))?;
        if map.len() as u64 != length {
            return Err(Error::WrongLength { file: path.into(), expected: length, found: map.len() as u64 });
        }
        Ok(Self { path: path.into(), map: Arc::new(map), table })
    }

    /// The array of a name.
    pub fn array<T: Pod>(&self, name: &str) -> Result<Array<T>, Error> {
        let fault = || damaged(&self.path, format!("the array {name} is missing or does not fit"));
        let entry = self.table.iter().find(|entry| entry.name() == name).ok_or_else(fault)?;
        let range = entry.range(self.map.len() as u64).ok_or_else(fault)?;
        if entry.element_size != size_of::<T>() as u64 {
            return Err(fault());
        }
        Array::mapped(&self.map, range).ok_or_else(fault)
    }

    /// Reads every array and compares it with its checksum.
    pub fn verify(&self) -> Result<(), Error> {
        for entry in &self.table {
            let bytes = entry.range(self.map.len() as u64).and_then(|range| self.map.get(range));
            if bytes.map(checksum) != Some(entry.checksum) {
                return Err(damaged(&self.path, format!("the array {} does not match its checksum", entry.name())));
            }
        }
        Ok(())
    }
}

fn read_header(file: &mut File, path: &Path, length: u64, wanted: Option<(&str, u32)>) -> Result<Header, Error> {
    let mut header = Header::zeroed();
    let bytes = bytemuck::bytes_of_mut(&mut header);
    let found = (length as usize).min(bytes.len());
    file.read_exact(&mut bytes[..found]).map_err(|source| io_error("read", path, source))?;
    if header.magic != MAGIC {
        return Err(Error::NotANetwork { file: path.into() });
    }
    if found < size_of::<Header>() {
        return Err(Error::WrongLength { file: path.into(), expected: size_of::<Header>() as u64, found: length });
    }
    if header.byte_order == BYTE_ORDER.swap_bytes() {
        return Err(Error::ForeignByteOrder { file: path.into() });
    }
    if let Some((kind, version)) = wanted {
        if header.kind != padded(kind) {
            return Err(damaged(path, format!("it holds `{}` instead of `{kind}`", text(&header.kind))));
        }
        if header.version != version {
            return Err(Error::ForeignVersion { file: path.into(), found: header.version, expected: version });
        }
    }
    if header.file_length != length {
        return Err(Error::WrongLength { file: path.into(), expected: header.file_length, found: length });
    }
    let head_length = (size_of::<Header>() as u64) + header.arrays.min(MOST_ARRAYS) * size_of::<Entry>() as u64;
    if header.arrays > MOST_ARRAYS || head_length > length {
        return Err(damaged(path, format!("the header announces {} arrays", header.arrays)));
    }
    Ok(header)
}

#[expect(unsafe_code, reason = "memory maps are the point of this crate")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: a map is sound as long as nobody changes or shortens the file beneath it. This program never does: a
    // file of arrays is written under another name and renamed into place, and dataset folders are immutable from
    // then on; removing a file leaves its maps intact. The map is read-only and private to this process.
    unsafe { Mmap::map(file) }
}

fn io_error(doing: &'static str, file: &Path, source: std::io::Error) -> Error {
    Error::Io { doing, file: file.into(), source }
}

pub(crate) fn damaged(file: &Path, what: impl Into<String>) -> Error {
    Error::Damaged { file: file.into(), what: what.into() }
}
