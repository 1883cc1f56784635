//! The console's files, as they were when the program was built; without them, one page that says what this server is.
//!
//! The console uses the public interface only and loads nothing from elsewhere, which the content security policy enforces.

use wire::Response;

/// Paths and contents of the console's files.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// The page for a program that was built without a console.
const NOTICE: &str = include_str!("notice.html");

const INDEX: &str = "/index.html";
const HTML: &str = "text/html; charset=utf-8";

/// Nothing from beyond this server; styles may stand in the page itself, and images be part of it.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

/// The file at `path`, if the console has one there; `/` is its first page.
pub(super) fn file(path: &str) -> Option<Response> {
    let wanted = if path == "/" { INDEX } else { path };
    let found = FILES.iter().find(|(name, _)| *name == wanted).map(|(_, content)| *content);
    let content = found.or((path == "/").then_some(NOTICE.as_bytes()))?;
    let response = Response::new(200, content_type(wanted), content).with("content-security-policy", POLICY);
    Some(response.with("cache-control", if wanted == INDEX { "no-cache" } else { CACHE_NAMED_BY_CONTENT }))
}

/// Files beside the first page carry a hash of their content in their name.
const CACHE_NAMED_BY_CONTENT: &str = "public, max-age=31536000, immutable";

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => HTML,
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_page_is_there_with_and_without_a_console() {
        let page = file("/").unwrap();
        assert_eq!((page.status, page.headers[0].1.as_str()), (200, HTML));
        assert!(page.bytes().unwrap().starts_with(b"<!doctype html>"));
        assert_eq!(file("/../Cargo.toml"), None);
        assert!(FILES.iter().all(|(name, _)| file(name).is_some()));
    }
}
