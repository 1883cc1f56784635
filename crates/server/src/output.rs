//! Standard output: the answer of a verb, as text for people or as one JSON value for programs.
//!
//! Logs and bars go to standard error, so what is printed here can be piped. A reader that went away (`| head`) is not
//! an error: the verb ends quietly, as other tools do.

use std::fmt::Display;
use std::io::Write;

use serde::Serialize;

/// Prints one line.
pub(crate) fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    if written.is_err() {
        std::process::exit(0);
    }
}

/// Prints one JSON value on one line.
pub(crate) fn json(value: &impl Serialize) {
    line(serde_json::to_string(value).expect("our own answers have string keys and finite numbers"));
}
