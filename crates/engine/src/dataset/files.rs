//! Files that are whole or not there: written beside, synced, renamed into place.
//!
//! A rename within a folder is atomic, but neither the content nor the new name is on the disk until the file and the folder
//! are synced. So every write here ends with both.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::DatasetError;

/// Writes `bytes` to `path` as one: after a crash the file holds either all of the old or all of the new content.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
    let folder = parent(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_synced(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path).map_err(DatasetError::io("rename to", path)));
    if written.is_err() {
        // Nothing to be done when even this fails: the error that is reported is the first one.
        let _ = fs::remove_file(&beside);
    }
    written.and_then(|()| sync_folder(folder))
}

/// Writes `bytes` to a new or emptied file and waits until they are on the disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), DatasetError> {
    let mut file = File::create(path).map_err(DatasetError::io("write", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(DatasetError::io("write", path))
}

/// Waits until the names in a folder are on the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), DatasetError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(DatasetError::io("sync", folder))
}

/// The folder of a file; `.` for a bare name.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Hash and length of a file, read in pieces; `report` hears how many bytes have been read.
pub(crate) fn hash(path: &Path, report: &dyn Fn(u64)) -> std::io::Result<(blake3::Hash, u64)> {
    use std::io::Read;
    let mut file = File::open(path)?;
    let (mut hasher, mut length) = (blake3::Hasher::new(), 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((hasher.finalize(), length));
        }
        hasher.update(&piece[..read]);
        length += read as u64;
        report(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_leaves_nothing_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("active");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("missing/active"), b"three").is_err());
    }

    #[test]
    fn a_file_is_hashed_as_its_bytes_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let bytes = vec![7; (1 << 20) + 3];
        fs::write(&path, &bytes).unwrap();
        assert_eq!(hash(&path, &|_| {}).unwrap(), (blake3::hash(&bytes), bytes.len() as u64));
    }
}
