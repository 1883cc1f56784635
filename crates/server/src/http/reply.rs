//! An answer on its way out, with the headers that every answer carries.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use wire::Response;

use crate::serve::App;

/// A response, and what only the server knows of it.
pub(super) struct Reply {
    pub(super) response: Response,
    /// The dataset that it was made from, if that is not the active one.
    pub(super) dataset: Option<String>,
    /// A body that comes by and by, in place of the response's own.
    pub(super) stream: Option<Body>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, dataset: None, stream: None }
    }
}

impl Reply {
    /// An error where no dialect has a shape for it.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({"error": {"code": code, "message": message}});
        Self::from(Response::new(status, "application/json; charset=utf-8", body.to_string()))
    }

    /// Hands the answer to the socket.
    pub(super) fn send(self, request_id: &str, app: &App) -> axum::response::Response {
        let Response { status, headers, body } = self.response;
        let body = match (self.stream, body) {
            (Some(stream), _) => stream,
            (None, wire::Body::Bytes(bytes)) => Body::from(bytes),
            (None, wire::Body::StoredResult) => {
                tracing::error!(request = request_id, "a stored result was promised and not fetched");
                Body::empty()
            }
        };
        let mut response = axum::response::Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let dataset = self.dataset.or_else(|| app.live.engine().dataset().map(|dataset| dataset.id.to_string()));
        let ours = [
            ("x-request-id", request_id.to_owned()),
            ("x-roundsman-dataset", dataset.unwrap_or_else(|| "none".to_owned())),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        for (name, value) in headers {
            response.headers_mut().append(HeaderName::from_static(name), sendable(&value));
        }
        for (name, value) in ours {
            response.headers_mut().insert(HeaderName::from_static(name), sendable(&value));
        }
        response
    }
}

/// A header's value; what no header can hold (a line break out of a client's text) is left out.
fn sendable(value: &str) -> HeaderValue {
    let clean: String = value.chars().filter(|c| !c.is_control()).collect();
    HeaderValue::from_bytes(clean.as_bytes()).expect("any text without control characters can be a header's value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_can_be_sent_as_a_header() {
        assert_eq!(sendable("traffic, language"), "traffic, language");
        assert_eq!(sendable("a\r\nset-cookie: x\u{7f}\u{85}"), "aset-cookie: x");
        assert_eq!(sendable("Straße").as_bytes(), "Straße".as_bytes());
    }
}
