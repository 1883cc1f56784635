//! Values as they were written, each with where it was written; nothing is judged here but the form of the file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::exit::Failure;

/// Values by dotted key, e.g. `limits.waypoints`.
#[derive(Default)]
pub(crate) struct Raw {
    pub(crate) values: BTreeMap<String, (toml::Value, Origin)>,
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nowhere: it is the default.
    Default,
    /// In this configuration file.
    File(String),
    /// In this environment variable.
    Environment(String),
    /// As this flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => f.write_str(path),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

impl Raw {
    /// Adds what a flag said.
    pub(crate) fn flag(&mut self, key: &str, flag: &'static str, value: &impl ToString) {
        self.values.insert(key.to_owned(), (toml::Value::String(value.to_string()), Origin::Flag(flag)));
    }

    /// Puts stronger values over these.
    pub(crate) fn overlay(&mut self, stronger: Raw) {
        self.values.extend(stronger.values);
    }
}

/// The values of a configuration file.
pub(crate) fn from_file(path: &Path) -> Result<Raw, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
    from_text(&text, &path.display().to_string()).map_err(Failure::input)
}

/// The values of TOML text; `name` is what faults call it.
pub(crate) fn from_text(text: &str, name: &str) -> Result<Raw, String> {
    let table: toml::Table = text.parse().map_err(|error| format!("{name} is not TOML: {error}"))?;
    let mut raw = Raw::default();
    flatten("", table, name, &mut raw);
    Ok(raw)
}

fn flatten(prefix: &str, table: toml::Table, name: &str, raw: &mut Raw) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&path, inner, name, raw),
            value => {
                raw.values.insert(path, (value, Origin::File(name.to_owned())));
            }
        }
    }
}

/// The values of environment variables named `ROUNDSMAN_SECTION__KEY`; other variables are not ours to judge.
pub(crate) fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Raw {
    let mut raw = Raw::default();
    for (name, value) in variables {
        let Some((section, key)) = name.strip_prefix("ROUNDSMAN_").and_then(|rest| rest.split_once("__")) else {
            continue;
        };
        let path = format!("{section}.{key}").to_lowercase();
        raw.values.insert(path, (toml::Value::String(value), Origin::Environment(name)));
    }
    raw
}
