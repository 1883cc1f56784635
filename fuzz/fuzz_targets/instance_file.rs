//! The files of the classic benchmark instances.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    drop(vrp::formats::solomon::read(text));
    drop(vrp::formats::toptw::read(text, 2));
    drop(vrp::formats::li_lim::read(text));
    drop(vrp::formats::cvrp::read(text));
    drop(vrp::formats::pcvrptw::read(text));
    drop(vrp::formats::vrplib::read(text));
});
