//! The built program in its own folder and on its own port: what the end-to-end tests share.
//!
//! Each test file is a program of its own (`mod common;`), and the program under test is the real binary. The bundled map is
//! imported once for all of them, into a folder beside the test binaries that is named by the binary's age, and hard-linked
//! into the folder of each test, since datasets are immutable.
//!
//! Nothing here sleeps: [`Server::start`] reads the line that says where it listens, and [`eventually`] asks the server itself
//! again until a deadline. A server ends with its handle, also when the test panics, and nothing is waited for without an end: a process
//! that says nothing, or does not stop, is killed in the end ([`Watch`]), and the test fails.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The bundled map.
pub fn map_file() -> PathBuf {
    repository().join("demo/seattle-udistrict.osm.pbf")
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The program, with nothing of the tester's own configuration.
pub fn roundsman() -> Command {
    without_settings(Command::new(env!("CARGO_BIN_EXE_roundsman")))
}

/// A program with nothing of the tester's own configuration.
pub fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ROUNDSMAN_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a verb on a data folder to its end.
pub fn run(data: &Path, arguments: &[&str]) -> Output {
    let mut command = roundsman();
    command.arg("--data").arg(data).args(arguments);
    to_its_end(command)
}

/// Runs a program to its end.
pub fn to_its_end(mut command: Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _watch = Watch::over(child.id());
    child.wait_with_output().unwrap()
}

/// Kills a process that has not done what is waited for within ten minutes; until then this is dropped.
pub struct Watch(Sender<()>);

impl Watch {
    pub fn over(pid: u32) -> Self {
        let (waits, over) = channel();
        std::thread::spawn(move || {
            if over.recv_timeout(Duration::from_mins(10)) == Err(RecvTimeoutError::Timeout) {
                send_signal(pid, Signal::KILL);
            }
        });
        Self(waits)
    }
}

/// Sends a signal at once, without a program in between.
pub fn send_signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// A connection to a server, on which nothing is waited for without an end.
pub fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(2))).unwrap();
    stream
}

/// Runs a verb that must succeed, and reads its JSON.
pub fn json(data: &Path, arguments: &[&str]) -> Value {
    let output = run(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a verb that must fail with `code`, and gives its one sentence.
pub fn failure(data: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(data, arguments);
    let sentence = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {sentence}");
    sentence
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An empty data folder.
pub fn empty_data() -> TempDir {
    TempDir::new().unwrap()
}

/// A data folder with the bundled map imported and active.
pub fn data_with_map() -> TempDir {
    let (data, imported) = (empty_data(), imported_map());
    link(&imported.join("datasets"), &data.path().join("datasets"));
    fs::copy(imported.join("active"), data.path().join("active")).unwrap();
    data
}

/// A data folder that nobody changes, with the bundled map imported by this very program.
fn imported_map() -> PathBuf {
    let built = fs::metadata(env!("CARGO_BIN_EXE_roundsman")).unwrap().modified().unwrap();
    let age = built.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = root.join(format!("roundsman-map-{age}"));
    // Held while one of several test programs imports.
    let lock = fs::File::create(root.join("roundsman-map.lock")).unwrap();
    lock.lock().unwrap();
    if !folder.join("active").is_file() {
        forget_older(root);
        let building = root.join("roundsman-map-building");
        fs::create_dir(&building).unwrap();
        json(&building, &["import", map_file().to_str().unwrap(), "--json"]);
        fs::rename(&building, &folder).unwrap();
    }
    folder
}

fn forget_older(root: &Path) {
    for entry in fs::read_dir(root).unwrap().flatten() {
        let is_map = entry.file_name().to_string_lossy().starts_with("roundsman-map-");
        if is_map {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

fn link(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            link(&entry.path(), &target);
        } else if !entry.file_name().to_string_lossy().ends_with(".lock")
            && fs::hard_link(entry.path(), &target).is_err()
        {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// A running server.
pub struct Server {
    child: Child,
    /// `http://HOST:PORT`.
    pub url: String,
}

impl Server {
    /// Starts `serve` on a port of its own and waits until it listens.
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with(data, arguments, &[])
    }

    /// The same, with settings from the environment.
    pub fn start_with(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = roundsman();
        command.arg("--data").arg(data).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        command.envs(environment.iter().copied());
        Self::from_command(command)
    }

    /// Starts a command that prints where it listens.
    pub fn from_command(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        // Read to the end, so that a full pipe never holds the server up.
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let watch = Watch::over(child.id());
        output.read_line(&mut line).unwrap();
        drop(watch);
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let _ = child.kill();
            panic!("the server did not start: {}", log.join().unwrap());
        };
        let url = url.to_owned();
        std::thread::spawn(move || output.read_to_end(&mut Vec::new()));
        Self { child, url }
    }

    /// Asks for a path with its query.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    /// Posts a body of JSON.
    pub fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask("POST", path, &[("content-type", "application/json")], body.as_ref())
    }

    /// Any request. A path that begins with `http` is taken as a whole address, e.g. of a `Location`.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = if body.is_empty() && method != "POST" {
            agent().run(request.body(()).unwrap())
        } else {
            agent().run(request.body(body.to_vec()).unwrap())
        };
        Answer::from(answer.unwrap())
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end in order, with SIGTERM or SIGINT, and waits.
    pub fn signal(self, name: &str) -> ExitStatus {
        self.send(name);
        self.wait()
    }

    /// Sends it TERM, INT, STOP or CONT, at once.
    pub fn send(&self, name: &str) {
        let signals = [("TERM", Signal::TERM), ("INT", Signal::INT), ("STOP", Signal::STOP), ("CONT", Signal::CONT)];
        let (_, signal) = signals.into_iter().find(|(known, _)| *known == name).unwrap();
        send_signal(self.pid(), signal);
    }

    /// Waits for its own end.
    pub fn wait(mut self) -> ExitStatus {
        let _watch = Watch::over(self.pid());
        self.child.wait().unwrap()
    }

    /// A figure of its `/metrics`.
    pub fn figure(&self, name: &str) -> u64 {
        let figures = text(&self.get("/metrics").body);
        figures.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn agent() -> ureq::Agent {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).allow_non_standard_methods(true);
    config.timeout_global(Some(Duration::from_mins(2))).build().new_agent()
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl From<ureq::http::Response<ureq::Body>> for Answer {
    fn from(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let headers = response.headers().iter();
        Self {
            status: response.status().as_u16(),
            headers: headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
            body: response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap(),
        }
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", text(&self.body)))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Asks again and again until `found` has something; a change that must show within a second gets a minute, since test machines
/// are busy. Asking is a request to the server or a verb, which takes its time.
pub fn eventually<T>(what: &str, found: impl FnMut() -> Option<T>) -> T {
    until(Instant::now() + Duration::from_mins(1), what, found)
}

/// The same for work that takes longer, such as a plan.
pub fn finally<T>(what: &str, found: impl FnMut() -> Option<T>) -> T {
    until(Instant::now() + Duration::from_mins(4), what, found)
}

fn until<T>(deadline: Instant, what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
    }
}
