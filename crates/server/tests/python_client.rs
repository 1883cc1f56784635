//! Microsoft's own Python client, unchanged, against the running server.

mod common;

use std::process::Command;

use common::{Server, data_with_map, json, repository, text, to_its_end};

/// Three places on streets of the bundled map.
const PLACES: [&str; 3] = ["47.6613,-122.3130", "47.6505,-122.3493", "47.6553,-122.3035"];

#[test]
fn the_vendor_s_client_completes_all_its_calls() {
    let interpreter = repository().join("target/python/bin/python");
    assert!(interpreter.is_file(), "{} is missing: `make test` makes it", interpreter.display());
    let data = data_with_map();
    let key = json(data.path(), &["keys", "add", "the Python client", "--json"])["key"].as_str().unwrap().to_owned();
    let server = Server::start(data.path(), &[]);
    let script = repository().join("tests/python/azure_client.py");
    let mut client = Command::new(interpreter);
    client.arg(script).args([&server.url, &key]).args(PLACES);
    let output = to_its_end(client);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}
