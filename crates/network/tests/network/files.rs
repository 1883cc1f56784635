//! Networks in files: what is read is what was written, and damage is noticed.

use std::path::{Path, PathBuf};

use network::{Error, Mode, Network, NetworkBuilder, Sign};
use tempfile::TempDir;

use crate::sample::network;

/// A folder with the sample network.
fn written() -> (TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    network().write(folder.path()).unwrap();
    let file = folder.path().join("network.bin");
    let bytes = std::fs::read(&file).unwrap();
    (folder, file, bytes)
}

/// All that a network answers, as text.
fn answers(network: &Network) -> String {
    let mut lines = vec![format!("{:?} {:?}", network.bounding_box(), network.first_out())];
    for node in network.nodes() {
        let barriers = Mode::ALL.map(|mode| network.barrier(node, mode));
        lines.push(format!("{:?} {barriers:?} {}", network.coordinate(node), network.has_signals(node)));
        let signs = Sign::ALL.map(|sign| network.sign_at(node, sign));
        let conditions: Vec<_> = network.conditions_at(node).collect();
        lines.push(format!("{:?} {signs:?} {conditions:?}", network.limits_at(node)));
        lines.push(format!("{} {}", network.is_border(node), network.has_toll_booth(node)));
    }
    for edge in network.edges() {
        lines.push(format!(
            "{:?} {:?} {:?} {} {:?} {:?} {:?} {:?} {:?} {:?} {} {} {}",
            network.tail(edge),
            network.head(edge),
            network.reverse(edge),
            network.length_cm(edge),
            network.shape(edge).collect::<Vec<_>>(),
            network.class(edge),
            Mode::ALL.map(|mode| network.access(edge, mode)),
            network.max_speed_kmh(edge),
            network.flags(edge),
            network.ferry_duration_ms(edge),
            network.name(edge),
            network.reference(edge),
            network.way_id(edge),
        ));
        let signs = Sign::ALL.map(|sign| network.sign(edge, sign));
        let conditions: Vec<_> = network.conditions(edge).collect();
        lines.push(format!("{:?} {signs:?} {conditions:?}", network.limits(edge)));
        lines.push(format!("{:?} {:?}", network.lanes(edge), network.surface(edge)));
    }
    lines.extend(network.forbidden().map(|forbidden| format!("{forbidden:?}")));
    lines.extend(network.forbidden_at_times().map(|forbidden| format!("{forbidden:?}")));
    lines.join("\n")
}

#[test]
fn an_opened_network_answers_as_the_built_one() {
    let (folder, _, bytes) = written();
    let opened = Network::open(folder.path()).unwrap();
    Network::verify(folder.path()).unwrap();
    assert_eq!(answers(&opened), answers(&network()));
    let again = tempfile::tempdir().unwrap();
    opened.write(again.path()).unwrap();
    assert_eq!(std::fs::read(again.path().join("network.bin")).unwrap(), bytes);
    let left: Vec<_> = std::fs::read_dir(again.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing else is left behind");
}

#[test]
fn the_empty_network_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    NetworkBuilder::new().build().unwrap().write(folder.path()).unwrap();
    Network::verify(folder.path()).unwrap();
    assert_eq!(Network::open(folder.path()).unwrap().node_count(), 0);
}

#[test]
fn writing_over_an_open_network_leaves_it_intact() {
    let (folder, _, _) = written();
    let opened = Network::open(folder.path()).unwrap();
    NetworkBuilder::new().build().unwrap().write(folder.path()).unwrap();
    assert_eq!(answers(&opened), answers(&network()));
}

/// The error of opening a file that has been changed; it must name the file and say what to do.
fn refused(folder: &Path, file: &Path, bytes: &[u8]) -> Error {
    // A new file each time: one that is mapped is never changed.
    std::fs::remove_file(file).unwrap();
    std::fs::write(file, bytes).unwrap();
    let error = Network::open(folder).unwrap_err();
    let sentence = error.to_string();
    assert!(sentence.contains("network.bin") && sentence.contains("import the map again"), "{sentence}");
    error
}

/// Header and table: 128 bytes, and 64 for each of the arrays, whose number is at byte 24.
fn head_length(bytes: &[u8]) -> usize {
    128 + 64 * bytes[24] as usize
}

#[test]
fn a_flipped_byte_in_the_header_is_noticed_at_opening() {
    let (folder, file, bytes) = written();
    for position in 0..head_length(&bytes) {
        let mut broken = bytes.clone();
        broken[position] ^= 0x10;
        let error = refused(folder.path(), &file, &broken);
        let expected = match position {
            0..16 => matches!(error, Error::NotANetwork { .. }),
            16..20 => matches!(error, Error::ForeignVersion { .. }),
            32..40 => matches!(error, Error::WrongLength { .. }),
            _ => matches!(error, Error::Damaged { .. }),
        };
        assert!(expected, "byte {position}: {error}");
    }
}

#[test]
fn a_flipped_byte_elsewhere_is_noticed_by_verify() {
    let (folder, file, bytes) = written();
    let mut unnoticed = 0;
    for position in head_length(&bytes)..bytes.len() {
        let mut broken = bytes.clone();
        broken[position] ^= 0x10;
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, &broken).unwrap();
        match Network::verify(folder.path()) {
            Err(Error::Damaged { .. }) => {}
            Err(other) => panic!("byte {position}: {other}"),
            // Between two arrays lies padding, which nobody reads.
            Ok(()) if bytes[position] == 0 => unnoticed += 1,
            Ok(()) => panic!("byte {position} is not checked"),
        }
    }
    assert!(unnoticed < 64 * bytes[24] as usize);
}

#[test]
fn a_file_of_another_length_is_refused() {
    let (folder, file, bytes) = written();
    for length in 0..bytes.len() {
        let error = refused(folder.path(), &file, &bytes[..length]);
        let expected = match length {
            0..16 => matches!(error, Error::NotANetwork { .. }),
            _ => matches!(error, Error::WrongLength { .. }),
        };
        assert!(expected, "{length} bytes: {error}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert!(matches!(refused(folder.path(), &file, &longer), Error::WrongLength { .. }));
}

#[test]
fn a_file_of_another_kind_version_or_byte_order_is_refused() {
    let (folder, file, bytes) = written();
    assert!(matches!(refused(folder.path(), &file, &[7; 5000]), Error::NotANetwork { .. }));
    let mut newer = bytes.clone();
    newer[16] += 1;
    assert!(
        matches!(refused(folder.path(), &file, &newer), Error::ForeignVersion { found, .. } if found == 1 + u32::from(bytes[16]))
    );
    let mut swapped = bytes;
    swapped[20..24].reverse();
    assert!(matches!(refused(folder.path(), &file, &swapped), Error::ForeignByteOrder { .. }));
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Network::open(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }) && error.to_string().contains("network.bin"));
}

#[test]
fn a_network_that_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let missing = network().write(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(missing, Error::Io { .. }) && missing.to_string().contains("network.part"), "{missing}");
    // A folder stands where the file is to go, so that the last step fails.
    std::fs::create_dir_all(folder.path().join("network.bin/in the way")).unwrap();
    assert!(matches!(network().write(folder.path()), Err(Error::Io { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
