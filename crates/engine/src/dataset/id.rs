//! The name of a dataset: a readable name, and a short form of the hash of what it was made from.
//!
//! The name becomes a folder, stands in headers and in the store of operations, and comes back from command lines; so it holds
//! lower-case letters, digits and single dashes only, and can never lead out of the folder of datasets.

use std::fmt;

use super::DatasetError;

/// Hexadecimal digits of the hash in an id: 48 bits, beyond chance for the few datasets of one machine.
const HASH_DIGITS: usize = 12;

/// Longest readable part.
const NAME_LENGTH: usize = 64;

/// Names one dataset, e.g. `seattle-udistrict-1f3a9c0b77d2`. To one version of the program the same files under the same name
/// have the same id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatasetId(String);

impl DatasetId {
    /// The id of content with hash `hash`, called `name`.
    pub(crate) fn new(name: &str, hash: &blake3::Hash) -> Self {
        Self(format!("{}-{}", readable(name), &hash.to_hex()[..HASH_DIGITS]))
    }

    /// The id written as `text`, e.g. on a command line.
    pub fn parse(text: &str) -> Result<Self, DatasetError> {
        let refuse = || DatasetError::NotAnId { text: text.to_owned() };
        let (name, hash) = text.rsplit_once('-').ok_or_else(refuse)?;
        let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        let right = hash.len() == HASH_DIGITS && hash.chars().all(is_hex) && name == readable(name);
        if right { Ok(Self(text.to_owned())) } else { Err(refuse()) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatasetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `name` in lower-case letters, digits and single dashes; `map` when nothing of it is left.
fn readable(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if text.len() == NAME_LENGTH {
            break;
        }
        if c.is_ascii_alphanumeric() {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with('-') {
            text.push('-');
        }
    }
    let text = text.trim_end_matches('-');
    if text.is_empty() { "map".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        for name in ["seattle-udistrict", "Île de France!", "  ", "../../etc", "a--b_c", &"x-".repeat(80)] {
            let id = DatasetId::new(name, &blake3::hash(b"content"));
            assert_eq!(DatasetId::parse(id.as_str()).unwrap(), id, "{name}");
            assert!(!id.as_str().contains(['/', '.', '_']), "{id}");
        }
        assert_eq!(DatasetId::new("../etc", &blake3::hash(b"")).as_str(), "etc-af1349b9f5f9");
        assert_eq!(DatasetId::new("!", &blake3::hash(b"")).as_str(), "map-af1349b9f5f9");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "x",
            "x-",
            "-af1349b9f5f9",
            "x-af1349b9f5f",
            "x-AF1349B9F5F9",
            "../x-af1349b9f5f9",
            "a--b-af1349b9f5f9",
        ] {
            assert!(DatasetId::parse(text).is_err(), "{text}");
        }
    }
}
