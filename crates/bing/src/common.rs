//! The parameters that all calls share: `output`, `jsonp`, `jsonso`, `suppressStatus` (`bing.md`, 1.3).
//!
//! **Why.** They change the form of an answer, never its content, so no endpoint looks at them. **How.** [`check`] refuses
//! forms that do not exist before anything is computed or stored; [`finish`] gives every answer, also a refusal by the server,
//! its last form. `culture`, `userMapView` and the other user context are accepted: no answer has texts that depend on them.
//! **What never happens:** a script call to a name that is not an identifier path.

use engine::Reason;
use wire::{Body, Request, Response};

use crate::envelope::flag;
use crate::fault::{BadRequest, Faults};
use crate::value::{Wrong, quoted};

/// Refuses forms of answers that this server does not write.
pub(crate) fn check(request: &Request) -> Result<(), BadRequest> {
    let mut faults = Faults::default();
    if let Some(output) = ["output", "o"].iter().find_map(|name| request.parameter(name)) {
        match output.trim().to_ascii_lowercase().as_str() {
            "json" | "" => {}
            "xml" => {
                let wrong = Wrong::new(Reason::Unsupported, "XML is not supported yet", "ask for o=json");
                faults.add("output", wrong);
            }
            other => {
                faults.add("output", Wrong::unreadable(format!("{} is not json", quoted(other)), "ask for o=json"));
            }
        }
    }
    if let Some(name) = request.parameter("jsonp").filter(|name| !is_identifier_path(name)) {
        let message = format!("{} is not the name of a function", quoted(&name));
        faults.add("jsonp", Wrong::unreadable(message, "use letters, digits, _ and $, joined by dots"));
    }
    faults.none()
}

/// Parameters that Bing has and that change nothing here.
const WITHOUT_EFFECT: [&str; 12] = [
    "culture",
    "c",
    "userMapView",
    "umv",
    "userLocation",
    "ul",
    "userIp",
    "uip",
    "userRegion",
    "ur",
    "ucmv",
    "clientApi",
];

/// Those of them that the request carries.
pub(crate) fn without_effect(request: &Request) -> Vec<String> {
    let given = request.parameters();
    let is_given = |name: &&str| given.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    WITHOUT_EFFECT.iter().filter(|name| is_given(name)).map(|name| (*name).to_owned()).collect()
}

/// Whether the answer is to be a script, written around what it would be.
pub(crate) fn is_script(request: &Request) -> bool {
    request.parameter("jsonp").is_some_and(|name| is_identifier_path(&name))
}

/// The last word on every answer.
pub(crate) fn finish(request: &Request, response: Response) -> Response {
    let mut response = wrap(request, response).with("access-control-allow-origin", "*").with(
        "access-control-expose-headers",
        "x-roundsman-ignored, x-roundsman-dataset, x-request-id, x-ms-bm-ws-info, retry-after",
    );
    if flag(request, &["suppressStatus", "ss"]) {
        response.status = 200;
    }
    response
}

/// `name(` JSON `)`, or `name(` JSON `, "state")`, when a good `jsonp` asks for it.
fn wrap(request: &Request, response: Response) -> Response {
    let Some(name) = request.parameter("jsonp").filter(|name| is_identifier_path(name)) else { return response };
    // Nothing can be written around a result that is only named: the server puts its bytes in before the last word.
    let Body::Bytes(json) = &response.body else { return response };
    let mut script = name.into_bytes();
    script.push(b'(');
    script.extend_from_slice(json);
    if let Some(state) = request.parameter("jsonso") {
        script.extend_from_slice(b", ");
        script.extend_from_slice(serde_json::Value::from(state).to_string().as_bytes());
    }
    script.push(b')');
    let mut headers: Vec<_> = response.headers.into_iter().filter(|(name, _)| *name != "content-type").collect();
    headers.push(("content-type", "application/javascript; charset=utf-8".to_owned()));
    Response { status: response.status, headers, body: Body::Bytes(script) }
}

fn is_identifier_path(name: &str) -> bool {
    const LONGEST: usize = 200;
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let is_identifier =
        |part: &str| part.starts_with(is_letter) && part.chars().all(|c| is_letter(c) || c.is_ascii_digit());
    name.len() <= LONGEST && name.split('.').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_without_effect_are_named() {
        let request = Request {
            method: wire::Method::Get,
            path: String::new(),
            query: "Culture=de&clientapi=CSToolkit&type=SimpleRequest".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            base_url: String::new(),
            received_ms: 0,
        };
        assert_eq!(without_effect(&request), ["culture", "clientApi"]);
    }

    #[test]
    fn script_names_are_identifier_paths() {
        for (name, good) in [
            ("call", true),
            ("$.a_1.b", true),
            ("", false),
            ("a..b", false),
            ("1a", false),
            ("alert(1)//", false),
            ("é", false),
        ] {
            assert_eq!(is_identifier_path(name), good, "{name}");
        }
    }
}
