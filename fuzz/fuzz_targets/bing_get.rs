//! Bing's GET mini-language: agents, shifts and items in one query string.
#![no_main]

libfuzzer_sys::fuzz_target!(|query: &str| {
    let path = "/REST/V1/Routes/OptimizeItineraryAsync";
    fuzz::read(&bing::DIALECT, &fuzz::request(wire::Method::Get, path, query, &[]));
});
