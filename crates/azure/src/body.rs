//! Bodies of requests: JSON into wire types, with the member named that does not fit.

use serde::de::DeserializeOwned;

use crate::error::Refused;

/// The live service's text for a body that cannot be read, or lacks what it is about.
pub(crate) const INVALID_BODY: &str = "Request body is invalid or empty";

/// The body as `T`.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|fault| {
        let path = fault.path().to_string();
        refused(if path == "." { "body" } else { &path }, &fault.into_inner())
    })?;
    reader.end().map_err(|fault| refused("body", &fault))?;
    Ok(parsed)
}

fn refused(target: &str, fault: &serde_json::Error) -> Refused {
    Refused::bad(target, INVALID_BODY).saying("Json", format!("In {target}: {fault}."))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::error::bytes;
    use crate::version::Version;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the reading is of interest")]
    struct Body {
        items: Vec<u8>,
    }

    #[test]
    fn the_member_at_fault_is_named() {
        for (body, target) in [
            ("", "body"),
            ("[", "body"),
            ("{}", "body"),
            (r#"{"items":[1,"a"]}"#, "items[1]"),
            (r#"{"items":[]} x"#, "body"),
        ] {
            let refused = parse::<Body>(body.as_bytes()).unwrap_err();
            let text = String::from_utf8(bytes(&refused.body(Version::V1))).unwrap();
            assert!(text.contains(&format!(r#""message":"{INVALID_BODY}","target":"{target}""#)), "{body}: {text}");
        }
    }
}
