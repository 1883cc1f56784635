//! Standard output: the answer of a verb, as text for people or as one JSON value for programs.
//!
//! Logs and bars go to standard error, so what is printed here can be piped. A reader that went away (`| head`) is not
//! an error, and a server goes on serving without one; an answer that is cut off for any other reason is.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use serde::Serialize;

use crate::exit::Exit;

/// Prints one line.
pub(crate) fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("roundsman: cannot write to standard output: {error}");
            std::process::exit(Exit::Environment as i32);
        }
        _ => {}
    }
}

/// Prints one JSON value on one line.
pub(crate) fn json(value: &impl Serialize) {
    line(serde_json::to_string(value).expect("our own answers have string keys and finite numbers"));
}
