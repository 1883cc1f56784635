//! The `Prefer` header (RFC 7240): whether a client wants its answer later, and how long it would wait for it now.

use std::time::Duration;

use wire::Request;

/// The longest wait that is granted: connections are not free.
const LONGEST_WAIT_S: u64 = 30;

/// What a request prefers; preferences that are not known are overlooked, as the RFC wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preference {
    /// `respond-async`: store the question and answer with an operation.
    pub(crate) respond_async: bool,
    /// `wait=SECONDS`: answer with the result if it is there by then.
    pub(crate) wait: Duration,
}

impl Preference {
    pub(crate) fn of(request: &Request) -> Self {
        let mut preference = Self::default();
        let headers = request.headers.iter().filter(|(name, _)| name == "prefer");
        for part in headers.flat_map(|(_, value)| value.split([',', ';'])) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "respond-async" => preference.respond_async = true,
                "wait" => preference.wait = wait(value.trim().trim_matches('"')),
                _ => {}
            }
        }
        preference
    }
}

fn wait(seconds: &str) -> Duration {
    Duration::from_secs(seconds.parse().unwrap_or(0).min(LONGEST_WAIT_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_from_all_headers() {
        let of = |values: &[&str]| {
            let headers = values.iter().map(|value| ("prefer".to_owned(), (*value).to_owned())).collect();
            let request = Request { headers, ..crate::operation::tests::get("/api/v1/operations/x") };
            let found = Preference::of(&request);
            (found.respond_async, found.wait.as_secs())
        };
        for (values, expected) in [
            (&[][..], (false, 0)),
            (&["respond-async"], (true, 0)),
            (&["Respond-Async , wait=10"], (true, 10)),
            (&["wait=\"7\"", "respond-async; x=1"], (true, 7)),
            (&["wait=86400"], (false, LONGEST_WAIT_S)),
            (&["wait=-1, return=minimal"], (false, 0)),
        ] {
            assert_eq!(of(values), expected, "{values:?}");
        }
    }
}
