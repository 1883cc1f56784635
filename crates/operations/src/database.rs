//! The two databases behind one door: run this command in a group that is committed, answer this question.

use std::path::PathBuf;
use std::sync::Arc;

use crate::postgres::Postgres;
use crate::session::Session;
use crate::sqlite::{Readers, Writing};
use crate::state::Tx;
use crate::writer::{Named, Writer};
use crate::{Error, StoreOptions};

/// Where operations are kept.
#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// One writer, and readers that never wait for it.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Writer,
    readers: Arc<Readers>,
    options: Arc<StoreOptions>,
}

impl Database {
    pub(crate) fn sqlite(writing: Writing, path: PathBuf, options: Arc<StoreOptions>) -> Result<Self, Error> {
        let writer = Writer::start(writing, options.clone())?;
        Ok(Self::Sqlite(Sqlite { writer, readers: Readers::new(path), options }))
    }

    /// Runs a command; waits for its turn.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        named: Named,
        command: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer(named).run(named, command).await
    }

    /// Runs a command, or refuses it when too many wait: for work that is new.
    pub(crate) async fn write_or_refuse<T: Send + 'static>(
        &self,
        named: Named,
        command: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer(named).run_or_refuse(named, command).await
    }

    /// Answers a question on one state of the database, which is told with its time.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut dyn Session, i64) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match self {
            Self::Sqlite(sqlite) => {
                let now_ms = sqlite.options.clock.now_ms();
                sqlite.readers.read(move |session| question(session, now_ms)).await
            }
            Self::Postgres(postgres) => postgres.read(question).await,
        }
    }

    /// The time that this database goes by, near enough for who waits.
    pub(crate) fn now_ms(&self) -> i64 {
        match self {
            Self::Sqlite(sqlite) => sqlite.options.clock.now_ms(),
            Self::Postgres(postgres) => postgres.now_ms(),
        }
    }

    /// Why writing fails at present.
    pub(crate) fn trouble(&self) -> Option<Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.writer.trouble(),
            Self::Postgres(postgres) => postgres.trouble(),
        }
    }

    pub(crate) async fn close(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.writer.close().await,
            Self::Postgres(postgres) => postgres.close().await,
        }
    }

    fn writer(&self, named: Named) -> &Writer {
        match self {
            Self::Sqlite(sqlite) => &sqlite.writer,
            Self::Postgres(postgres) => postgres.writer(named),
        }
    }
}
