//! What a worker does with an item: which of the dialect's functions it runs, and what comes out.
//!
//! A question that is not cut runs whole. A large one is cut by its planner, its parts run like questions of their own, and a join
//! writes the answer from what they came to ([`wire::Parts`]). All of them run on plain threads of the work pool, over the dataset
//! that the operation was accepted with; a join alone waits there for the store, piece by piece, since what it reads and writes may
//! be larger than memory.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use engine::{Budget, Engine};
use operations::{Claim, Output, OutputWriter, Part, Role, Store};
use tokio::runtime::Handle;
use uuid::Uuid;
use wire::{Cut, LongQuestion, Parts, Pieces, Request};

use super::live::Live;

/// What an item came to.
pub(super) enum Product {
    /// A result, or a part of one.
    Bytes(Vec<u8>),
    /// The parts that are to be worked on.
    Cuts(Vec<Cut>),
    /// A result that is in the store already.
    Stored(Output),
}

/// An item, with all that running it takes.
pub(super) struct Job {
    pub(super) claim: Claim,
    pub(super) question: Option<&'static LongQuestion>,
    pub(super) live: Arc<Live>,
    pub(super) store: Store,
    pub(super) runtime: Handle,
}

impl Job {
    /// Runs it on this thread.
    pub(super) fn run(&self, budget: &Budget) -> Result<Product, wire::Failure> {
        let claim = &self.claim;
        let question =
            self.question.ok_or_else(|| failure("UnknownKind", "this version does not know such questions", false))?;
        let request = Request::from_stored(&claim.request)
            .ok_or_else(|| failure("DamagedRequest", "the stored question cannot be read", false))?;
        let engine = self.live.pinned(claim.dataset.as_deref());
        let engine = engine.map_err(|error| failure("DatasetUnavailable", &error.to_string(), true))?;
        match (claim.role, question.parts) {
            (Role::Whole, _) => (question.run)(&engine, &request, budget).map(Product::Bytes),
            (Role::Planner, Some(parts)) => (parts.cut)(&engine, &request).map(Product::Cuts),
            (Role::Part, Some(parts)) => (parts.run)(&engine, &request, &claim.input, budget).map(Product::Bytes),
            (Role::Join, Some(parts)) => self.join(parts, &engine, &request, budget).map(Product::Stored),
            (_, None) => Err(failure("UnknownKind", "this version does not cut such questions", false)),
        }
    }

    fn join(
        &self,
        parts: &Parts,
        engine: &Engine,
        request: &Request,
        budget: &Budget,
    ) -> Result<Output, wire::Failure> {
        let waiting = |error: operations::Error| failure("StoreUnavailable", &error.to_string(), true);
        let all = self.runtime.block_on(all_parts(&self.store, self.claim.token.op)).map_err(waiting)?;
        let writer = self.runtime.block_on(self.store.output_writer(&self.claim.token)).map_err(waiting)?;
        let mut sink = Sink { writer, runtime: &self.runtime, waiting: Vec::with_capacity(PIECE), budget };
        let mut pieces = StoredPieces { parts: &all, store: &self.store, runtime: &self.runtime };
        (parts.join)(engine, request, &mut pieces, &mut sink)?;
        sink.finish().map_err(waiting)
    }
}

/// A failed attempt.
pub(super) fn failure(code: &str, message: &str, retry: bool) -> wire::Failure {
    wire::Failure { code: code.to_owned(), message: message.to_owned(), retry }
}

/// All parts of an operation by number; those are the items from 1 on.
async fn all_parts(store: &Store, op: Uuid) -> Result<Vec<Part>, operations::Error> {
    let mut all: Vec<Part> = Vec::new();
    loop {
        let from = all.last().map_or(1, |part| part.seq + 1);
        let page = store.parts(op, from, 1000).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The parts' answers as they lie in the store.
struct StoredPieces<'a> {
    parts: &'a [Part],
    store: &'a Store,
    runtime: &'a Handle,
}

impl Pieces for StoredPieces<'_> {
    fn piece(&mut self, number: usize) -> Result<Result<Vec<u8>, wire::Failure>, wire::Failure> {
        let missing = || failure("PartMissing", &format!("part {number} of the answer is not there"), false);
        let part = self.parts.get(number).ok_or_else(missing)?;
        if let Some(why) = &part.error {
            return Ok(Err(failure(&why.code, &why.message, false)));
        }
        match self.runtime.block_on(self.store.part_output(part)) {
            Ok(Some(output)) => Ok(Ok(output.into())),
            Ok(None) => Err(missing()),
            Err(error) => Err(failure("StoreUnavailable", &error.to_string(), true)),
        }
    }
}

/// Bytes gathered before they are handed on.
const PIECE: usize = 1 << 20;

/// A result on its way into the store.
struct Sink<'a> {
    writer: OutputWriter,
    runtime: &'a Handle,
    waiting: Vec<u8>,
    budget: &'a Budget,
}

impl Sink<'_> {
    fn finish(mut self) -> Result<Output, operations::Error> {
        let rest = Bytes::from(std::mem::take(&mut self.waiting));
        self.runtime.block_on(async {
            self.writer.write(rest).await?;
            self.writer.finish().await
        })
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.budget.check().map_err(io::Error::other)?;
        let piece = Bytes::from(std::mem::replace(&mut self.waiting, Vec::with_capacity(PIECE)));
        self.runtime.block_on(self.writer.write(piece)).map_err(io::Error::other)
    }
}
