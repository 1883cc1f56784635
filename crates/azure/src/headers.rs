//! What every answer of this dialect carries, whoever wrote it: ids to correlate by, and what a browser may read.

use wire::{Request, Response};

use crate::guid;

/// The headers that scripts of other origins may read.
const EXPOSED: &str = "Location, Operation-Location, Resource-Location, Retry-After, x-ms-request-id, x-ms-error-code, \
                       x-request-id, x-roundsman-dataset, x-roundsman-ignored";

/// The dialect's last word on `response`.
pub(crate) fn finish(request: &Request, response: Response) -> Response {
    let wants_echo =
        request.header("x-ms-return-client-request-id").is_some_and(|wish| wish.trim().eq_ignore_ascii_case("true"));
    let echo = request.header("x-ms-client-request-id").filter(|id| wants_echo && !id.is_empty());
    let response = response
        .with("x-ms-request-id", guid::of(request))
        .with("access-control-allow-origin", "*")
        .with("access-control-expose-headers", EXPOSED);
    match echo {
        Some(id) => response.with("x-ms-client-request-id", id),
        None => response,
    }
}

/// Names in `x-roundsman-ignored` what was accepted and did not change the answer.
pub(crate) fn naming_ignored(response: Response, ignored: &[String]) -> Response {
    if ignored.is_empty() { response } else { response.with("x-roundsman-ignored", ignored.join(", ")) }
}

#[cfg(test)]
pub(crate) mod tests {
    use wire::Method;

    use super::*;

    /// A GET as the server hands it over.
    pub(crate) fn get(path: &str, query: &str) -> Request {
        Request {
            method: Method::Get,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            base_url: "http://localhost:8080".to_owned(),
            received_ms: 1_700_000_000_500,
        }
    }

    fn value<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        response.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn the_clients_id_comes_back_only_on_demand() {
        let mut request = get("/route/directions/json", "");
        request.headers.push(("x-ms-client-request-id".to_owned(), "abc".to_owned()));
        let quiet = finish(&request, Response::empty(200));
        assert_eq!(value(&quiet, "x-ms-client-request-id"), None);
        assert!(value(&quiet, "x-ms-request-id").is_some_and(|id| guid::parse(id).is_some()));

        request.headers.push(("x-ms-return-client-request-id".to_owned(), "True".to_owned()));
        assert_eq!(value(&finish(&request, Response::empty(200)), "x-ms-client-request-id"), Some("abc"));
    }

    #[test]
    fn browsers_may_read_where_to_poll() {
        let response = finish(&get("/route/matrix/json", ""), Response::empty(202));
        assert!(
            value(&response, "access-control-expose-headers").is_some_and(|names| names.contains("Operation-Location"))
        );
    }
}
