//! Kills and power cuts, again and again: what was acknowledged is there, once, and all of it comes to its end.
//!
//! A kill -9 leaves the page cache alone, so it cannot show a missing sync; shutting a file system down under load does
//! (`EXT4_IOC_SHUTDOWN` on a loop image: what was not synced is gone). That this test would see a loss is shown by the negative
//! control, which runs without the sync and must lose. `ROUNDSMAN_TORTURE_KILLS` and `ROUNDSMAN_TORTURE_CUTS` say how often.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use operations::{Completion, State, Store, StoreOptions, Token};
use uuid::Uuid;

use crate::child::{Process, ids, report, rounds, tell};
use crate::lab::{large, operation};

const CHILD: &str = "OPERATIONS_TORTURE_FOLDER";
const UNSAFE: &str = "OPERATIONS_TORTURE_UNSAFE";

fn options() -> StoreOptions {
    // The kills are not the items' fault.
    StoreOptions { max_attempts: 1_000_000, ..StoreOptions::default() }
}

/// Not a test of its own: accepts and completes until it is ended.
#[test]
fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let allow_unsafe_database = std::env::var(UNSAFE).is_ok();
    runtime.block_on(async {
        let store = Store::open(Path::new(&folder), StoreOptions { allow_unsafe_database, ..options() }).unwrap();
        println!("\nready");
        let mut tasks = tokio::task::JoinSet::new();
        for client in 0..8 {
            tasks.spawn(load(store.clone(), client));
        }
        tasks.join_all().await;
    });
}

/// One client that hands in, and does some of the work itself; ends when the disk fails.
async fn load(store: Store, client: u32) {
    for n in 0u32.. {
        let request = if n % 50 == 7 { large(7) } else { n.to_string().into() };
        let Ok(accepted) = store.accept(operation("plan", request)).await else { return };
        tell(&format!("accepted {}", accepted.operation.id));
        if n % 4 != client % 4 {
            continue;
        }
        let Ok(claims) = store.claim("worker", None, 2).await else { return };
        for claim in claims {
            let Token { op, seq, attempt } = claim.token;
            tell(&format!("claimed {op} {seq} {attempt}"));
            let result = format!("done by {}", claim.token.attempt);
            if let Ok(Completion::Done) = store.complete(&claim.token, result.clone().into()).await {
                tell(&format!("completed {} {result}", claim.token.op));
            }
        }
    }
}

/// What was acknowledged, over all rounds.
#[derive(Default)]
struct Ledger {
    accepted: HashSet<Uuid>,
    completed: HashMap<Uuid, String>,
    /// What was at work when its process died: nobody may complete it under that token.
    at_work: HashSet<Token>,
    lost: usize,
    doubled: usize,
    fenced: usize,
}

impl Ledger {
    fn note(&mut self, lines: &[String]) {
        self.accepted.extend(ids(lines, "accepted "));
        self.at_work.extend(lines.iter().filter_map(|line| token(line.strip_prefix("claimed ")?)));
        for line in lines {
            let Some((id, result)) = line.strip_prefix("completed ").and_then(|rest| rest.split_once(' ')) else {
                continue;
            };
            let Ok(id) = Uuid::parse_str(id) else { continue };
            self.at_work.retain(|token| token.op != id);
            // A torn last line tells a shorter attempt.
            if self.completed.insert(id, result.to_owned()).is_some() {
                self.doubled += 1;
            }
        }
    }

    /// The dead come back and hand in what they had been at: none of it is taken.
    async fn haunt(&mut self, store: &Store) {
        for token in self.at_work.drain() {
            match store.complete(&token, "by a ghost".into()).await.unwrap() {
                Completion::Fenced => self.fenced += 1,
                Completion::Done => self.doubled += 1,
            }
        }
    }

    /// Compares what the store shows with what it had said.
    async fn check(&mut self, store: &Store, only: &HashSet<Uuid>) {
        for &id in only {
            let Some(seen) = store.get(id).await.unwrap() else {
                self.lost += 1;
                continue;
            };
            let Some(result) = self.completed.get(&id) else { continue };
            let kept = store.result(id).await.unwrap();
            self.lost += usize::from(seen.state != State::Succeeded || kept.as_deref() != Some(result.as_bytes()));
        }
    }
}

/// Reads until that many were accepted. What was read, and the process, which goes on.
fn lines_until(mut process: Process, many: usize) -> (Vec<String>, Process) {
    assert!(process.next("ready").is_some(), "the store does not open");
    let (mut lines, mut accepted) = (Vec::new(), 0);
    while accepted < many
        && let Some(line) = process.next("")
    {
        accepted += usize::from(line.starts_with("accepted "));
        lines.push(line);
    }
    (lines, process)
}

/// Everything that was accepted comes to its end.
async fn finish(store: &Store) {
    loop {
        let claims = store.claim("heir", None, 500).await.unwrap();
        if claims.is_empty() {
            return;
        }
        let mut tasks = tokio::task::JoinSet::new();
        for claim in claims {
            let store = store.clone();
            tasks.spawn(async move { store.complete(&claim.token, "by the heir".into()).await.unwrap() });
        }
        tasks.join_all().await;
    }
}

/// The token that a worker told of.
fn token(text: &str) -> Option<Token> {
    let mut words = text.split_whitespace();
    let op = Uuid::parse_str(words.next()?).ok()?;
    Some(Token { op, seq: words.next()?.parse().ok()?, attempt: words.next()?.parse().ok()? })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills() {
    let (rounds, folder) = (rounds("ROUNDSMAN_TORTURE_KILLS", 5), tempfile::tempdir().unwrap());
    let mut ledger = Ledger::default();
    let mut slowest = std::time::Duration::ZERO;
    for round in 0..rounds {
        let process = Process::start("torture::child", &[(CHILD, folder.path().to_str().unwrap())]);
        // Some are killed as soon as they have opened, some under full load.
        let (mut lines, process) = lines_until(process, (round * 37) % 300);
        lines.extend(process.kill());
        let before = ledger.accepted.clone();
        ledger.note(&lines);
        let started = std::time::Instant::now();
        let store = Store::open(folder.path(), options()).unwrap();
        slowest = slowest.max(started.elapsed());
        let fresh = ledger.accepted.difference(&before).copied().collect();
        ledger.haunt(&store).await;
        ledger.check(&store, &fresh).await;
        if round % 10 == 9 {
            finish(&store).await;
        }
        if round % 100 == 99 {
            report(&format!("{} kills so far", round + 1));
        }
    }
    let store = Store::open(folder.path(), options()).unwrap();
    finish(&store).await;
    let all = ledger.accepted.clone();
    ledger.check(&store, &all).await;
    for &id in &all {
        assert_eq!(store.get(id).await.unwrap().unwrap().state, State::Succeeded);
    }
    report(&format!(
        "kills: {rounds} · acknowledged: {} accepted, {} completed · lost {} · doubled {} · fenced {} · slowest start \
         {slowest:?}",
        all.len(),
        ledger.completed.len(),
        ledger.lost,
        ledger.doubled,
        ledger.fenced
    ));
    assert_eq!((ledger.lost, ledger.doubled), (0, 0));
}

/// A small ext4 on a loop device, in a folder of its own.
struct Disk {
    folder: tempfile::TempDir,
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let done = Command::new(program).args(arguments).output().map_err(|cause| format!("{program}: {cause}"))?;
    let said = || format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&done.stderr).trim());
    if done.status.success() { Ok(()) } else { Err(said()) }
}

impl Disk {
    fn new(mebibytes: u64) -> Result<Self, String> {
        let disk = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(disk.point()).unwrap();
        std::fs::File::create(disk.image()).unwrap().set_len(mebibytes << 20).unwrap();
        run("mkfs.ext4", &["-q", "-F", disk.image().to_str().unwrap()])?;
        disk.mount()?;
        Ok(disk)
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn point(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    fn mount(&self) -> Result<(), String> {
        run("mount", &["-o", "loop", self.image().to_str().unwrap(), self.point().to_str().unwrap()])
    }

    fn unmount(&self) -> Result<(), String> {
        run("umount", &[self.point().to_str().unwrap()])
    }

    /// As when the power goes: nothing more reaches the disk, not even the journal that is in memory.
    fn cut(&self) {
        let shut_down = "import fcntl, os, struct, sys\n\
            fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))";
        run("python3", &["-c", shut_down, self.point().to_str().unwrap()]).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.unmount();
    }
}

/// A disk, or a loud word that there is none here.
fn disk(mebibytes: u64) -> Option<Disk> {
    Disk::new(mebibytes)
        .map_err(|why| {
            report(&format!(
                "NOT TRIED: this machine forbids loop mounts ({why}). Power cuts and full disks are tried as root with \
                 mkfs.ext4 and loop devices, for instance in a privileged container."
            ));
        })
        .ok()
}

/// Cuts the power under load that many times. Tells what was acknowledged and what of it was lost.
async fn cut_rounds(rounds: usize, without_sync: bool) -> Option<(usize, usize)> {
    let disk = disk(256)?;
    let mut ledger = Ledger::default();
    for round in 0..rounds {
        let folder = disk.point().join(format!("data-{round}"));
        let mut variables = vec![(CHILD, folder.to_str().unwrap())];
        if without_sync {
            variables.push((UNSAFE, "yes"));
        }
        let process = Process::start("torture::child", &variables);
        let before = ledger.accepted.clone();
        let (lines, process) = lines_until(process, 100 + (round * 61) % 400);
        disk.cut();
        // A file system that is being shut down may yet answer a sync that it did not make: the journal tells of a transaction
        // that it gave up as of one that is over. A machine without power says nothing, so what was said later does not count.
        process.kill();
        ledger.note(&lines);
        disk.unmount().unwrap();
        disk.mount().unwrap();
        let fresh: HashSet<Uuid> = ledger.accepted.difference(&before).copied().collect();
        match Store::open(&folder, options()) {
            Ok(store) => {
                ledger.check(&store, &fresh).await;
                if !without_sync {
                    assert_eq!(ledger.lost, 0, "in round {round}, of {}", fresh.len());
                    finish(&store).await;
                    for id in fresh {
                        assert_eq!(store.get(id).await.unwrap().map(|seen| seen.state), Some(State::Succeeded));
                    }
                }
                store.close().await.unwrap();
            }
            Err(error) if without_sync => {
                report(&format!("without the sync not even the database was left: {error}"));
                ledger.lost += fresh.len();
            }
            Err(error) => panic!("the database is not whole after a power cut: {error}"),
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
    Some((ledger.accepted.len() + ledger.completed.len(), ledger.lost))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_cuts() {
    let rounds = rounds("ROUNDSMAN_TORTURE_CUTS", 5);
    let Some((acknowledged, lost)) = cut_rounds(rounds, false).await else { return };
    report(&format!("power cuts: {rounds} · acknowledged {acknowledged} · lost {lost}"));
    assert_eq!(lost, 0);
    let control = rounds.min(10);
    let Some((acknowledged, lost)) = cut_rounds(control, true).await else { return };
    report(&format!(
        "power cuts without the sync (negative control): {control} · acknowledged {acknowledged} · lost {lost}"
    ));
    assert!(lost > 0, "a test that cannot see a loss shows nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_heals() {
    let Some(disk) = disk(16) else { return };
    let folder = disk.point().join("data");
    let store = Store::open(&folder, options()).unwrap();
    let mut accepted = vec![store.accept(operation("plan", "x")).await.unwrap().operation.id];
    let filler = disk.point().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    while std::io::Write::write_all(&mut file, &vec![7; 65_536]).is_ok() {}
    let mut refused = 0;
    for n in 0..200u8 {
        let request = if n % 2 == 0 { large(n) } else { vec![n; 60_000].into() };
        match store.accept(operation("plan", request)).await {
            Ok(done) => accepted.push(done.operation.id),
            Err(operations::Error::Storage { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused > 100, "{refused} of 200 refused");
    assert!(store.get(accepted[0]).await.unwrap().is_some(), "reads go on");
    drop(file);
    std::fs::remove_file(filler).unwrap();
    store.sweep().await.unwrap();
    assert_eq!(store.writable(), Ok(()));
    accepted.push(store.accept(operation("plan", large(1))).await.unwrap().operation.id);
    for &id in &accepted {
        assert!(store.get(id).await.unwrap().is_some());
    }
    finish(&store).await;
    store.close().await.unwrap();
}
