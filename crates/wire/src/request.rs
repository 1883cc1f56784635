//! A request as plain data, and its form in the store of operations.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// The HTTP methods that the dialects know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
    Options,
}

/// A request as a dialect sees it. The server has checked the key and the size of the body before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as sent, percent-encoding undone, e.g. `/route/matrix:async`.
    pub path: String,
    /// The query as sent, without the `?`.
    pub query: String,
    /// Header names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Scheme and authority under which the client reaches this server, without a slash at the end.
    pub base_url: String,
    /// When the request arrived, Unix milliseconds: the "now" of its answer, also when it is worked on later.
    pub received_ms: i64,
}

impl Request {
    /// All query parameters in the order sent, decoded: `+` is a blank, percent-encoding is undone, broken UTF-8 replaced.
    pub fn parameters(&self) -> Vec<(String, String)> {
        parameters(&self.query)
    }

    /// The first query parameter called `name`, without regard to case.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first header called `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The part of the path after the last `/`.
    pub fn last_segment(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The request as the store keeps it: a line of JSON, then the body as it came. Headers that carry secrets, and the
    /// query parameters named in `secrets`, are left out.
    pub fn to_stored(&self, secrets: &[&str]) -> Vec<u8> {
        let is_secret = |name: &str| secrets.iter().any(|secret| secret.eq_ignore_ascii_case(name));
        let kept: Vec<&str> =
            self.query.split('&').filter(|pair| !is_secret(pair.split('=').next().unwrap_or_default())).collect();
        let head = StoredHead {
            method: self.method,
            path: self.path.clone(),
            query: kept.join("&"),
            headers: self.headers.iter().filter(|(name, _)| STORED_HEADERS.contains(&name.as_str())).cloned().collect(),
            base_url: self.base_url.clone(),
            received_ms: self.received_ms,
        };
        let mut bytes = serde_json::to_vec(&head).expect("plain strings and numbers always have a JSON form");
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The request that [`Request::to_stored`] wrote; `None` when the bytes are not of that form.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let head: StoredHead = serde_json::from_slice(&bytes[..end]).ok()?;
        Some(Self {
            method: head.method,
            path: head.path,
            query: head.query,
            headers: head.headers,
            body: bytes[end + 1..].to_vec(),
            base_url: head.base_url,
            received_ms: head.received_ms,
        })
    }
}

/// The headers that can change an answer.
const STORED_HEADERS: [&str; 3] = ["content-type", "accept", "accept-language"];

#[derive(Serialize, Deserialize)]
struct StoredHead {
    method: Method,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    base_url: String,
    received_ms: i64,
}

/// The pairs of a query string, decoded; empty pairs are skipped.
pub(crate) fn parameters(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .map(|pair| pair.trim_start_matches('?'))
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &str) -> Request {
        Request {
            method: Method::Post,
            path: "/REST/V1/Routes".into(),
            query: query.into(),
            headers: vec![("subscription-key".into(), "secret".into()), ("accept".into(), "*/*".into())],
            body: b"{\n}".to_vec(),
            base_url: "http://localhost:8080".into(),
            received_ms: 1_700_000_000_000,
        }
    }

    #[test]
    fn parameters_are_decoded_once() {
        let asked = request("?&wp.0=47.6%2C-122.3&note=a+b%2Bc&flag&é=%C3%A9");
        let expected = [("wp.0", "47.6,-122.3"), ("note", "a b+c"), ("flag", ""), ("é", "é")];
        assert_eq!(asked.parameters(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(asked.parameter("WP.0").as_deref(), Some("47.6,-122.3"));
    }

    #[test]
    fn the_store_keeps_all_but_secrets() {
        let asked = request("key=abc&x=1&KEY=def&y=%26");
        let again = Request::from_stored(&asked.to_stored(&["key"])).unwrap();
        assert_eq!(again.query, "x=1&y=%26");
        assert_eq!(again.headers, [("accept".to_owned(), "*/*".to_owned())]);
        assert_eq!((again.body, again.received_ms), (asked.body, asked.received_ms));
        assert_eq!(Request::from_stored(b"nonsense"), None);
    }
}
