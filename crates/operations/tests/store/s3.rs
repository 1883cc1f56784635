//! A server that speaks S3, started for real and made to fail when told.
//!
//! `s3s-fs` is the server: it is kept, is written in Rust and so needs nothing but Cargo, and runs in this process, so that a
//! test can stand between it and its clients. (`s3rver` needs Node.js wherever the tests run.)

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A bucket on a port of its own.
pub(crate) struct Bucket {
    folder: tempfile::TempDir,
    pub(crate) port: u16,
    /// Every other write is answered with an error, half of them after it was done.
    pub(crate) fails: Arc<AtomicBool>,
    /// No write goes on to an object whose path contains this.
    pub(crate) holds: watch::Sender<Option<&'static str>>,
    /// How many writes are held up.
    pub(crate) held: Arc<AtomicUsize>,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bucket")).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single("key", "secret"));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (fails, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let failing = fails.clone();
        let (holds, holding) = watch::channel(None::<&str>);
        let held = Arc::new(AtomicUsize::new(0));
        let waiting = held.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (service, failing, count) = (service.clone(), failing.clone(), count.clone());
                let (holding, waiting) = (holding.clone(), waiting.clone());
                let answer = service_fn(move |request: Request<Incoming>| {
                    let (service, failing, count) = (service.clone(), failing.clone(), count.clone());
                    let (mut holding, waiting) = (holding.clone(), waiting.clone());
                    async move {
                        let path = request.uri().path().to_owned();
                        let is_held = |holds: Option<&str>| holds.is_some_and(|part| path.contains(part));
                        let reads = [hyper::Method::GET, hyper::Method::HEAD].contains(request.method());
                        if !reads && is_held(*holding.borrow()) {
                            waiting.fetch_add(1, SeqCst);
                            // Its end is that of the test.
                            let _ = holding.wait_for(|holds| !is_held(*holds)).await;
                        }
                        let number = count.fetch_add(1, SeqCst) % 4;
                        let fails = failing.load(SeqCst) && request.method() != hyper::Method::GET;
                        if fails && number == 0 {
                            return Ok(broken());
                        }
                        let done = service.call(request.map(s3s::Body::from)).await?;
                        // The write was made, its answer is lost.
                        Ok::<_, s3s::HttpError>(if fails && number == 2 { broken() } else { done })
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self { folder, port, fails, holds, held }
    }

    /// What a program's environment says of it.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ACCESS_KEY_ID", "key".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }

    /// Everything that is in it.
    pub(crate) fn objects(&self) -> Vec<PathBuf> {
        fn collect(folder: &std::path::Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let hidden = path.file_name().unwrap().to_str().unwrap().starts_with('.');
                if path.is_dir() {
                    collect(&path, found);
                } else if !hidden {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.folder.path().join("bucket"), &mut found);
        found
    }
}

fn broken() -> s3s::HttpResponse {
    let mut response = Response::new(s3s::Body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}
