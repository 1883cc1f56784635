//! Paths, methods, keys and refusals.

use api::DIALECT;
use wire::{Handler, Method, Refusal, Request, Response};

use crate::service::{header, post, post_for_later, refusal, request, text};

fn leads_to(request: &Request) -> String {
    match (DIALECT.endpoint)(request) {
        Ok(endpoint) => match endpoint.handler {
            Handler::Answer(_) => format!("answer {}", endpoint.path),
            Handler::Accept(question) => format!("accept {}", question.kind),
            Handler::Poll(_) => format!("poll {}", endpoint.path),
            Handler::List(_) => format!("list {}", endpoint.path),
            Handler::Cancel(_) => format!("cancel {}", endpoint.path),
            Handler::Watch(_) => format!("watch {}", endpoint.path),
            Handler::Catalogue(_) => format!("catalogue {}", endpoint.path),
        },
        Err(response) => {
            let (status, code, _) = refusal(&response);
            format!("{status} {code} {}", header(&response, "allow").unwrap_or_default()).trim().to_owned()
        }
    }
}

#[test]
fn requests_find_their_rows() {
    for (asked, expected) in [
        (post("/api/v1/route", ""), "answer /api/v1/route"),
        (post_for_later("/api/v1/route", ""), "answer /api/v1/route"),
        (post("/api/v1/matrix/", ""), "answer /api/v1/matrix"),
        (post_for_later("/api/v1/matrix", ""), "accept api.matrix"),
        (post("/api/v1/optimize", ""), "answer /api/v1/optimize"),
        (post_for_later("/api/v1/optimize", ""), "accept api.optimize"),
        (request(Method::Get, "/api/v1/operations/x", ""), "poll /api/v1/operations/{id}"),
        (request(Method::Get, "/api/v1/operations/x/result", ""), "poll /api/v1/operations/{id}/result"),
        (request(Method::Get, "/api/v1/route", ""), "405 MethodNotAllowed POST"),
        (request(Method::Get, "/api/v1/operations", ""), "list /api/v1/operations"),
        (request(Method::Get, "/api/v1/operations/x/events", ""), "watch /api/v1/operations/{id}/events"),
        (request(Method::Delete, "/api/v1/operations/x", ""), "cancel /api/v1/operations/{id}"),
        (request(Method::Put, "/api/v1/operations/x", ""), "405 MethodNotAllowed GET, DELETE"),
        (request(Method::Get, "/api/v1/datasets", ""), "catalogue /api/v1/datasets"),
        (post("/api/v1/datasets", ""), "accept api.importDataset"),
        (request(Method::Delete, "/api/v1/datasets/x", ""), "catalogue /api/v1/datasets/{id}"),
        (post("/api/v1/datasets/x/activate", ""), "catalogue /api/v1/datasets/{id}/activate"),
        (request(Method::Get, "/api/v1/datasets/x/activate", ""), "405 MethodNotAllowed POST"),
        (post("/api/v1/isochrone", ""), "404 NotFound"),
        (post("/api/v2/route", ""), "404 NotFound"),
        (post("/API/v1/route", ""), "404 NotFound"),
    ] {
        assert_eq!(leads_to(&asked), expected, "{:?} {}", asked.method, asked.path);
    }
    for (path, expected) in
        [("/api/v1/route", true), ("/api", true), ("/apis", false), ("/route/matrix", false), ("/", false)]
    {
        assert_eq!((DIALECT.owns)(path), expected, "{path}");
    }
}

#[test]
fn keys_are_found_where_clients_put_them() {
    let key = |headers: &[(&str, &str)], query: &str| {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        (DIALECT.credential)(&Request { headers, query: query.to_owned(), ..post("/api/v1/route", "") })
    };
    assert_eq!(key(&[], ""), None);
    assert_eq!(key(&[("x-api-key", "")], "key="), None);
    assert_eq!(key(&[("authorization", "Basic abc")], ""), None);
    for (headers, query) in [
        (&[("authorization", "bearer abc")][..], "key=other"),
        (&[("x-api-key", "abc")], "key=other"),
        (&[("authorization", "Basic x")], "Subscription-Key=abc"),
        (&[], "x=1&key=abc"),
    ] {
        assert_eq!(key(headers, query).as_deref(), Some("abc"), "{headers:?} {query}");
    }
    assert!(DIALECT.secrets.iter().all(|name| key(&[], &format!("{name}=abc")).is_some()));
}

#[test]
fn refusals_have_their_status() {
    let asked = post("/api/v1/route", "");
    let refuse = |why: &Refusal| -> Response { (DIALECT.finish)(&asked, (DIALECT.refuse)(&asked, why)) };
    for (why, status, code, retry) in [
        (Refusal::NoKey, 401, "NoKey", None),
        (Refusal::WrongKey, 401, "WrongKey", None),
        (Refusal::TooLarge { limit: 10 }, 413, "TooLarge", None),
        (Refusal::Busy { retry_after_s: 0 }, 429, "Busy", Some("1")),
        (Refusal::Unavailable("the disk is full".to_owned()), 503, "Unavailable", Some("5")),
        (Refusal::TimedOut, 503, "Timeout", None),
        (Refusal::BodyLate { within_s: 60 }, 408, "BodyLate", None),
        (Refusal::NotAllowed("ada may not".to_owned()), 403, "NotAllowed", None),
        (Refusal::Internal, 500, "Internal", None),
    ] {
        let response = refuse(&why);
        assert_eq!(refusal(&response), (status, code.to_owned(), Vec::new()));
        assert_eq!(header(&response, "retry-after"), retry, "{why:?}");
        assert_eq!(header(&response, "www-authenticate"), (status == 401).then_some("Bearer"));
        assert_eq!(header(&response, "access-control-allow-origin"), Some("*"));
    }
    insta::assert_snapshot!(text(&refuse(&Refusal::TooLarge { limit: 10 })), @r#"{"error":{"code":"TooLarge","message":"the body is larger than 10 bytes (limits.body_bytes): ask in parts","details":[]}}"#);
}
