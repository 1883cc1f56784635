//! An answer on its way out, with the headers that every answer carries.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use wire::Response;

use crate::serve::App;

/// A response, and the dataset that it was made from if that is not the active one.
pub(super) struct Reply {
    pub(super) response: Response,
    pub(super) dataset: Option<String>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, dataset: None }
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
        let body = match body {
            wire::Body::Bytes(bytes) => Body::from(bytes),
            wire::Body::StoredResult => {
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
        for (name, value) in headers.into_iter().chain(ours) {
            add(response.headers_mut(), name, &value);
        }
        response
    }
}

/// Adds a header; a value that no header can hold (a line break from a client's text) loses what cannot be sent.
fn add(headers: &mut axum::http::HeaderMap, name: &'static str, value: &str) {
    let name = HeaderName::from_static(name);
    let clean: String = value.chars().filter(|c| !c.is_control()).collect();
    let value = HeaderValue::from_str(&clean).or_else(|_| HeaderValue::from_bytes(clean.as_bytes()));
    let Ok(value) = value else { return };
    if name == header::SET_COOKIE || name == header::WWW_AUTHENTICATE {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
}
