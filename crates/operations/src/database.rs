//! The two databases behind one door: run this command in a group that is committed, answer this question.

use std::path::PathBuf;
use std::sync::Arc;

use crate::blobs::blocking;
use crate::postgres::Postgres;
use crate::session::Session;
use crate::sqlite::{Check, Readers, Writing};
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
    /// After an unclean stop.
    check: Option<Arc<Check>>,
}

impl Sqlite {
    fn damage(&self) -> Option<Error> {
        self.check.as_ref().and_then(|check| check.trouble())
    }

    /// A file whose check has not ended well is not one that the next start may trust.
    async fn close(&self) -> Result<(), Error> {
        if let Some(check) = self.check.clone() {
            blocking(move || check.wait()).await?;
        }
        self.writer.close().await
    }
}

impl Database {
    pub(crate) fn sqlite(
        writing: Writing,
        path: PathBuf,
        options: Arc<StoreOptions>,
        check: Option<Check>,
    ) -> Result<Self, Error> {
        let writer = Writer::start(writing, options.clone())?;
        Ok(Self::Sqlite(Sqlite { writer, readers: Readers::new(path), options, check: check.map(Arc::new) }))
    }

    /// Runs a command; waits for its turn.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        named: Named,
        command: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer(named)?.run(named, command).await
    }

    /// Runs a command, or refuses it when too many wait: for work that is new.
    pub(crate) async fn write_or_refuse<T: Send + 'static>(
        &self,
        named: Named,
        command: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.writer(named)?.run_or_refuse(named, command).await
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
            Self::Sqlite(sqlite) => sqlite.damage().or_else(|| sqlite.writer.trouble()),
            Self::Postgres(postgres) => postgres.trouble(),
        }
    }

    pub(crate) async fn close(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres(postgres) => postgres.close().await,
        }
    }

    /// Who writes; nobody writes on top of damage.
    fn writer(&self, named: Named) -> Result<&Writer, Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.damage().map_or(Ok(&sqlite.writer), Err),
            Self::Postgres(postgres) => Ok(postgres.writer(named)),
        }
    }
}
