//! Keys of repetition: a question that was sent twice, because an answer was lost on its way, is one operation.
//!
//! Two headers say the same: `Idempotency-Key` (the draft of the IETF's HTTP working group) and `Repeatability-Request-ID` (OASIS
//! Repeatable Requests, which Azure's clients send). The store keeps the key beside the operation, within one transaction; the same
//! key with another question is refused, since one of the two must be a mistake.

use operations::IdempotencyKey;
use wire::{Method, Refusal, Request, Response};

const IDEMPOTENCY: &str = "idempotency-key";
const REPEATABILITY: &str = "repeatability-request-id";

/// The longest key, in bytes.
const LONGEST: usize = 200;

/// A question that may be sent again.
pub(super) struct Repeatable {
    header: &'static str,
    key: IdempotencyKey,
}

impl Repeatable {
    /// The question's key, if it carries one.
    pub(super) fn of(request: &Request, secrets: &[&str]) -> Result<Option<Self>, Refusal> {
        let given = |header: &'static str| request.header(header).map(|text| (header, text.trim()));
        let Some((header, text)) = given(IDEMPOTENCY).or_else(|| given(REPEATABILITY)) else { return Ok(None) };
        // A structured field's string; clients write it with and without its quotes.
        let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        if key.is_empty() || key.len() > LONGEST || key.chars().any(char::is_control) {
            let reason =
                format!("a key has 1 to {LONGEST} bytes and no control characters, this one has {}", key.len());
            return Err(Refusal::BadHeader { header, reason });
        }
        let key = IdempotencyKey {
            route: format!("{:?} {}", request.method, request.path),
            key: key.to_owned(),
            body_hash: fingerprint(request, secrets),
        };
        Ok(Some(Self { header, key }))
    }

    pub(super) fn key(&self) -> IdempotencyKey {
        self.key.clone()
    }

    pub(super) fn header(&self) -> &'static str {
        self.header
    }

    /// The answer, with what its client expects to hear of the key.
    pub(super) fn mark(&self, response: Response, repeated: bool) -> Response {
        match self.header {
            REPEATABILITY => response.with("repeatability-result", "accepted"),
            _ if repeated => response.with("idempotency-replayed", "true"),
            _ => response,
        }
    }
}

/// What makes two questions the same: all that can change the answer, and neither keys nor times.
fn fingerprint(request: &Request, secrets: &[&str]) -> [u8; 32] {
    let mut stored = Request { received_ms: 0, base_url: String::new(), ..request.clone() };
    // What stands between may have put them in another order.
    stored.headers.sort();
    let method: &[u8] = if request.method == Method::Get { b"read" } else { b"write" };
    let mut hasher = blake3::Hasher::new();
    hasher.update(method).update(&stored.to_stored(secrets));
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)], query: &str, body: &str) -> Request {
        Request {
            method: Method::Post,
            path: "/api/v1/matrix".to_owned(),
            query: query.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.into(),
            base_url: "http://localhost".to_owned(),
            received_ms: 7,
        }
    }

    fn key(request: &Request) -> Option<IdempotencyKey> {
        Repeatable::of(request, &["key"]).ok().flatten().map(|found| found.key())
    }

    #[test]
    fn the_same_question_has_the_same_fingerprint() {
        let named = |text: &str, query: &str, body: &str| key(&request(&[(IDEMPOTENCY, text)], query, body)).unwrap();
        let first = named("a", "key=one&x=1", "{}");
        assert_eq!(first, named("\"a\"", "key=two&x=1", "{}"));
        assert_ne!(first.body_hash, named("a", "x=2", "{}").body_hash);
        assert_ne!(first.body_hash, named("a", "x=1", "{ }").body_hash);
        let later = Request { received_ms: 99, ..request(&[(IDEMPOTENCY, "a")], "x=1", "{}") };
        assert_eq!(key(&later).unwrap(), first);
    }

    #[test]
    fn both_headers_are_known_and_broken_keys_refused() {
        assert_eq!(key(&request(&[], "", "")), None);
        assert_eq!(key(&request(&[(REPEATABILITY, "b")], "", "")).unwrap().key, "b");
        for bad in ["", "\"\"", &"x".repeat(201)] {
            let refused = Repeatable::of(&request(&[(IDEMPOTENCY, bad)], "", ""), &[]).err().unwrap();
            assert!(matches!(refused, Refusal::BadHeader { header: IDEMPOTENCY, .. }), "{bad}");
        }
    }
}
