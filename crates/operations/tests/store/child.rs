//! This test program run again as a process of its own, to be killed, stopped or cut off.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use uuid::Uuid;

/// How long a child may live: one that hangs is killed, so that whoever reads what it says comes to the end of it and fails.
const LONGEST_LIFE: Duration = Duration::from_mins(5);

/// A test that is not one: it does nothing unless it was started from here. It ends with its handle.
pub(crate) struct Process {
    child: Child,
    told: BufReader<ChildStdout>,
    input: ChildStdin,
    /// Dropped with the handle, which ends the watch over its life.
    _watched: Sender<()>,
}

impl Process {
    /// Runs the test `name` of this program alone, with these variables.
    pub(crate) fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (told, input) = (BufReader::new(child.stdout.take().unwrap()), child.stdin.take().unwrap());
        Self { _watched: watch(name, child.id()), child, told, input }
    }

    /// The next line that begins with `word`, without it; none at the process's end.
    pub(crate) fn next(&mut self, word: &str) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.told.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // A last line may be torn.
            if let Some(rest) = line.strip_prefix(word).filter(|rest| rest.ends_with('\n')) {
                return Some(rest.trim().to_owned());
            }
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        assert!(signal(self.child.id(), name));
    }

    /// Waits for its own end.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Kills it, and gives all that it still said.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (&mut self.told).lines().map_while(Result::ok).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Kills the child when it has lived for too long.
fn watch(name: &str, pid: u32) -> Sender<()> {
    let (watched, over) = channel();
    let name = name.to_owned();
    std::thread::spawn(move || {
        if over.recv_timeout(LONGEST_LIFE) == Err(RecvTimeoutError::Timeout) {
            report(&format!("{name} has not ended within {LONGEST_LIFE:?} and is killed"));
            signal(pid, "-KILL");
        }
    });
    watched
}

fn signal(pid: u32, name: &str) -> bool {
    Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success()
}

/// The ids behind `word` in those lines.
pub(crate) fn ids(lines: &[String], word: &str) -> Vec<Uuid> {
    lines.iter().filter_map(|line| line.strip_prefix(word)).filter_map(|id| Uuid::parse_str(id.trim()).ok()).collect()
}

/// How often a torture goes round: a few times in `make test`, as often as is asked in `make torture`.
pub(crate) fn rounds(variable: &str, few: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// Says something that is seen also when the test goes well.
pub(crate) fn report(text: &str) {
    // Not by `eprintln`, which the test program would keep to itself.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What a child tells its parent: a line of its own, behind whatever the test program itself has said.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever does not listen any more is about to end us.
    let _ = writeln!(out, "\n{line}").and_then(|()| out.flush());
}
