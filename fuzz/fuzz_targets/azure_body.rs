//! The bodies of Azure's batch and matrices: the first byte chooses the endpoint.
#![no_main]

const ENDPOINTS: [(&str, &str); 3] = [
    ("/route/directions/batch/json", "api-version=1.0"),
    ("/route/matrix/json", "api-version=1.0"),
    ("/route/matrix:async", "api-version=2025-01-01"),
];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&chosen, body)) = data.split_first() else { return };
    let (path, query) = ENDPOINTS[usize::from(chosen) % ENDPOINTS.len()];
    fuzz::read(&azure::DIALECT, &fuzz::request(wire::Method::Post, path, query, body));
});
