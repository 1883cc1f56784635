//! What the server itself has to refuse, in Azure's shapes: keys, sizes, load.

use wire::{Refusal, Request, Response};

use crate::error::{self, JSON, Refused};
use crate::version::Version;

/// The body of every 401, as recorded from the live service. Its code has no number, also on 1.0 paths.
const ACCESS_DENIED: &str = r#"{"error":{"code":"Unauthorized","message":"Access denied, please inspect WWW-Authenticate header.","target":null,"details":[]}}"#;

/// The realm that the live service names.
const REALM: &str = "https://atlas.microsoft.com/";

/// What the live service says of a token whose account it does not know.
const UNKNOWN_CLIENT: &str = "The provided client ID was incorrect or the account does not exist.";

/// The key that a request carries: the query parameter or header `subscription-key`, a gateway's `Ocp-Apim-Subscription-Key`,
/// or the token of an `Authorization` header.
pub(crate) fn credential(request: &Request) -> Option<String> {
    let given = |key: &String| !key.is_empty();
    let header = |name| request.header(name).map(|key| key.trim().to_owned()).filter(given);
    let token = |header: &str| header.split_once(' ').map(|(_, token)| token.trim().to_owned()).filter(given);
    request
        .parameter("subscription-key")
        .filter(given)
        .or_else(|| header("subscription-key"))
        .or_else(|| header("ocp-apim-subscription-key"))
        .or_else(|| request.header("authorization").and_then(token))
}

/// The answer to what the server could not let through.
pub(crate) fn refuse(request: &Request, refusal: &Refusal) -> Response {
    let refused = match refusal {
        Refusal::NoKey => return denied(request, "MissingKey", "The request carries no key."),
        Refusal::WrongKey => {
            return denied(
                request,
                "InvalidKey",
                "The provided key was incorrect or the account resource does not exist.",
            );
        }
        Refusal::TooLarge { limit } => Refused::new(
            413,
            "PayloadTooLarge",
            format!("The request body is larger than {limit} bytes (limits.body_bytes)."),
        )
        .at("body"),
        Refusal::Busy { retry_after_s } => {
            Refused::new(429, "TooManyRequests", "Too much is being asked at once; try again later.")
                .retry_after(*retry_after_s)
        }
        Refusal::Unavailable(why) => Refused::new(503, "ServiceUnavailable", why.as_str()),
        Refusal::TimedOut => error::timed_out(),
        Refusal::BodyLate { within_s } => Refused::new(
            408,
            "RequestTimeout",
            format!("The request body did not arrive within {within_s} s: send it again."),
        )
        .at("body"),
        Refusal::NotAllowed(who) => Refused::new(403, "Forbidden", who.as_str()),
        Refusal::FileTooLarge { limit } => {
            Refused::new(413, "PayloadTooLarge", format!("The file is larger than {limit} bytes.")).at("body")
        }
        Refusal::KeyReused { header } => Refused::new(
            422,
            "UnprocessableEntity",
            format!("The {header} of this request was used with another request: choose a new one."),
        )
        .at(*header),
        Refusal::BadHeader { header, reason } => Refused::bad(*header, format!("{header}: {reason}.")),
        Refusal::Internal => error::internal(),
    };
    refused.respond(Version::shape_of(request))
}

fn denied(request: &Request, code: &str, description: &str) -> Response {
    let is_sas = request.header("authorization").is_some_and(|value| value.to_ascii_lowercase().starts_with("jwt-sas"));
    let (scheme, code, description) =
        if is_sas { ("jwt-sas", "InvalidClientId", UNKNOWN_CLIENT) } else { ("SharedKey", code, description) };
    let response = Response::new(401, JSON, ACCESS_DENIED).with(
        "www-authenticate",
        format!("{scheme} realm=\"{REALM}\", error=\"{code}\", error_description=\"{description}\""),
    );
    match Version::shape_of(request) {
        Version::V1 => response,
        Version::V2025 => response.with("x-ms-error-code", "Unauthorized"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::tests::get;

    #[test]
    fn a_key_is_found_wherever_clients_put_it() {
        let in_header = |name: &str, value: &str| {
            let mut request = get("/route/directions/json", "api-version=1.0&subscription-key=");
            request.headers.push((name.to_owned(), value.to_owned()));
            credential(&request)
        };
        assert_eq!(credential(&get("/", "Subscription-Key=a%2Bb")).as_deref(), Some("a+b"));
        assert_eq!(in_header("subscription-key", "abc").as_deref(), Some("abc"));
        assert_eq!(in_header("ocp-apim-subscription-key", "abc").as_deref(), Some("abc"));
        assert_eq!(in_header("authorization", "Bearer abc").as_deref(), Some("abc"));
        assert_eq!(in_header("authorization", "jwt-sas abc").as_deref(), Some("abc"));
        assert_eq!(in_header("authorization", "abc"), None);
        assert_eq!(in_header("x-ms-client-id", "abc"), None);
    }

    #[test]
    fn a_wrong_key_gets_the_recorded_body_and_a_challenge() {
        let response = refuse(&get("/route/directions/json", "api-version=1.0"), &Refusal::WrongKey);
        assert_eq!((response.status, response.bytes()), (401, Some(ACCESS_DENIED.as_bytes())));
        let challenge = &response.headers.iter().find(|(name, _)| *name == "www-authenticate").unwrap().1;
        assert_eq!(
            challenge,
            "SharedKey realm=\"https://atlas.microsoft.com/\", error=\"InvalidKey\", error_description=\"The provided key \
             was incorrect or the account resource does not exist.\""
        );
    }

    #[test]
    fn a_wrong_token_is_challenged_in_its_own_scheme() {
        let mut request = get("/route/directions/json", "api-version=1.0");
        request.headers.push(("authorization".to_owned(), "jwt-sas abc".to_owned()));
        let response = refuse(&request, &Refusal::WrongKey);
        let challenge = &response.headers.iter().find(|(name, _)| *name == "www-authenticate").unwrap().1;
        assert!(challenge.starts_with("jwt-sas realm="), "{challenge}");
        assert!(
            challenge.contains("error=\"InvalidClientId\"") && challenge.contains("client ID was incorrect"),
            "{challenge}"
        );
    }

    #[test]
    fn refusals_have_the_shape_of_the_version() {
        let body = |query, refusal| {
            let response = refuse(&get("/route/matrix:async", query), &refusal);
            (response.status, String::from_utf8(response.bytes().unwrap().to_vec()).unwrap())
        };
        let (status, old) = body("api-version=1.0", Refusal::TooLarge { limit: 9 });
        assert!(status == 413 && old.contains(r#""code":"413 PayloadTooLarge""#) && old.contains("9 bytes"), "{old}");
        let (status, new) = body("api-version=2025-01-01", Refusal::TimedOut);
        assert!(status == 408 && new.contains(r#""code":"Timeout""#), "{new}");
        let (status, late) = body("api-version=2025-01-01", Refusal::BodyLate { within_s: 60 });
        assert!(status == 408 && late.contains("within 60 s"), "{late}");
        let busy = refuse(&get("/route/directions/json", "api-version=1.0"), &Refusal::Busy { retry_after_s: 0 });
        assert!(busy.headers.contains(&("retry-after", "1".to_owned())));
    }
}
