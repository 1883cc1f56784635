//! A network file of any bytes, its head sealed as the writer seals it, so that what lies behind the checksum is reached too.
#![no_main]

use network::{ArrayFile, Network};

/// Where the head says how many arrays there are, how long the file is, and what the checksum over head and table is.
const ARRAYS: std::ops::Range<usize> = 24..32;
const LENGTH: std::ops::Range<usize> = 32..40;
const CHECKSUM: std::ops::Range<usize> = 96..128;
const ENTRY: usize = 64;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let mut bytes = bytes.to_vec();
    for content in [bytes.clone(), sealed(&mut bytes)] {
        std::fs::write(folder.path().join("network.bin"), content).expect("the temporary folder can be written");
        drop(ArrayFile::verify_at(&folder.path().join("network.bin")));
        drop(Network::open(folder.path()));
        drop(Network::verify(folder.path()));
    }
});

fn sealed(bytes: &mut Vec<u8>) -> Vec<u8> {
    if bytes.len() < CHECKSUM.end {
        return std::mem::take(bytes);
    }
    let room = (bytes.len() - CHECKSUM.end) / ENTRY;
    let arrays = u64::from_le_bytes(bytes[ARRAYS].try_into().expect("eight bytes")) % (room as u64 + 1);
    let length = bytes.len() as u64;
    bytes[..16].copy_from_slice(b"Roundsman arrays");
    bytes[ARRAYS].copy_from_slice(&arrays.to_le_bytes());
    bytes[LENGTH].copy_from_slice(&length.to_le_bytes());
    bytes[CHECKSUM].fill(0);
    let checksum = blake3::hash(&bytes[..CHECKSUM.end + arrays as usize * ENTRY]);
    bytes[CHECKSUM].copy_from_slice(checksum.as_bytes());
    std::mem::take(bytes)
}
