//! The query of Azure's directions.
#![no_main]

libfuzzer_sys::fuzz_target!(|query: &str| {
    let query = format!("api-version=1.0&{query}");
    fuzz::read(&azure::DIALECT, &fuzz::request(wire::Method::Get, "/route/directions/json", &query, &[]));
});
