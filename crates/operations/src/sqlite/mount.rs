//! Which file system a folder lies on, to refuse the ones that cannot keep a promise.
//!
//! SQLite's write-ahead log needs shared memory and honest locks, and a commit needs an honest sync: network file
//! systems give neither for sure. The mount table of `/proc` is read instead of calling `statfs`, which would need
//! unsafe code or one more crate. Where there is no `/proc` nothing is refused.

use std::path::{Path, PathBuf};

/// Network file systems as the kernel names them.
const NETWORK: [&str; 11] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"];

/// The network file system below `folder` (an absolute, resolved path), if it is one.
pub(crate) fn network_kind(folder: &Path) -> Option<String> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    kind_in(&table, folder).filter(|kind| NETWORK.contains(&kind.as_str()))
}

/// The kind of the deepest mount above `folder`; of two mounts on one point the later one hides the earlier.
fn kind_in(table: &str, folder: &Path) -> Option<String> {
    table
        .lines()
        .filter_map(mount)
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.components().count())
        .map(|(_, kind)| kind.to_owned())
}

/// Mount point and kind of one line: `36 35 98:0 /root /point options … - kind source options` (proc(5)).
fn mount(line: &str) -> Option<(PathBuf, &str)> {
    let (before, after) = line.split_once(" - ")?;
    Some((PathBuf::from(unescaped(before.split(' ').nth(4)?)), after.split(' ').next()?))
}

/// The kernel writes blanks, tabs, line ends and backslashes as three octal digits.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
        30 22 0:5 / /mnt/my\\040share rw shared:1 - nfs4 host:/export rw\n\
        31 30 8:2 / /mnt/my\\040share/local rw - xfs /dev/sdb rw\n\
        32 22 8:3 / /srv rw - ext4 /dev/sdc rw\n\
        33 32 0:6 / /srv rw - cifs //host/x rw\n";

    #[test]
    fn the_deepest_and_latest_mount_counts() {
        for (folder, kind) in [
            ("/home/x", "ext4"),
            ("/mnt/my share/data", "nfs4"),
            ("/mnt/my share/local/data", "xfs"),
            ("/mnt/my shared", "ext4"),
            ("/srv/data", "cifs"),
        ] {
            assert_eq!(kind_in(TABLE, Path::new(folder)).as_deref(), Some(kind), "{folder}");
        }
    }

    #[test]
    fn an_empty_table_says_nothing() {
        assert_eq!(kind_in("", Path::new("/")), None);
    }
}
