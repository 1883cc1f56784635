//! Webhooks: a client names an address with its question, and is told there when the question has ended.
//!
//! What is sent is a CNCF event (`CloudEvents` 1.0, JSON) that carries the operation as the neutral view shows it, signed as Standard Webhooks has
//! it: `webhook-signature: v1,BASE64` over `id.timestamp.body` with HMAC-SHA256, so that the receiver knows who speaks and can
//! overlook repetitions by `webhook-id`. Sending is an operation of its own that begins in the transaction that ends the first
//! ([`operations::FollowUp`]), so that an end that was committed is told, at least once, whatever crashes; it is tried again
//! like any item.
//!
//! What never happens: a call to a host that the operator has not named (`webhooks.hosts`), since a client could otherwise have
//! this server call into its own network; an event without a signature; a redirect followed.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use operations::Claim;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::job::failure;
use super::trace::Trace;
use crate::config::Webhooks;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A webhook that was asked for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Webhook {
    address: String,
    /// Where the client reaches this server, for the addresses in the event.
    base_url: String,
}

impl Webhook {
    /// The kind of the operation that tells.
    pub(crate) const KIND: &str = "webhook";

    /// The wish to be told at `address`, if the settings allow it; else why not.
    pub(crate) fn checked(address: &str, base_url: &str, settings: &Webhooks) -> Result<Self, String> {
        let uri: axum::http::Uri = address.parse().map_err(|_| format!("`{address}` is not an address"))?;
        let (Some("http" | "https"), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return Err(format!("`{address}` must begin with http:// or https:// and a host"));
        };
        if settings.secret.is_none() {
            return Err("webhooks are off on this server: `webhooks.secret` is not set".to_owned());
        }
        if !settings.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
            return Err(format!("{host} is not among the hosts that this server may call (webhooks.hosts)"));
        }
        Ok(Self { address: address.to_owned(), base_url: base_url.to_owned() })
    }

    /// As the store keeps it.
    pub(crate) fn to_stored(&self) -> Bytes {
        serde_json::to_vec(self).expect("two texts always have a JSON form").into()
    }
}

/// Tells the receiver that was named in `claim` how the operation `ended`; an error is a failed attempt.
pub(super) fn tell(
    claim: &Claim,
    ended: Option<engine::OperationView>,
    settings: &Webhooks,
    now_ms: i64,
) -> Result<Vec<u8>, wire::Failure> {
    let webhook: Webhook = serde_json::from_slice(&claim.request)
        .map_err(|_| failure("DamagedRequest", "the stored webhook cannot be read", false))?;
    let Some(ended) = ended else {
        return Err(failure("OperationGone", "the operation expired before its end could be told", false));
    };
    // The settings may have changed since it was asked for.
    Webhook::checked(&webhook.address, &webhook.base_url, settings)
        .map_err(|reason| failure("WebhookNotAllowed", &reason, false))?;
    let secret = settings.secret.as_deref().unwrap_or_default();
    let (id, seconds) = (format!("{}/end", ended.id), now_ms / 1000);
    let body = event(&id, &webhook.base_url, &ended);
    let signature = signature(secret.as_bytes(), &id, seconds, body.as_bytes());
    let config =
        ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).http_status_as_error(false);
    let request = ureq::Agent::new_with_config(config.build())
        .post(&webhook.address)
        .header("content-type", "application/cloudevents+json")
        .header("webhook-id", &id)
        .header("webhook-timestamp", seconds.to_string())
        .header("webhook-signature", format!("v1,{signature}"));
    // What the receiver does belongs to this attempt at telling it.
    let trace = Trace::of_attempt(claim.traceparent.as_deref(), &claim.token).to_string();
    match request.header("traceparent", trace).send(&body) {
        Ok(answer) if answer.status().is_success() => Ok(Vec::new()),
        Ok(answer) => Err(failure("WebhookRefused", &format!("the receiver answered {}", answer.status()), true)),
        Err(error) => Err(failure("WebhookUnreachable", &error.to_string(), true)),
    }
}

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    data: &'a serde_json::value::RawValue,
}

fn event(id: &str, base_url: &str, ended: &engine::OperationView) -> String {
    let data = api::render_operation(base_url, ended);
    let data = serde_json::value::RawValue::from_string(data).expect("the neutral view is JSON");
    let finished = jiff::Timestamp::from_millisecond(ended.finished_ms.unwrap_or(ended.last_action_ms));
    let event = CloudEvent {
        specversion: "1.0",
        id,
        source: format!("{base_url}/api/v1/operations"),
        kind: format!("roundsman.operation.{}", api::state_name(ended.state)),
        subject: &ended.id,
        time: finished.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string(),
        datacontenttype: "application/json",
        data: &data,
    };
    serde_json::to_string(&event).expect("texts always have a JSON form")
}

/// The signature of Standard Webhooks.
fn signature(secret: &[u8], id: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(hosts: &[&str]) -> Webhooks {
        Webhooks { secret: Some("secret".to_owned()), hosts: hosts.iter().map(|host| (*host).to_owned()).collect() }
    }

    #[test]
    fn only_hosts_that_the_operator_named_are_called() {
        let check = |address, settings: &Webhooks| Webhook::checked(address, "http://here", settings).err();
        let known = settings(&["hooks.example", "127.0.0.1"]);
        assert_eq!(check("https://hooks.example/x?y=1", &known), None);
        assert_eq!(check("http://127.0.0.1:9000", &known), None);
        for bad in [
            "https://other.example/",
            "ftp://hooks.example/",
            "hooks.example",
            "http://",
            "https://hooks.example@evil.example/",
        ] {
            assert!(check(bad, &known).is_some(), "{bad}");
        }
        let off = Webhooks { secret: None, ..settings(&["hooks.example"]) };
        assert!(check("https://hooks.example/", &off).unwrap().contains("webhooks.secret"));
    }

    #[test]
    fn the_signature_is_an_hmac_over_id_time_and_body() {
        // Computed with Python's hmac module.
        assert_eq!(signature(b"secret", "msg_1", 1_700_000_000, b"{}"), "A5oIrJxXPB/PkULSoVu0e4khvPiqpF9vljmhkSKg0FI=");
        assert_ne!(signature(b"a", "1", 2, b"{}"), signature(b"a", "1", 3, b"{}"));
    }
}
