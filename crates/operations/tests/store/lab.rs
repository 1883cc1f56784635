//! A data folder of its own, a clock, and the few moves that all tests make.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use bytes::Bytes;
use operations::{Beside, Claim, Clock, Error, Failure, NewOperation, Operation, Store, StoreOptions, new_id};
use tempfile::TempDir;
use uuid::Uuid;

use crate::postgres;

/// The hour at which every laboratory opens.
pub(crate) const START_MS: i64 = 1_900_000_000_000;

pub(crate) struct Lab {
    pub(crate) folder: TempDir,
    now_ms: Arc<AtomicI64>,
    pub(crate) options: StoreOptions,
    /// The database of this test alone, if the store is PostgreSQL.
    pub(crate) url: Option<String>,
}

impl Lab {
    /// SQLite and files in a folder of its own.
    pub(crate) fn new() -> Self {
        let now_ms = Arc::new(AtomicI64::new(START_MS));
        let told = now_ms.clone();
        let clock = Clock::new(move || told.load(SeqCst));
        let options = StoreOptions { clock, ..StoreOptions::default() };
        Self { folder: TempDir::new().unwrap(), now_ms, options, url: None }
    }

    /// PostgreSQL and files in a folder of its own.
    pub(crate) async fn shared() -> Self {
        Self { url: Some(postgres::new_database().await), ..Self::new() }
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Store, Error> {
        let Some(url) = &self.url else { return Store::open(self.folder.path(), self.options.clone()) };
        let blobs = format!("file:{}", self.folder.path().join("blobs").display());
        Store::connect(url, &blobs, self.options.clone()).await
    }

    pub(crate) fn sqlite_beside(&self) -> Beside {
        Store::open_beside(self.folder.path()).unwrap().with_options(&self.options)
    }

    /// What the command line does beside the server. It blocks, so it is done where that is allowed.
    pub(crate) fn beside<T: Send>(&self, ask: impl FnOnce(Beside) -> T + Send) -> T {
        let open = || match &self.url {
            None => self.sqlite_beside(),
            Some(url) => Store::connect_beside(url).unwrap(),
        };
        std::thread::scope(|scope| scope.spawn(|| ask(open().with_options(&self.options))).join().unwrap())
    }

    pub(crate) fn pass_s(&self, seconds: u64) {
        self.pass_ms(seconds as i64 * 1_000);
    }

    pub(crate) fn pass_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, SeqCst);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms.load(SeqCst)
    }

    /// The payload files, by name.
    pub(crate) fn files(&self) -> Vec<String> {
        fn collect(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    collect(&path, found);
                } else {
                    found.push(path.to_str().unwrap().to_owned());
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.folder.path().join("blobs"), &mut found);
        found
    }
}

/// Waits for what is certain to come; a test for which it does not come within two minutes has failed.
pub(crate) async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let came = tokio::time::timeout(Duration::from_mins(2), wait).await;
    came.unwrap_or_else(|_| panic!("{what} did not come within two minutes"))
}

pub(crate) fn operation(kind: &str, request: impl Into<Bytes>) -> NewOperation {
    NewOperation {
        id: new_id(),
        tenant: "demo".into(),
        kind: kind.into(),
        dataset: Some("seattle-1".into()),
        request: request.into(),
        ..NewOperation::default()
    }
}

pub(crate) async fn accept(store: &Store, request: impl Into<Bytes>) -> Uuid {
    store.accept(operation("plan", request)).await.unwrap().operation.id
}

/// Does everything that can be done: who must be alone is given out one at a time. The claims, in order.
pub(crate) async fn finish_all(store: &Store, result: &'static str) -> Vec<Claim> {
    let mut all = Vec::new();
    loop {
        let claims = store.claim("worker-2", None, usize::MAX).await.unwrap();
        if claims.is_empty() {
            return all;
        }
        for claim in &claims {
            let done = store.complete(&claim.token, result.into()).await.unwrap();
            assert_eq!(done, operations::Completion::Done);
        }
        all.extend(claims);
    }
}

/// Claims the one item that is ready.
pub(crate) async fn claim(store: &Store) -> Claim {
    let mut claims = store.claim("worker-1", None, 10).await.unwrap();
    assert_eq!(claims.len(), 1, "{claims:?}");
    claims.remove(0)
}

pub(crate) async fn show(store: &Store, id: Uuid) -> Operation {
    store.get(id).await.unwrap().expect("the operation is there")
}

pub(crate) fn failure(code: &str) -> Failure {
    Failure { code: code.into(), message: format!("it was {code}") }
}

/// A payload that does not fit into the database.
pub(crate) fn large(byte: u8) -> Bytes {
    vec![byte; operations::INLINE_LIMIT + 1].into()
}
