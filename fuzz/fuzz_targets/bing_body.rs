//! The body of Bing's itinerary request.
#![no_main]

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let path = "/REST/V1/Routes/OptimizeItineraryAsync";
    fuzz::read(&bing::DIALECT, &fuzz::request(wire::Method::Post, path, "", body));
});
