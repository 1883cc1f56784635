//! Blobs in a bucket: a server that speaks S3 is started for real, and made to fail.

use std::path::PathBuf;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, SystemTime};

use operations::{Blobs, Completion, State, Store};

use crate::child::Process;
use crate::lab::{Lab, accept, claim, large, show, within};
use crate::s3::Bucket;

const URL: &str = "OPERATIONS_BUCKET_DATABASE";
const FAILS: &str = "OPERATIONS_BUCKET_FAILS";
const WAITS: &str = "OPERATIONS_BUCKET_WAITS";

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
        println!("\nclaimed {id}");
        if std::env::var(WAITS).is_ok() {
            std::io::stdin().read_line(&mut String::new()).unwrap();
        }
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
        let listed: Vec<_> = listed.iter().map(|blob| (blob.key.as_str(), blob.bytes)).collect();
        assert_eq!(listed, [("datasets/abc/nodes", 2 * large(1).len() as u64)]);
        assert!(store.blobs().get_range("datasets/none", None).await.unwrap().is_none());
        println!("\nstored");
        lab.pass_s(86_400);
        assert_eq!(store.sweep().await.unwrap().expired, 1);
        let soon = SystemTime::now() + Duration::from_mins(1);
        for (key, old) in [("spared", 0), ("removed", 1)] {
            store.blobs().put_stream(&format!("datasets/abc/{key}"), shared()).await.unwrap_or_default();
            let there = store.blobs().list("datasets/abc").await.unwrap().iter().any(|blob| blob.key.ends_with(key));
            let removed = store.blobs().remove_old("datasets", soon, |key| !key.ends_with("removed")).await.unwrap();
            assert_eq!(removed, if there { old } else { 0 }, "{key}");
        }
        store.blobs().remove("datasets/abc/spared").await.unwrap();
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
    let bucket_is = bucket.variables();
    let (stored, well) = tokio::task::spawn_blocking(move || {
        let mut variables = vec![(URL, url.as_str())];
        variables.extend(bucket_is.iter().map(|(name, value)| (*name, value.as_str())));
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

/// While the bucket does not answer, the work is not done and nothing of it can be seen, whoever looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_is_slow_shows_nothing_before_it_has_all() {
    let (bucket, lab) = (Bucket::start().await, Lab::shared().await);
    let (other, url) = (lab.open().await, lab.url.clone().unwrap());
    let variables = bucket.variables();
    let named = variables.iter().map(|(name, value)| (*name, value.as_str()));
    let variables: Vec<_> = named.chain([(URL, url.as_str()), (WAITS, "yes")]).collect();
    let mut node = Process::start("bucket::node", &variables);
    let id = node.next("claimed ").unwrap().parse().unwrap();
    let before = bucket.objects();
    bucket.holds.send(Some("")).unwrap();
    node.say("go on");
    within("a write that is held up", async {
        while bucket.held.load(SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!((show(&other, id).await.state, other.result(id).await.unwrap()), (State::Running, None));
    assert_eq!(bucket.objects(), before);
    bucket.holds.send(None).unwrap();
    assert!(node.next("stored").is_some() && node.next("all is well").is_some());
}

#[test]
fn an_url_of_neither_kind_is_refused() {
    for url in ["", "s3://", "ftp://x", "/tmp/x"] {
        let refused = Blobs::open(url).unwrap_err().to_string();
        assert!(refused.contains("file:DIR or s3://BUCKET/PREFIX"), "{refused}");
    }
}
