//! What came in, as a plain [`wire::Request`].

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use futures_util::StreamExt;
use operations::{Output, OutputWriter};
use percent_encoding::percent_decode_str;
use wire::{Method, Refusal, Request, Response};

use super::converse::refusal;
use crate::serve::App;

/// How long a client may take to send a body that is within the limit.
const BODY_WITHIN: Duration = Duration::from_mins(1);

/// How much of a file is looked at before the rest of it is taken.
const FIRST_BYTES: usize = 64;

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
        self.read_within(limit, BODY_WITHIN).await
    }

    async fn read_within(self, limit: usize, within: Duration) -> Result<Vec<u8>, Refusal> {
        if self.announced.is_some_and(|length| length > limit as u64) {
            self.discard();
            return Err(Refusal::TooLarge { limit });
        }
        let mut bytes = Vec::with_capacity(self.announced.map_or(0, |length| (length as usize).min(RESERVED_BYTES)));
        let mut stream = self.body.into_data_stream();
        let late = || Refusal::BodyLate { within_s: within.as_secs() };
        let read = tokio::time::timeout(within, collect(&mut stream, &mut bytes, limit)).await;
        let outcome = read.unwrap_or(Err(None)).map_err(|refusal| refusal.unwrap_or_else(late));
        if matches!(outcome, Err(Refusal::TooLarge { .. })) {
            throw_away(stream);
        }
        outcome.map(|()| bytes)
    }

    /// All of it as a file in the store, with the dialect's answer where its first bytes (`begins`) say that it is none. Of a
    /// file that breaks off nothing stays.
    pub(super) async fn store(
        self,
        mut writer: OutputWriter,
        limit: u64,
        begins: &(dyn Fn(&[u8]) -> Result<(), Response> + Sync),
    ) -> Result<Result<Output, Response>, Refusal> {
        if self.announced.is_some_and(|length| length > limit) {
            self.discard();
            return Err(Refusal::FileTooLarge { limit });
        }
        let stored = |error| refusal(&error);
        let (mut stream, mut first, mut is_judged, mut bytes) = (self.body.into_data_stream(), Vec::new(), false, 0);
        while let Some(piece) = next_piece(&mut stream, BODY_WITHIN).await? {
            bytes += piece.len() as u64;
            if bytes > limit {
                throw_away(stream);
                return Err(Refusal::FileTooLarge { limit });
            }
            if is_judged {
                writer.write(piece).await.map_err(stored)?;
                continue;
            }
            first.extend_from_slice(&piece);
            if first.len() >= FIRST_BYTES {
                if let Err(response) = begins(&first) {
                    throw_away(stream);
                    return Ok(Err(response));
                }
                is_judged = true;
                writer.write(std::mem::take(&mut first).into()).await.map_err(stored)?;
            }
        }
        if !is_judged {
            if let Err(response) = begins(&first) {
                return Ok(Err(response));
            }
            writer.write(first.into()).await.map_err(stored)?;
        }
        writer.finish().await.map(Ok).map_err(stored)
    }

    /// Nobody wants it: what is coming is read and thrown away, so that the client gets to read the refusal.
    pub(super) fn discard(self) {
        if self.is_coming {
            throw_away(self.body.into_data_stream());
        }
    }
}

/// The next piece of a file, each of which has so long to come; none at the end.
async fn next_piece(stream: &mut BodyDataStream, within: Duration) -> Result<Option<Bytes>, Refusal> {
    let late = || Refusal::BodyLate { within_s: within.as_secs() };
    match tokio::time::timeout(within, stream.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        // The client went away: whatever is answered, nobody reads it.
        Ok(Some(Err(_))) | Err(_) => Err(late()),
    }
}

/// Fails without a refusal of its own where the rest of the body does not come.
async fn collect(stream: &mut BodyDataStream, bytes: &mut Vec<u8>, limit: usize) -> Result<(), Option<Refusal>> {
    while let Some(chunk) = stream.next().await {
        // The client went away: whatever is answered, nobody reads it.
        let chunk = chunk.map_err(|_| None)?;
        if bytes.len() + chunk.len() > limit {
            return Err(Some(Refusal::TooLarge { limit }));
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
    use futures_util::stream;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_late_and_one_that_comes_is_read() {
        let incoming = |body: Body| Incoming::new(body, &HeaderMap::new());
        let never = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let late = incoming(never).read_within(10, Duration::ZERO).await;
        assert_eq!(late, Err(Refusal::BodyLate { within_s: 0 }));
        let broken = Body::from_stream(stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("gone"))]));
        assert_eq!(incoming(broken).read(10).await, Err(Refusal::BodyLate { within_s: BODY_WITHIN.as_secs() }));
        assert_eq!(incoming(Body::from("ten bytes!")).read(10).await, Ok(b"ten bytes!".to_vec()));
        assert_eq!(incoming(Body::from("eleven here")).read(10).await, Err(Refusal::TooLarge { limit: 10 }));
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
