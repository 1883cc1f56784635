//! Sockets: how many there may be, and how long one may keep us waiting for a question.
//!
//! Why not `axum::serve`: it takes every connection and waits for its request for ever, so whoever opens sockets and says nothing
//! uses up the process's files. Here a connection holds one of a bounded number of places as long as it is open, and is closed
//! when a request's head has not come in time, the pause between two requests of a kept connection included. While all places
//! are taken, new connections wait in the system's own queue; nobody is refused.
//!
//! Never in here: what a request says. Bodies have a clock of their own, in [`super::receive`].

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::serve::{App, Phase};

/// The wait after the system had no connection to give, e.g. because the process has too many files open.
const BREATH: Duration = Duration::from_millis(200);

/// Serves until the server drains, and then until the connections that are being answered have ended.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>) {
    let places = Arc::new(Semaphore::new(app.config.server.connections));
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(app.config.server.idle);
    let service = TowerToHyperService::new(super::service(Arc::clone(&app)));
    let graceful = GracefulShutdown::new();
    let mut draining = std::pin::pin!(app.stopping.reached(Phase::Draining));
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place.expect("nothing closes the semaphore"),
            () = &mut draining => break,
        };
        let socket = tokio::select! {
            socket = accept(&listener) => socket,
            () = &mut draining => break,
        };
        let connection = http.serve_connection(TokioIo::new(socket), service.clone());
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection; faults concern one connection or pass, so they are waited out.
async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return socket,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}
