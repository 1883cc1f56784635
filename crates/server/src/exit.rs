//! How the program ends: the five exit codes that scripts rely on, and the one sentence that goes with a failure.
//!
//! Every verb returns an [`Outcome`]. A [`Failure`] is for people: one sentence that names what went wrong and what to do
//! about it, printed on standard error by `main` and nowhere else. Nothing here prints or ends the process.

use std::fmt::Display;
use std::io::ErrorKind;

/// The exit codes, the same for every verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// The answer is "no": an invalid plan, no route.
    No = 1,
    /// Bad use or bad input.
    BadInput = 2,
    /// The environment: disk, memory, port, database.
    Environment = 3,
    /// Interrupted by the user.
    Interrupted = 130,
}

/// Why a verb could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

/// How a verb ends.
pub(crate) type Outcome = Result<Exit, Failure>;

impl Failure {
    /// The answer is "no".
    pub(crate) fn no(message: impl Display) -> Self {
        Self { exit: Exit::No, message: message.to_string() }
    }

    /// What was given is wrong.
    pub(crate) fn input(message: impl Display) -> Self {
        Self { exit: Exit::BadInput, message: message.to_string() }
    }

    /// What is around us is wrong.
    pub(crate) fn environment(message: impl Display) -> Self {
        Self { exit: Exit::Environment, message: message.to_string() }
    }

    /// A file that the user named cannot be read: missing or a folder is bad input, anything else the environment.
    pub(crate) fn reading(path: &std::path::Path, error: &std::io::Error) -> Self {
        let message = format!("cannot read {}: {error}", path.display());
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::InvalidData => Self::input(message),
            _ => Self::environment(message),
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
