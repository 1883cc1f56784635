//! Takes the built console (`web/dist`, made by `make web`) into the program, if it is there.
//!
//! Writes a table of its files to `OUT_DIR/console.rs`, which `src/http/console.rs` includes; without a console the table is
//! empty and the program shows a page of its own. No network, no other program, nothing but a list of files.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("Cargo sets it");
    let web = Path::new(&manifest).join("../../web");
    let dist = web.join("dist");
    // Cargo takes a watched path that is missing for a change, each time: without a console the folder above is watched.
    let watched = [dist.as_path(), &web, Path::new("build.rs")].into_iter().find(|path| path.exists());
    println!("cargo::rerun-if-changed={}", watched.unwrap_or(&dist).display());
    let mut files = Vec::new();
    collect(&dist, &mut files);
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&dist).expect("it was found in there").to_string_lossy().replace('\\', "/");
        // Writing to a string cannot fail.
        let _ = writeln!(table, "    (\"/{}\", include_bytes!({:?})),", name, file.display().to_string());
    }
    table.push_str("]\n");
    let out = std::env::var_os("OUT_DIR").expect("Cargo sets it");
    std::fs::write(Path::new(&out).join("console.rs"), table).expect("Cargo's own folder can be written");
}

/// All files in a folder; none if it is not there.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
