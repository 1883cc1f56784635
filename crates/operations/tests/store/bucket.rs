//! Blobs in a bucket: a server that speaks S3 is started for real, and made to fail.
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
use operations::{Blobs, Completion, State, Store};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;

use crate::child::Process;
use crate::lab::{Lab, accept, claim, large, show};

/// A bucket on a port of its own.
struct Bucket {
    folder: tempfile::TempDir,
    port: u16,
    /// Every other write is answered with an error, half of them after it was done.
    fails: Arc<AtomicBool>,
}

impl Bucket {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bucket")).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single("key", "secret"));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (fails, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let failing = fails.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (service, failing, count) = (service.clone(), failing.clone(), count.clone());
                let answer = service_fn(move |request: Request<Incoming>| {
                    let (service, failing, count) = (service.clone(), failing.clone(), count.clone());
                    async move {
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
        Self { folder, port, fails }
    }

    fn objects(&self) -> Vec<PathBuf> {
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

const URL: &str = "OPERATIONS_BUCKET_DATABASE";
const FAILS: &str = "OPERATIONS_BUCKET_FAILS";

/// Not a test of its own: a node whose bucket is named by the environment, as an operator names it.
#[test]
fn node() {
    let Ok(url) = std::env::var(URL) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut lab = Lab::new();
        lab.url = Some(url.clone());
        let store = Store::connect(&url, "s3://bucket/roundsman", lab.options.clone()).await.unwrap();
        let id = accept(&store, large(1)).await;
        let claim = claim(&store).await;
        assert_eq!(claim.request, large(1));
        let done = if std::env::var(FAILS).is_ok() {
            // What is whole in memory is written again when it fails; of a stream the attempt itself is repeated.
            let whole: Vec<u8> = (0..40u8).flat_map(|byte| vec![byte; 1 << 20]).collect();
            store.complete(&claim.token, whole.into()).await.unwrap()
        } else {
            let mut writer = store.output_writer(&claim.token).await.unwrap();
            for byte in 0..40u8 {
                writer.write(vec![byte; 1 << 20].into()).await.unwrap();
            }
            store.complete_with(&claim.token, writer.finish().await.unwrap()).await.unwrap()
        };
        assert_eq!(done, Completion::Done);
        assert_eq!(show(&store, id).await.state, State::Succeeded);
        let whole = store.result(id).await.unwrap().unwrap();
        assert!(whole.len() == 40 << 20 && whole[(17 << 20) + 5] == 17);
        let mut reader = store.open_result(id, Some(20 << 20..(20 << 20) + 9)).await.unwrap().unwrap();
        assert_eq!(reader.next().await.unwrap().unwrap(), vec![20; 9]);
        let shared = || futures_util::stream::iter([Ok(large(1)), Ok(large(2))]);
        let mut written = store.blobs().put_stream("datasets/abc/nodes", shared()).await;
        for _ in 0..20 {
            if written.is_err() {
                written = store.blobs().put_stream("datasets/abc/nodes", shared()).await;
            }
        }
        assert_eq!(written, Ok(2 * large(1).len() as u64));
        let listed = store.blobs().list("datasets/abc").await.unwrap();
        assert_eq!(listed, [("datasets/abc/nodes".to_owned(), 2 * large(1).len() as u64)]);
        assert!(store.blobs().get_range("datasets/none", None).await.unwrap().is_none());
        println!("\nstored");
        lab.pass_s(86_400);
        assert_eq!(store.sweep().await.unwrap().expired, 1);
        store.blobs().remove("datasets/abc/nodes").await.unwrap();
        // What writes left whose answers were lost goes by its age: by this clock everything is old.
        lab.pass_s(2 * 86_400);
        store.sweep().await.unwrap();
        println!("\nall is well");
    });
}

async fn run_node(fails: bool) {
    let bucket = Bucket::start().await;
    bucket.fails.store(fails, SeqCst);
    let url = crate::postgres::new_database().await;
    let endpoint = format!("http://127.0.0.1:{}", bucket.port);
    let (stored, well) = tokio::task::spawn_blocking(move || {
        let mut variables = vec![
            (URL, url.as_str()),
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
        ];
        variables.extend(fails.then_some((FAILS, "yes")));
        let mut node = Process::start("bucket::node", &variables);
        (node.next("stored").is_some(), node.next("all is well").is_some())
    })
    .await
    .unwrap();
    assert!(stored && well, "failing: {fails}, stored: {stored}");
    assert_eq!(bucket.objects(), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_keeps_what_files_keep() {
    run_node(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_fails_shows_nothing_by_halves() {
    run_node(true).await;
}

#[test]
fn an_url_of_neither_kind_is_refused() {
    for url in ["", "s3://", "ftp://x", "/tmp/x"] {
        let refused = Blobs::open(url).unwrap_err().to_string();
        assert!(refused.contains("file:DIR or s3://BUCKET/PREFIX"), "{refused}");
    }
}
