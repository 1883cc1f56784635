//! The trace of a long question: from the client's request through the queue to its items and its webhook.
//!
//! **Why.** What a client asked in one process is worked on in others, minutes later; whoever looks for a cause wants to see that as
//! one. **How.** A trace and its spans are named as W3C Trace Context has it. The operation keeps the name of the span in which it
//! was accepted (`traceparent`); each attempt at an item is a span below that, and what is called from there is told the attempt's
//! name. The names are hashes of what they stand for, so nobody has to agree on them and the same attempt has the same name in every
//! log. They are fields of `tracing` spans (`trace_id`, `span_id`, `parent_id`), so any subscriber can send them on. **What never
//! happens:** a question that is refused because its trace is written badly.

use std::fmt;

use operations::Token;
use uuid::Uuid;

/// A span, by name, and the whole that it is a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    whole: String,
    span: String,
    /// Whether it is recorded, among others; passed on as it came.
    flags: String,
}

impl Trace {
    /// The span that a header names, if it is written as version 00 has it.
    pub(crate) fn read(header: &str) -> Option<Self> {
        let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let is_name =
            |part: &str, length| part.len() == length && is_hex(part) && part.bytes().any(|byte| byte != b'0');
        let mut parts = header.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_right = version == "00" && parts.next().is_none() && flags.len() == 2 && is_hex(flags);
        (is_right && is_name(trace, 32) && is_name(span, 16)).then(|| Self {
            whole: trace.to_owned(),
            span: span.to_owned(),
            flags: flags.to_owned(),
        })
    }

    /// The span in which an operation is accepted: below the client's, if it names one, else the first of a trace of its own.
    pub(crate) fn of_accept(client: Option<&Self>, op: Uuid) -> Self {
        let (whole, flags) = client.map_or_else(
            || (op.simple().to_string(), "00".to_owned()),
            |client| (client.whole.clone(), client.flags.clone()),
        );
        Self { whole, span: name(&[op.as_bytes()]), flags }
    }

    /// The span of an attempt, below that in which its operation was accepted.
    pub(crate) fn of_attempt(accepted: Option<&str>, token: &Token) -> Self {
        let above = accepted.and_then(Self::read).unwrap_or_else(|| Self::of_accept(None, token.op));
        let span = name(&[token.op.as_bytes(), &token.seq.to_le_bytes(), &token.attempt.to_le_bytes()]);
        Self { span, ..above }
    }

    pub(crate) fn trace_id(&self) -> &str {
        &self.whole
    }

    pub(crate) fn span_id(&self) -> &str {
        &self.span
    }
}

impl fmt::Display for Trace {
    /// As the header `traceparent` has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{}", self.whole, self.span, self.flags)
    }
}

/// Eight bytes in hexadecimal.
fn name(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"span");
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_header_is_read_as_it_is_written() {
        assert_eq!(Trace::read(HEADER).unwrap().to_string(), HEADER);
        for bad in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(Trace::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn one_trace_runs_from_the_client_to_every_attempt() {
        let op = Uuid::from_u128(7);
        let client = Trace::read(HEADER).unwrap();
        let accepted = Trace::of_accept(Some(&client), op);
        let attempt = |seq, attempt| Trace::of_attempt(Some(&accepted.to_string()), &Token { op, seq, attempt });
        let spans = [client.clone(), accepted.clone(), attempt(0, 1), attempt(0, 2), attempt(1, 1)];
        assert!(
            spans.iter().all(|span| span.trace_id() == client.trace_id() && Trace::read(&span.to_string()).is_some())
        );
        assert!((1..spans.len()).all(|at| !spans[..at].contains(&spans[at])), "{spans:?}");
        assert_eq!(attempt(1, 1), attempt(1, 1));
        // Without a client's trace the operation is one of its own.
        let alone = Trace::of_attempt(None, &Token { op, seq: 0, attempt: 1 });
        assert_eq!(alone.trace_id(), Trace::of_accept(None, op).trace_id());
    }
}
