//! An OpenStreetMap file of any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("the temporary folder can be written");
    let file = folder.path().join("any.osm.pbf");
    std::fs::write(&file, bytes).expect("the temporary folder can be written");
    drop(osm::import(&[file], &|_| {}));
});
