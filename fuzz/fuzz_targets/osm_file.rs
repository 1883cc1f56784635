//! An OpenStreetMap file of any bytes: the frame and its header.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::import(bytes));
