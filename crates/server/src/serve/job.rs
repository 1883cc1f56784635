//! What a worker does with an item: which of the dialect's functions it runs, and what comes out.
//!
//! A question that is not cut runs whole. A large one is cut by its planner, its parts run like questions of their own, and a join
//! writes the answer from what they came to, or cuts the next stage ([`wire::Parts`]). All of them run on plain threads of the work pool, over the dataset
//! that the operation was accepted with; a join alone waits there for the store, piece by piece, since what it reads and writes may
//! be larger than memory.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use engine::{Budget, Engine};
use operations::{Claim, Output, OutputWriter, Part, Piece, Role, Store, Token};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use wire::{Join, LongQuestion, Parts, Pieces, Request, Stage, Stretch};

use super::importing::{self, ImportSettings, Imported};
use super::live::Live;
use super::maps::Maps;
use super::stages;

/// What an item came to.
pub(super) enum Product {
    /// A result, or a part of one.
    Bytes(Vec<u8>),
    /// The parts that are to be worked on.
    Cuts(Stage),
    /// A result that is in the store already.
    Stored(Output),
    /// A dataset.
    Imported(Imported),
}

/// An item, with all that running it takes.
pub(super) struct Job {
    pub(super) claim: Claim,
    pub(super) question: Option<&'static LongQuestion>,
    pub(super) live: Arc<Live>,
    pub(super) maps: Arc<Maps>,
    pub(super) import: ImportSettings,
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
        if let Some(import) = question.import {
            return match (claim.role, claim.schema_version) {
                (Role::Whole, _) => importing::run(self, import, &request, budget).map(Product::Imported),
                (_, stages::FORM) => stages::run(self, import, &request, budget),
                _ => Err(failure("UnknownKind", "this version does not cut imports of that form", false)),
            };
        }
        let engine = self.live.pinned(claim.dataset.as_deref());
        let engine = engine.map_err(|error| failure("DatasetUnavailable", &error.to_string(), true))?;
        let parts = question.parts.iter().find(|parts| parts.form == claim.schema_version);
        match (claim.role, parts) {
            (Role::Whole, _) => (question.run)(&engine, &request, budget).map(Product::Bytes),
            (Role::Planner, Some(parts)) => (parts.cut)(&engine, &request, budget).map(Product::Cuts),
            (Role::Part, Some(parts)) => (parts.run)(&engine, &request, &claim.input, budget).map(Product::Bytes),
            (Role::Join, Some(parts)) => self.join(parts, &engine, &request, budget),
            (_, None) => Err(failure("UnknownKind", "this version does not cut questions of that form", false)),
        }
    }

    /// Cuts the next stage, or, after the last one, writes the answer.
    fn join(
        &self,
        parts: &Parts,
        engine: &Engine,
        request: &Request,
        budget: &Budget,
    ) -> Result<Product, wire::Failure> {
        let waiting = |error: operations::Error| failure("StoreUnavailable", &error.to_string(), true);
        let ended = self.runtime.block_on(parts_before(&self.store, &self.claim.token)).map_err(waiting)?;
        let mut pieces =
            StoredPieces { parts: &ended, store: &self.store, runtime: &self.runtime, last: None, ahead: None };
        if let Some(next) = parts.next
            && let Some(stage) = next(engine, request, &mut pieces, budget)?
        {
            return Ok(Product::Cuts(stage));
        }
        let write = match parts.join {
            Join::Written(write) => write,
            Join::Listed(list) => {
                let stretches = list(engine, request, &mut pieces, budget)?;
                let listed = stretches.into_iter().map(|stretch| match stretch {
                    Stretch::Text(text) => Ok(Piece::Text(text.into())),
                    Stretch::Of(number, bytes) => {
                        ended.get(number).map(|part| Piece::Of(part.clone(), bytes)).ok_or_else(|| missing(number))
                    }
                });
                let listed = listed.collect::<Result<Vec<_>, _>>()?;
                let listed = self.runtime.block_on(self.store.list_pieces(&self.claim.token, &listed));
                return listed.map(Product::Stored).map_err(waiting);
            }
        };
        let writer = self.runtime.block_on(self.store.output_writer(&self.claim.token)).map_err(waiting)?;
        let mut sink = Sink { writer, runtime: &self.runtime, waiting: Vec::with_capacity(PIECE), budget };
        write(engine, request, &mut pieces, budget, &mut sink)?;
        sink.finish().map(Product::Stored).map_err(waiting)
    }
}

/// A failed attempt.
pub(super) fn failure(code: &str, message: &str, retry: bool) -> wire::Failure {
    wire::Failure { code: code.to_owned(), message: message.to_owned(), retry }
}

/// The parts that a join is for, by number: those in front of it, all of which have ended. Behind it there may be some of the next
/// stage, which an attempt added that was lost before it could say so.
pub(super) async fn parts_before(store: &Store, join: &Token) -> Result<Vec<Part>, operations::Error> {
    let mut parts: Vec<Part> = Vec::new();
    loop {
        let from = parts.last().map_or(1, |part| part.seq + 1);
        let page = store.parts(join.op, from, 1000).await?;
        let known = parts.len();
        parts.extend(page.into_iter().take_while(|part| part.seq < join.seq));
        if parts.len() == known {
            return Ok(parts);
        }
    }
}

/// The parts' answers as they lie in the store. Who reads one after the other finds the next one read and compared with its hash by the
/// time that it is asked for: a join works alone, often with nothing else left to do on the machine.
struct StoredPieces<'a> {
    parts: &'a [Part],
    store: &'a Store,
    runtime: &'a Handle,
    /// The one that was asked for last.
    last: Option<usize>,
    /// The one behind it, if that is being read.
    ahead: Option<(usize, Reading)>,
}

/// A part's answer on its way from the store.
type Reading = JoinHandle<Result<Option<Bytes>, operations::Error>>;

fn missing(part: usize) -> wire::Failure {
    failure("PartMissing", &format!("part {part} of the answer is not there"), false)
}

impl<'a> StoredPieces<'a> {
    /// The part of that number, or why it failed.
    fn part(&self, number: usize) -> Result<Result<&'a Part, wire::Failure>, wire::Failure> {
        let part = self.parts.get(number).ok_or_else(|| missing(number))?;
        let failed = part.error.as_ref().map(|why| failure(&why.code, &why.message, false));
        Ok(failed.map_or(Ok(part), Err))
    }

    /// Begins to read a part that has ended well.
    fn begin(&self, number: usize) -> Option<Reading> {
        let part = self.parts.get(number).filter(|part| part.done)?.clone();
        let store = self.store.clone();
        Some(self.runtime.spawn(async move { store.part_output(&part).await }))
    }

    fn read(&mut self, number: usize, part: &Part) -> Result<Option<Bytes>, wire::Failure> {
        let unavailable = |error: operations::Error| failure("StoreUnavailable", &error.to_string(), true);
        let read = match self.ahead.take() {
            Some((ahead, reading)) if ahead == number => {
                let read = self.runtime.block_on(reading);
                read.map_err(|error| failure("InternalError", &format!("a fault of the program: {error}"), true))?
            }
            _ => self.runtime.block_on(self.store.part_output(part)),
        };
        if self.last.is_some_and(|last| last + 1 == number) {
            self.ahead = self.begin(number + 1).map(|reading| (number + 1, reading));
        }
        self.last = Some(number);
        read.map_err(unavailable)
    }
}

impl Pieces for StoredPieces<'_> {
    fn count(&self) -> usize {
        self.parts.len()
    }

    fn piece(&mut self, number: usize) -> Result<Result<Vec<u8>, wire::Failure>, wire::Failure> {
        let part = match self.part(number)? {
            Ok(part) => part,
            Err(why) => return Ok(Err(why)),
        };
        let output = self.read(number, part)?;
        output.map(|output| Ok(output.into())).ok_or_else(|| missing(number))
    }

    fn len(&mut self, number: usize) -> Result<u64, wire::Failure> {
        self.part(number)??.output_len.ok_or_else(|| missing(number))
    }

    fn bytes(&mut self, number: usize, bytes: Range<u64>) -> Result<Result<Vec<u8>, wire::Failure>, wire::Failure> {
        let part = match self.part(number)? {
            Ok(part) => part,
            Err(why) => return Ok(Err(why)),
        };
        let read = self.runtime.block_on(self.store.part_bytes(part, bytes));
        let read = read.map_err(|error| failure("StoreUnavailable", &error.to_string(), true))?;
        read.map(|read| Ok(read.into())).ok_or_else(|| missing(number))
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

#[cfg(test)]
mod tests {
    use super::*;
    use operations::{NewItem, NewOperation, Plan, StoreOptions};

    async fn add(store: &Store, by: &Token, seqs: [u32; 2]) {
        let item = |seq| NewItem { seq, input: Bytes::new(), weight: 1, required: true };
        store.add_items(by, seqs.map(item).into()).await.unwrap();
    }

    /// A store of its own with an operation that is to be cut, and its planner.
    async fn planned() -> (tempfile::TempDir, Store, Token) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
        let (tenant, kind) = ("t".to_owned(), "k".to_owned());
        let new = NewOperation { id: operations::new_id(), tenant, kind, planned: true, ..NewOperation::default() };
        store.accept(new).await.unwrap();
        let planner = claim(&store).await;
        (folder, store, planner)
    }

    async fn claim(store: &Store) -> Token {
        store.claim("worker", None, 1).await.unwrap().remove(0).token
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pieces_are_those_asked_for_in_whatever_order() {
        let (_folder, store, planner) = planned().await;
        add(&store, &planner, [1, 2]).await;
        add(&store, &planner, [3, 4]).await;
        store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.unwrap();
        let large = |number: u8| vec![b'0' + number; operations::INLINE_LIMIT + 1];
        for number in 0..4 {
            store.complete(&claim(&store).await, large(number).into()).await.unwrap();
        }
        let parts = parts_before(&store, &claim(&store).await).await.unwrap();
        let runtime = Handle::current();
        let read = move || {
            let mut pieces = StoredPieces { parts: &parts, store: &store, runtime: &runtime, last: None, ahead: None };
            for number in [0, 1, 2, 3, 0, 1, 3, 2, 2, 3, 0] {
                assert_eq!(pieces.piece(number).unwrap().unwrap(), large(number as u8), "{number}");
            }
            assert_eq!(pieces.piece(4).unwrap_err().code, "PartMissing");
        };
        std::thread::spawn(read).join().unwrap();
    }

    #[tokio::test]
    async fn a_join_that_is_run_again_sees_nothing_of_the_stage_it_had_begun() {
        let (_folder, store, planner) = planned().await;
        add(&store, &planner, [1, 2]).await;
        store.complete_with(&planner, Output::planned(Plan { join: true, expected: None })).await.unwrap();
        for _ in 0..2 {
            store.complete(&claim(&store).await, "found".into()).await.unwrap();
        }
        let join = claim(&store).await;
        assert_eq!(join.seq, 3);
        add(&store, &join, [4, 5]).await;
        let seen = parts_before(&store, &join).await.unwrap();
        assert_eq!(seen.iter().map(|part| (part.seq, part.done)).collect::<Vec<_>>(), [(1, true), (2, true)]);
    }
}
