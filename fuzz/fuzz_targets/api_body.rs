//! The bodies of our own questions: the first byte chooses the endpoint, and whether it is asked for later.
#![no_main]

const PATHS: [&str; 4] = ["/api/v1/route", "/api/v1/matrix", "/api/v1/optimize", "/api/v1/validate"];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&chosen, body)) = data.split_first() else { return };
    let path = PATHS[usize::from(chosen) % PATHS.len()];
    let mut request = fuzz::request(wire::Method::Post, path, "", body);
    if usize::from(chosen) / PATHS.len() % 2 == 1 {
        request.headers.push(("prefer".to_owned(), "respond-async".to_owned()));
    }
    fuzz::read(&api::DIALECT, &request);
});
