//! `demo`: a fleet planned on real streets, within a minute of the build's end and without a network.
//!
//! The map and the fleet are part of the program. The map is imported like any other (a second start finds the dataset there
//! and is up in seconds), the server is the usual one, and the fleet is planned the way a client of Bing Maps would have
//! it planned: over HTTP, through the asynchronous endpoint, polling the address that the answer gives.

mod client;
mod published;

use std::net::SocketAddr;
use std::path::Path;

use clap::Args;
use engine::ImportOptions;
use operations::Store;
use tokio::sync::oneshot;

use crate::cli::Common;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

use super::healthcheck::reachable;
use super::import::import_files;
use super::operations::store_failure;
use super::serve::{ServerFlags, run_server};
use super::summary::summary;

/// The streets of Seattle's University District; © OpenStreetMap contributors, see `demo/README.md`.
const MAP: &[u8] = include_bytes!("../../../../../demo/seattle-udistrict.osm.pbf");
const MAP_NAME: &str = "seattle-udistrict";

/// The sample fleet, as the body of Bing's `OptimizeItinerary`.
const FLEET: &[u8] = include_bytes!("../../../../../demo/fleet.json");

#[derive(Args)]
#[command(after_help = "\
    Serves until Ctrl-C.\n\nExamples:\n\
    \x20 roundsman demo\n\
    \x20 roundsman demo --listen 127.0.0.1:0 --once\n\
    \x20 roundsman demo --published")]
pub(crate) struct Demo {
    #[command(flatten)]
    flags: ServerFlags,
    /// End after the sample fleet is planned and printed.
    #[arg(long, alias = "exit")]
    once: bool,
    /// Instead: the examples of the vendor's documentation, our plans beside the published ones; needs no map.
    #[arg(long, conflicts_with = "once")]
    published: bool,
}

impl Demo {
    pub(crate) fn run(self, common: &Common) -> Outcome {
        if self.published {
            return published::run(common);
        }
        let config = common.config(self.flags.raw())?;
        common.make_data()?;
        import_map(&common.data)?;
        let (data, as_json, once) = (common.data.clone(), common.json, self.once);
        run_server(config, &common.data, crate::serve::Role::Server, move |address| async move {
            let exit = match Key::for_demo(&data) {
                Ok(key) => show(reachable(address), &key, as_json, once).await,
                Err(failure) => complain(&failure),
            };
            if once { exit } else { std::future::pending().await }
        })
    }
}

/// Imports the bundled map and makes it the active one; a dataset of the same content is used as it is.
fn import_map(data: &Path) -> Result<(), Failure> {
    let full = |error| Failure::environment(format!("cannot write in the data folder {}: {error}", data.display()));
    let folder = tempfile::Builder::new().prefix(".demo-").tempdir_in(data).map_err(full)?;
    let file = folder.path().join(format!("{MAP_NAME}.osm.pbf"));
    let unwritable = |error| Failure::environment(format!("cannot write {}: {error}", file.display()));
    std::fs::write(&file, MAP).map_err(unwritable)?;
    let options = ImportOptions { name: Some(MAP_NAME.to_owned()), activate: true, ..ImportOptions::default() };
    import_files(std::slice::from_ref(&file), data, &options)?;
    Ok(())
}

/// Has the fleet planned and prints what came out. The key stays with the caller, whom a signal ends: it is revoked then too.
async fn show(server: SocketAddr, key: &Key, as_json: bool, once: bool) -> Exit {
    let (finished, finish) = oneshot::channel();
    let text = key.text().to_owned();
    std::thread::spawn(move || {
        // Nobody waits any more when the server was told to stop.
        let _ = finished.send(client::plan(server, &text, FLEET));
    });
    match finish.await {
        Ok(Ok(plan)) if as_json => output::json(&plan.resource),
        Ok(Ok(plan)) => {
            output::line(summary(&plan.resource));
            if !once {
                output::line(hints(server, &plan.callback_url, key));
            }
        }
        Ok(Err(failure)) => return complain(&failure),
        Err(_) => return complain(&Failure::environment("the demo's client broke off; see the log")),
    }
    Exit::Done
}

fn complain(failure: &Failure) -> Exit {
    eprintln!("roundsman: {}", failure.message);
    failure.exit
}

/// Where to go from here: three lines to try.
fn hints(server: SocketAddr, callback_url: &str, key: &Key) -> String {
    let note = match key {
        Key::Any => "",
        Key::Made { .. } => " (with a key of yours)",
    };
    format!(
        "Serving on http://{server} until Ctrl-C. To try, in another terminal{note}:\n\
         \n  curl 'http://{server}/route/directions/json?api-version=1.0&query=47.6613,-122.3130:47.6505,-122.3493'\
         \n  curl '{callback_url}'\
         \n  curl -d '{{\"profile\":\"car\",\"origins\":[[-122.3130,47.6613]],\"destinations\":[[-122.3493,47.6505]]}}' \
         http://{server}/api/v1/matrix\n"
    )
}

/// The key that the demo asks with.
enum Key {
    /// No key is configured, so any text does.
    Any,
    /// Keys are configured: one was made for the demo, and is revoked after it.
    Made { store: Box<operations::Beside>, name: String, key: String },
}

impl Key {
    fn for_demo(data: &Path) -> Result<Self, Failure> {
        let store = Store::open_beside(data).map_err(store_failure)?;
        if store.keys_list().map_err(store_failure)?.is_empty() {
            return Ok(Self::Any);
        }
        let name = format!("demo-{}", uuid::Uuid::new_v4().simple());
        let made = store.keys_add(&name, Some("demo"), None).map_err(store_failure)?;
        Ok(Self::Made { store: Box::new(store), name, key: made.key })
    }

    fn text(&self) -> &str {
        match self {
            Self::Any => "demo",
            Self::Made { key, .. } => key,
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        if let Self::Made { store, name, .. } = self
            && let Err(error) = store.keys_revoke(name)
        {
            tracing::warn!(%error, key = name, "cannot revoke the demo's key");
        }
    }
}
