//! A tile of heights of any bytes. Only two lengths are tiles at all, so short inputs are repeated up to the smaller one.
#![no_main]

const TILE: usize = 2 * 1201 * 1201;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    osm::probe_heights(bytes);
    if !bytes.is_empty() {
        let tile: Vec<u8> = bytes.iter().copied().cycle().take(TILE).collect();
        osm::probe_heights(&tile);
    }
});
