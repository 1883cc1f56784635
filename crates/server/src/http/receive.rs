//! What came in, as a plain [`wire::Request`].

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use percent_encoding::percent_decode_str;
use wire::{Method, Refusal, Request};

use crate::serve::App;

/// How long a client may take to send a body that is within the limit.
const BODY_WITHIN: Duration = Duration::from_mins(1);

/// Memory reserved for a body before any of it has come, at most.
const RESERVED_BYTES: usize = 64 << 10;

/// How much of a body that is refused is read and thrown away, so that the client gets to read the refusal instead of
/// a reset connection, and for how long.
const DISCARDED_BYTES: usize = 64 << 20;
const DISCARD_WITHIN: Duration = Duration::from_secs(10);

/// The request without its body; `None` for a method that nobody answers. `HEAD` is `GET`, whose body is then not sent.
pub(super) fn head(app: &App, parts: &Parts) -> Option<Request> {
    let method = match parts.method.as_str() {
        "GET" | "HEAD" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        _ => return None,
    };
    let headers = parts.headers.iter();
    Some(Request {
        method,
        path: percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
            .collect(),
        body: Vec::new(),
        base_url: base_url(app.config.server.public_url.as_deref(), &parts.headers, &app.address.to_string()),
        received_ms: app.clock.now_ms(),
    })
}

/// Where the client reaches this server: as configured, else as proxies in front say, else as the client itself says.
fn base_url(public_url: Option<&str>, headers: &HeaderMap, own_address: &str) -> String {
    if let Some(url) = public_url {
        return url.to_owned();
    }
    let first = |name: &str| -> Option<&str> { headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim) };
    let scheme = first("x-forwarded-proto").filter(|scheme| matches!(*scheme, "http" | "https")).unwrap_or("http");
    let said = first("x-forwarded-host").or_else(|| first("host")).filter(|authority| is_authority(authority));
    format!("{scheme}://{}", said.unwrap_or(own_address))
}

/// Whether the text can stand in a URL as host and port; it comes from the client and goes into answers.
fn is_authority(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c))
}

/// The client's name for the request if it gave a usable one, else a fresh one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get("x-request-id").and_then(|value| value.to_str().ok());
    let usable = |id: &&str| (1..=128).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic());
    given.filter(usable).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

/// A body that is not read yet.
pub(super) struct Incoming {
    body: Body,
    /// Its length, where the headers say it.
    announced: Option<u64>,
    /// Whether the client has anything on its way to us.
    is_coming: bool,
}

impl Incoming {
    /// The body of a request with these headers.
    pub(super) fn new(body: Body, headers: &HeaderMap) -> Self {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let has_body =
            announced.is_some_and(|length: u64| length > 0) || headers.contains_key(header::TRANSFER_ENCODING);
        // A client that waits for a word before it sends gets the refusal instead of that word.
        Self { body, announced, is_coming: has_body && !headers.contains_key(header::EXPECT) }
    }

    /// How many bytes the client says it is going to send.
    pub(super) fn announced(&self) -> u64 {
        self.announced.unwrap_or(0)
    }

    /// All of it, refused before it is read where its announced length is too large.
    pub(super) async fn read(self, limit: usize) -> Result<Vec<u8>, Refusal> {
        if self.announced.is_some_and(|length| length > limit as u64) {
            self.discard();
            return Err(Refusal::TooLarge { limit });
        }
        let mut bytes = Vec::with_capacity(self.announced.map_or(0, |length| (length as usize).min(RESERVED_BYTES)));
        let mut stream = self.body.into_data_stream();
        let read = tokio::time::timeout(BODY_WITHIN, collect(&mut stream, &mut bytes, limit)).await;
        let outcome = read.unwrap_or(Err(Refusal::TimedOut));
        if matches!(outcome, Err(Refusal::TooLarge { .. })) {
            throw_away(stream);
        }
        outcome.map(|()| bytes)
    }

    /// Nobody wants it: what is coming is read and thrown away, so that the client gets to read the refusal.
    pub(super) fn discard(self) {
        if self.is_coming {
            throw_away(self.body.into_data_stream());
        }
    }
}

async fn collect(stream: &mut BodyDataStream, bytes: &mut Vec<u8>, limit: usize) -> Result<(), Refusal> {
    while let Some(chunk) = stream.next().await {
        // The client went away: whatever is answered, nobody reads it.
        let chunk = chunk.map_err(|_| Refusal::TimedOut)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Refusal::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(())
}

fn throw_away(mut stream: BodyDataStream) {
    let drain = async move {
        let mut left = DISCARDED_BYTES;
        while let Some(Ok(chunk)) = stream.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(DISCARD_WITHIN, drain));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_base_url_is_the_one_that_the_client_used() {
        let check = |configured: Option<&str>, given: &[(&'static str, &'static str)], expected: &str| {
            assert_eq!(base_url(configured, &headers(given), "127.0.0.1:8080"), expected);
        };
        let https = ("x-forwarded-proto", "https");
        check(None, &[("host", "localhost:9000")], "http://localhost:9000");
        check(None, &[("host", "maps.test"), https], "https://maps.test");
        check(None, &[("host", "a"), ("x-forwarded-host", "b.test, c"), https], "https://b.test");
        check(None, &[("host", "[::1]:8080")], "http://[::1]:8080");
        check(None, &[("host", "evil\"><script>")], "http://127.0.0.1:8080");
        check(None, &[("x-forwarded-proto", "javascript")], "http://127.0.0.1:8080");
        check(Some("https://maps.example/x"), &[("host", "localhost")], "https://maps.example/x");
    }

    #[test]
    fn a_usable_request_id_is_kept() {
        assert_eq!(request_id(&headers(&[("x-request-id", "abc-1")])), "abc-1");
        assert_ne!(request_id(&headers(&[("x-request-id", "a b")])), "a b");
        assert_eq!(request_id(&HeaderMap::new()).len(), 36);
    }
}
