//! What workers do: claim, keep, report, add parts, and end an attempt one way or another.

use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use uuid::Uuid;

use super::Store;
use crate::blobs::OutputWriter;
use crate::operation::check_name;
use crate::payload::{Payload, Stored};
use crate::pieces;
use crate::state::{self, Taken};
use crate::work::{Listed, Outcome};
use crate::writer::Named;
use crate::{Claim, Completion, Error, Failure, NewItem, Output, Piece, Renewal, ResultReader, Role, Room, Token};

/// Parts that one transaction adds.
const CHUNK: usize = 1_000;

impl Store {
    /// Takes the items that are ready and for which there is room and this process has slots, of the given kinds only: the most
    /// urgent first, tenants in turn. A process that works at something that must be alone is given nothing else.
    ///
    /// An item whose request cannot be read is failed here and not handed out.
    pub async fn claim(
        &self,
        worker: &str,
        kinds: Option<&[&str]>,
        room: impl Into<Room>,
    ) -> Result<Vec<Claim>, Error> {
        let room = room.into();
        check_name("worker", worker)?;
        // One claim at a time, so that two do not fill the same slot.
        let _turn = self.inner.claiming.lock().await;
        let slots = self.inner.outstanding.slots(room, &self.inner.options, self.inner.database.now_ms());
        if slots.free == 0 {
            return Ok(Vec::new());
        }
        let worker = worker.to_owned();
        let kinds: Option<Vec<String>> = kinds.map(|kinds| kinds.iter().map(|&kind| kind.to_owned()).collect());
        let named = Named { name: "claim", op: Uuid::nil() };
        let command = move |tx: &mut state::Tx<'_>| state::claim(tx, &worker, kinds.as_deref(), slots);
        let taken = self.inner.database.write(named, command).await?;
        let count = taken.len() as u64;
        let _ = self.inner.queued.fetch_update(Relaxed, Relaxed, |queued| Some(queued.saturating_sub(count)));
        let mut claims = Vec::with_capacity(taken.len());
        for item in taken {
            self.inner.wakeups.ring_changed(item.token.op);
            if let Some(claim) = self.with_payloads(item).await? {
                self.inner.outstanding.begin(&claim);
                claims.push(claim);
            }
        }
        Ok(claims)
    }

    async fn with_payloads(&self, taken: Taken) -> Result<Option<Claim>, Error> {
        let token = taken.token;
        match self.payloads(&taken).await {
            Ok((request, input)) => Ok(Some(Claim {
                token,
                kind: taken.kind,
                tenant: taken.tenant,
                dataset: taken.dataset,
                created_ms: taken.created_ms,
                lease_until_ms: taken.lease_until_ms,
                role: taken.role,
                priority: taken.priority,
                request,
                input,
                parent: taken.parent,
                alone: taken.alone,
                traceparent: taken.traceparent,
                schema_version: taken.schema_version,
            })),
            Err(error) => {
                // Damage stays; anything else may pass.
                let retry = !matches!(error, Error::Damaged { .. });
                let failure = Failure { code: "requestUnreadable".into(), message: error.to_string() };
                self.fail(&token, failure, retry).await?;
                Ok(None)
            }
        }
    }

    async fn payloads(&self, taken: &Taken) -> Result<(Bytes, Bytes), Error> {
        let request = self.loaded(taken.request.as_ref()).await?;
        let input = match taken.input.as_ref() {
            // An attachment, which is read piece by piece.
            Ok(Some(_)) if matches!(taken.role, Role::Whole | Role::Planner) => Bytes::new(),
            Ok(Some(stored)) => self.loaded(Ok(stored)).await?,
            Ok(None) => Bytes::new(),
            Err(error) => return Err(error.clone()),
        };
        Ok((request, input))
    }

    async fn loaded(&self, stored: Result<&Stored, &Error>) -> Result<Bytes, Error> {
        match stored {
            Ok(stored) => self.inner.blobs.get(stored.clone()).await,
            Err(error) => Err(error.clone()),
        }
    }

    /// The file that the operation was accepted with, for reading piece by piece; none where there is none, or no longer.
    pub async fn open_attachment(&self, token: &Token) -> Result<Option<ResultReader>, Error> {
        let op = token.op;
        let stored = self.inner.database.read(move |session, _| state::attachment(session, op)).await?;
        match stored {
            Some(stored) => self.inner.blobs.read(stored, None).await.map(Some),
            None => Ok(None),
        }
    }

    /// Keeps an item for another lease; call it about every third of a lease.
    pub async fn renew(&self, token: &Token) -> Result<Renewal, Error> {
        let token = *token;
        let named = Named { name: "renew", op: token.op };
        let renewal = self.inner.database.write(named, move |tx| state::renew(tx, token)).await?;
        match renewal {
            Renewal::Held => {
                let until_ms = self.inner.database.now_ms() + self.inner.options.lease_ms();
                self.inner.outstanding.renewed(&token, until_ms);
            }
            Renewal::CancelRequested => self.inner.outstanding.end(&token),
            Renewal::Fenced => _ = self.fenced_out(&token),
        }
        Ok(renewal)
    }

    /// Says how much of the item is done, 0 to 1. Each report is a durable write: a few a second are plenty. A lower figure
    /// than before, one that is not a number, and one of a fenced worker change nothing.
    pub async fn report_progress(&self, token: &Token, fraction: f64) -> Result<(), Error> {
        if fraction.is_nan() {
            return Ok(());
        }
        let (token, fraction) = (*token, fraction.clamp(0.0, 1.0));
        let named = Named { name: "progress", op: token.op };
        let write = move |tx: &mut state::Tx<'_>| state::report_progress(tx, token, fraction, None);
        if self.inner.database.write(named, write).await?.0 {
            self.inner.wakeups.ring_changed(token.op);
        }
        Ok(())
    }

    /// The same, and the best result found so far, which becomes the result if the operation is canceled. Of several the one
    /// with the smallest `rank` stays (compared place by place), of equals the last.
    pub async fn report_incumbent(
        &self,
        token: &Token,
        fraction: f64,
        rank: &[i64],
        result: Bytes,
    ) -> Result<(), Error> {
        let (token, fraction) = (*token, if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) });
        let payload = self.inner.blobs.put(token, result).await?;
        let rank = rank.to_vec();
        let named = Named { name: "incumbent", op: token.op };
        let write = move |tx: &mut state::Tx<'_>| state::report_progress(tx, token, fraction, Some((&payload, &rank)));
        let (changed, discarded) = self.inner.database.write(named, write).await?;
        self.inner.blobs.discard(discarded.as_deref()).await;
        if changed {
            self.inner.wakeups.ring_changed(token.op);
        }
        Ok(())
    }

    /// Adds parts, for the planner or join that holds `token`; they can be claimed at once. A part whose number is there
    /// already stays as it is, so a planner that runs again adds the same parts again.
    pub async fn add_items(&self, token: &Token, items: Vec<NewItem>) -> Result<Completion, Error> {
        if let Some(item) = items.iter().find(|item| item.seq == 0) {
            let value = item.seq.to_string();
            return Err(Error::Invalid { field: "seq", value, limit: "1 or more: 0 is the planner's" });
        }
        let mut items = items.into_iter();
        loop {
            let mut chunk = Vec::new();
            for item in items.by_ref().take(CHUNK) {
                let owner = Token { op: token.op, seq: item.seq, attempt: 0 };
                let input = self.inner.blobs.put(owner, item.input.clone()).await?;
                chunk.push((item, input));
            }
            if chunk.is_empty() {
                return Ok(Completion::Done);
            }
            if self.add_chunk(*token, chunk).await? == Completion::Fenced {
                return Ok(self.fenced_out(token));
            }
        }
    }

    async fn add_chunk(&self, token: Token, chunk: Vec<(NewItem, Payload)>) -> Result<Completion, Error> {
        let keys: Vec<_> = chunk.iter().map(|(_, input)| input.blob_key().map(str::to_owned)).collect();
        let named = Named { name: "add_items", op: token.op };
        let (done, new) = self.inner.database.write(named, move |tx| state::add_items(tx, token, &chunk)).await?;
        for (number, key) in keys.iter().enumerate() {
            if !new.get(number).copied().unwrap_or(false) {
                self.inner.blobs.discard(key.as_deref()).await;
            }
        }
        let added = new.iter().filter(|&&new| new).count() as u64;
        self.inner.queued.fetch_add(added, Relaxed);
        self.inner.wakeups.ring_ready();
        self.inner.wakeups.ring_changed(token.op);
        Ok(done)
    }

    /// Hands in what the attempt came to. Readers see it after this, or, when fenced, never.
    pub async fn complete(&self, token: &Token, result: Bytes) -> Result<Completion, Error> {
        let payload = self.inner.blobs.put(*token, result).await?;
        self.complete_with(token, Output(Outcome::Payload(payload))).await
    }

    /// Begins an output that is too large to be held in memory.
    pub async fn output_writer(&self, token: &Token) -> Result<OutputWriter, Error> {
        self.inner.blobs.writer(*token).await
    }

    /// Makes a result ready that is put together, whenever it is read, from what the parts of the same operation handed
    /// in. Nothing is copied; only a join can complete with it.
    pub async fn list_pieces(&self, join: &Token, pieces: &[Piece]) -> Result<Output, Error> {
        let (list, len) = pieces::write(pieces)?;
        let hash = blake3::hash(&list);
        let list = self.inner.blobs.put(*join, list.into()).await?;
        Ok(Output(Outcome::Pieces(Listed { list, hash, len })))
    }

    /// The same with an output that was written piece by piece, with pieces, or with a plan.
    pub async fn complete_with(&self, token: &Token, output: Output) -> Result<Completion, Error> {
        self.end_with(*token, output, None).await
    }

    /// [`Store::complete`], and a pointer set in the same transaction: who was fenced moves neither.
    pub async fn complete_and_point(
        &self,
        token: &Token,
        result: Bytes,
        (name, value): (&str, &str),
    ) -> Result<Completion, Error> {
        let payload = self.inner.blobs.put(*token, result).await?;
        self.end_with(*token, Output(Outcome::Payload(payload)), Some((name.to_owned(), value.to_owned()))).await
    }

    async fn end_with(
        &self,
        token: Token,
        output: Output,
        pointer: Option<(String, String)>,
    ) -> Result<Completion, Error> {
        let blob = output.blob_key().map(str::to_owned);
        let named = Named { name: "complete", op: token.op };
        let command = move |tx: &mut state::Tx<'_>| state::complete_and_point(tx, token, &output, pointer.as_ref());
        let completion = self.inner.database.write(named, command).await?;
        if completion == Completion::Fenced {
            self.inner.blobs.discard(blob.as_deref()).await;
        }
        Ok(self.ended(&token, completion))
    }

    /// Says that the attempt failed. With `retry` the item waits and is tried again while attempts are left; otherwise
    /// it has failed, with this cause, and the operation with it unless that can do without.
    pub async fn fail(&self, token: &Token, failure: Failure, retry: bool) -> Result<Completion, Error> {
        let (token, failure) = (*token, failure.bounded());
        let named = Named { name: "fail", op: token.op };
        let write = move |tx: &mut state::Tx<'_>| state::fail(tx, token, &failure, retry);
        let completion = self.inner.database.write(named, write).await?;
        Ok(self.ended(&token, completion))
    }

    /// Gives an item back without a charged attempt, for a worker that is asked to stop.
    pub async fn hand_back(&self, token: &Token) -> Result<Completion, Error> {
        let token = *token;
        let named = Named { name: "hand_back", op: token.op };
        let done = self.inner.database.write(named, move |tx| state::hand_back(tx, token)).await?;
        if done == Completion::Done {
            self.inner.queued.fetch_add(1, Relaxed);
        }
        Ok(self.ended(&token, done))
    }

    /// What follows when a worker is done with an item, whichever way: its slot is free, and whoever waits may look.
    fn ended(&self, token: &Token, completion: Completion) -> Completion {
        self.inner.wakeups.ring_changed(token.op);
        self.inner.wakeups.ring_ready();
        if completion == Completion::Fenced {
            return self.fenced_out(token);
        }
        self.inner.outstanding.end(token);
        completion
    }

    fn fenced_out(&self, token: &Token) -> Completion {
        self.inner.outstanding.end(token);
        self.inner.fenced.fetch_add(1, Relaxed);
        Completion::Fenced
    }
}
