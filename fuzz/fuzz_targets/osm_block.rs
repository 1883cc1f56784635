//! A sound frame around a block of any bytes: what a file of objects can hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|block: &[u8]| {
    let mut file = testkit::header(&["OsmSchema-V0.6", "DenseNodes"]);
    file.extend(testkit::blob("OSMData", block));
    fuzz::import(&file);
});
