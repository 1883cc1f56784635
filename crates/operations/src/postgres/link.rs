//! One connection, driven by the thread that uses it.
//!
//! The transitions are plain functions, so a thread that runs them waits for each answer; a runtime of its own that drives
//! only this connection costs no hop to another thread. Every wait has a bound: a server that does not answer is as good
//! as gone. A connection that met an error of transport is dropped and made anew.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls;
use crate::Error;
use crate::session::{Cell, Row, Session, Value};

/// How long any one answer may take. The server gives a statement up after half of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every connection begins with: no statement and no open transaction longer than five seconds, ever.
const SETTINGS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '2s';
    SET idle_in_transaction_session_timeout = '5s'; SET application_name = 'roundsman'";

/// Where the database is, and how to get there.
#[derive(Clone)]
pub(crate) struct Address {
    config: Arc<Config>,
    tls: MakeRustlsConnect,
}

/// A connection, or the way to one.
pub(crate) struct Link {
    address: Address,
    runtime: Option<Runtime>,
    client: Option<Client>,
    statements: HashMap<String, Statement>,
    /// The transaction under way has changed something.
    pub(super) wrote: bool,
}

impl Address {
    pub(super) fn of(url: &str) -> Result<Self, Error> {
        let limit = "postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE";
        // The value is not told: there may be a password in it.
        let mut config = Config::from_str(url).map_err(|_| Error::Invalid {
            field: "store",
            value: "a URL that cannot be read".into(),
            limit,
        })?;
        // State is read from the primary only: a standby may be behind.
        config
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(Duration::from_secs(3))
            .tcp_user_timeout(PATIENCE)
            .keepalives_idle(Duration::from_secs(10));
        Ok(Self { config: Arc::new(config), tls: tls::connector()? })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }
}

impl Link {
    pub(super) fn new(address: Address) -> Result<Self, Error> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|cause| Error::Storage { detail: format!("a runtime does not start: {cause}") })?;
        Ok(Self { address, runtime: Some(runtime), client: None, statements: HashMap::new(), wrote: false })
    }

    /// Connects, unless it is.
    pub(super) fn connect(&mut self) -> Result<(), Error> {
        if self.client.as_ref().is_some_and(|client| !client.is_closed()) {
            return Ok(());
        }
        self.drop_client();
        let Some(runtime) = &self.runtime else { return Err(Error::Closed) };
        let address = &self.address;
        let client = runtime.block_on(async {
            let connecting = timeout(PATIENCE, address.config.connect(address.tls.clone()));
            let (client, connection) = connecting.await.map_err(|_| unreachable_for("it does not answer"))??;
            // Ends with the client.
            tokio::spawn(connection);
            Ok::<_, Error>(client)
        })?;
        self.client = Some(client);
        self.batch(SETTINGS)
    }

    fn drop_client(&mut self) {
        self.client = None;
        self.statements.clear();
    }

    /// Runs statements without parameters.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        self.simple(sql).map(|_| ())
    }

    /// The first field of the last statement's first row.
    pub(super) fn one_line(&mut self, sql: &str) -> Result<Option<String>, Error> {
        let answer = self.simple(sql)?;
        Ok(answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    }

    fn simple(&mut self, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
        let (Some(runtime), Some(client)) = (&self.runtime, &self.client) else {
            return Err(unreachable_for("it is gone"));
        };
        let answer = runtime.block_on(async { timeout(PATIENCE, client.simple_query(sql)).await });
        self.judged(answer)
    }

    /// A connection whose transport failed, or that did not answer, is not used again.
    fn judged<T, E>(&mut self, answer: Result<Result<T, tokio_postgres::Error>, E>) -> Result<T, Error> {
        let done = match answer {
            Ok(done) => done.map_err(Error::from),
            Err(_) => Err(unreachable_for("it does not answer")),
        };
        if let Err(Error::Unreachable { .. }) = done {
            self.drop_client();
        }
        done
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(known) = self.statements.get(sql) {
            return Ok(known.clone());
        }
        let (Some(runtime), Some(client)) = (&self.runtime, &self.client) else {
            return Err(unreachable_for("it is gone"));
        };
        let answer = runtime.block_on(async { timeout(PATIENCE, client.prepare(sql)).await });
        let statement = self.judged(answer)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Session for Link {
    fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        let statement = self.prepared(sql)?;
        let (Some(runtime), Some(client)) = (&self.runtime, &self.client) else {
            return Err(unreachable_for("it is gone"));
        };
        let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let answer = runtime.block_on(async { timeout(PATIENCE, client.query(&statement, &parameters)).await });
        let rows = self.judged(answer)?;
        self.wrote |= !rows.is_empty() && !sql.starts_with("SELECT");
        rows.iter().map(read).collect()
    }

    fn change(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, Error> {
        let statement = self.prepared(sql)?;
        let (Some(runtime), Some(client)) = (&self.runtime, &self.client) else {
            return Err(unreachable_for("it is gone"));
        };
        let parameters: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let answer = runtime.block_on(async { timeout(PATIENCE, client.execute(&statement, &parameters)).await });
        let changed = self.judged(answer)?;
        self.wrote |= changed > 0;
        Ok(changed)
    }
}

fn read(row: &tokio_postgres::Row) -> Result<Row, Error> {
    (0..row.len()).map(|column| row.try_get::<_, Cell>(column).map_err(Error::from)).collect::<Result<_, _>>().map(Row)
}

impl Drop for Link {
    /// Without waiting: it may be dropped where nothing may wait.
    fn drop(&mut self) {
        self.drop_client();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without user and password.
        write!(f, "Address({:?})", self.config.get_hosts())
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the address: there may be a password in it.
        write!(f, "Link(connected: {})", self.client.is_some())
    }
}

pub(super) fn unreachable_for(why: &str) -> Error {
    Error::Unreachable { detail: why.to_owned(), in_doubt: false }
}

impl From<tokio_postgres::Error> for Error {
    fn from(cause: tokio_postgres::Error) -> Self {
        let Some(told) = cause.as_db_error() else {
            return Self::Unreachable { detail: with_sources(&cause), in_doubt: false };
        };
        let code = told.code();
        let contended = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            // Another node inserted the same row at the same moment; run again, the command finds it.
            SqlState::UNIQUE_VIOLATION,
        ];
        let gone = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::TOO_MANY_CONNECTIONS,
        ];
        if contended.contains(code) {
            Self::Contended
        } else if gone.contains(code) {
            Self::Unreachable { detail: told.message().to_owned(), in_doubt: false }
        } else {
            Self::Storage { detail: format!("{} ({})", told.message(), code.code()) }
        }
    }
}

fn with_sources(cause: &dyn std::error::Error) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
